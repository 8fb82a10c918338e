"""Look into a person's mailbox, and fill it, past the product."""

from __future__ import annotations

import base64
import imaplib
import itertools
import os
import smtplib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.servers.system import mail_user

FLAGS = {
    "draft": "D",
    "flagged": "F",
    "answered": "R",
    "seen": "S",
    "deleted": "T",
}  # Maildir's letters, in order
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message for `fill`: RFC 5322 bytes with CR LF, flags by FLAGS' names, seconds since 1970."""

    content: bytes
    flags: frozenset[str] = frozenset()
    when: float = 0.0


def fill(dovecot: Dovecot, name: str, mails: Iterable[Mail | bytes], folder: str = "INBOX") -> int:
    """Write messages straight into the Maildir; the fastest way, for mailboxes that are not open.

    Returns how many. Dovecot numbers them in the order of their file names, which is the order given.
    """
    home = dovecot.maildir(name)
    place = home if folder == "INBOX" else home / ("." + encoded(folder).replace("/", "."))
    user = mail_user()
    _folders(place, user.pw_uid, user.pw_gid)
    if place != home:
        _folders(home, user.pw_uid, user.pw_gid)
        (place / "maildirfolder").touch()
    count = 0
    for mail in mails:
        _write(place / "cur", mail if isinstance(mail, Mail) else Mail(mail), user.pw_uid, user.pw_gid)
        count += 1
    return count


def deliver(dovecot: Dovecot, name: str, content: bytes, sender: str = "friend@elsewhere.test") -> None:
    """One message by LMTP, as an MTA would: the way to fill a mailbox that is open."""
    with smtplib.LMTP(dovecot.host, dovecot.lmtp) as lmtp:
        lmtp.sendmail(sender, [f"{name}@example.test"], content)


@contextmanager
def imap(dovecot: Dovecot, name: str) -> Iterator[imaplib.IMAP4]:
    """A connection signed in as this person; `imaplib` speaks modified UTF-7: see `encoded`."""
    person = next(each for each in dovecot.people if each.name == name)
    with imaplib.IMAP4(dovecot.host, dovecot.imap, timeout=20) as connection:
        connection.login(person.name, person.password)
        yield connection


def messages(dovecot: Dovecot, name: str, folder: str = "INBOX") -> list[bytes]:
    """All messages of a folder, as they lie there, in order."""
    with imap(dovecot, name) as connection:
        status, _ = connection.select(f'"{encoded(folder)}"', readonly=True)
        if status != "OK":
            return []
        _, found = connection.search(None, "ALL")
        numbers = found[0].split()
        return [_source(connection, number.decode()) for number in numbers]


def wait_for(
    dovecot: Dovecot, name: str, folder: str = "INBOX", *, count: int = 1, seconds: float = 15
) -> list[bytes]:
    """The folder's messages as soon as there are this many; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while len(found := messages(dovecot, name, folder)) < count:
        assert time.monotonic() < end, f"{len(found)} of {count} messages in {folder} of {name}"
        time.sleep(0.1)
    return found


def encoded(folder: str) -> str:
    """The modified UTF-7 of a mailbox name (RFC 3501 5.1.3)."""
    out = ""
    for plain, run in itertools.groupby(folder, lambda c: " " <= c <= "~"):
        piece = "".join(run)
        if plain:
            out += piece.replace("&", "&-")
        else:
            sixtyfour = base64.b64encode(piece.encode("utf-16-be")).decode().rstrip("=")
            out += f"&{sixtyfour.replace('/', ',')}-"
    return out


def _source(connection: imaplib.IMAP4, number: str) -> bytes:
    _, answer = connection.fetch(number, "(BODY.PEEK[])")
    first = answer[0]
    assert isinstance(first, tuple)
    return bytes(first[1])


def _folders(place: Path, uid: int, gid: int) -> None:
    for path in (place.parent, place, place / "cur", place / "new", place / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, uid, gid)


def _write(folder: Path, mail: Mail, uid: int, gid: int) -> None:
    when = mail.when or time.time()
    letters = "".join(letter for flag, letter in FLAGS.items() if flag in mail.flags)
    stored = mail.content.replace(b"\r\n", b"\n")
    number = next(_numbers)
    name = f"{1_700_000_000 + number}.M{number}P{os.getpid()}.test,S={len(stored)},W={len(mail.content)}:2,{letters}"
    path = folder / name
    path.write_bytes(stored)
    os.chown(path, uid, gid)
    os.utime(path, (when, when))
