"""`webmail store export|import`: mailboxes as Maildir or mbox."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from webmail.commands.accounts import configured, existing, opened
from webmail.commands.parsing import Commands, add_command
from webmail.errors import BadRequest
from webmail.store import indexing
from webmail.store.account import Account
from webmail.store.exporting import to_maildir, to_mbox
from webmail.store.importing import Count, from_maildir, from_mbox

MAILDIR, MBOX = "maildir", "mbox"
BAR = 40  # characters
BAR_SECONDS = 0.1  # between two pictures of it
INTERRUPTED = 130  # as shells have it


def add(group: Commands) -> None:
    out = add_command(group, "export", _export, "write mailboxes as Maildir or mbox")
    out.add_argument(
        "--no-status", action="store_true", help="mbox: leave the flags out, which are fields of the header"
    )
    in_ = add_command(
        group,
        "import",
        _import,
        "read mailboxes from Maildir or mbox, whatever the quota is; once more does no harm",
    )
    for command, crlf in ((out, "end lines in CR LF"), (in_, "leave ends of lines as they are")):
        command.add_argument("user")
        command.add_argument("path", type=Path, help="a directory; with --mailbox, that Maildir or that file")
        command.add_argument("--format", choices=(MAILDIR, MBOX), required=True)
        command.add_argument("--mailbox", metavar="NAME", default="", help="only this mailbox")
        command.add_argument("--crlf", action="store_true", help=crlf)


def _export(options: argparse.Namespace) -> int:
    if options.no_status and options.format != MBOX:
        raise BadRequest("--no-status is for mbox: a Maildir has flags in the names of its files")
    write = partial(to_mbox, status=not options.no_status) if options.format == MBOX else to_maildir
    with opened(configured(options)) as store:
        account = existing(store, options.user)
        report = write(account, options.path, options.mailbox, Bar(), crlf=options.crlf)
    for note in report.notes:
        print(f"webmail: {note}", file=sys.stderr)
    print(f"{report.messages} messages written")
    return 1 if report.notes else 0


def _import(options: argparse.Namespace) -> int:
    read = from_mbox if options.format == MBOX else from_maildir
    try:
        with opened(configured(options)) as store:
            account = store.opened(options.user)
            bar = Bar()
            for count in read(account, options.path, options.mailbox, bar, crlf=options.crlf):
                bar.clear()
                _tell(count)
            _index(account)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        return INTERRUPTED
    return 0


def _tell(count: Count) -> None:
    further = (
        (count.known, "were there already"),
        (count.empty, "have no content and were left out"),
        (count.gone, "were renamed or removed meanwhile: run this again"),
        (count.keywords, "flags had no room"),
    )
    told = "".join(f", {number} {words}" for number, words in further if number)
    print(f"{count.mailbox}: {count.imported} messages imported{told}")


def _index(account: Account) -> None:
    """So that the first search need not read all that is new."""
    whole, done, bar = account.transact("BEGIN", indexing.waiting), 0, Bar()
    while more := account.transact("BEGIN IMMEDIATE", indexing.some):
        done += more
        bar(done, max(done, whole))


class Bar:
    """A picture of how far it is, on a terminal; called with what is done and how much it is in all."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next = 0.0

    def __call__(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if not self._shown or (now < self._next and done < whole):
            return
        self._next = now + BAR_SECONDS
        full = BAR * done // max(whole, 1)
        sys.stderr.write(f"\r[{'#' * full}{' ' * (BAR - full)}] {100 * done // max(whole, 1)} %")
        sys.stderr.flush()
        if done >= whole:
            self.clear()

    def clear(self) -> None:
        """Take it away, so that a line can be written where it stands."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
