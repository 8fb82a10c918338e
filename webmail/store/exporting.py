"""Mailboxes written as Maildir or mbox: every message byte for byte, with its flags and its date.

With a mailbox's name, that mailbox becomes the Maildir or the file; without, all of them go into a directory
as the format has it: a Maildir++, or a file for each mailbox.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from webmail.database import PRIVATE_DIRECTORY, PRIVATE_FILE
from webmail.errors import AlreadyExists
from webmail.mail.index import Octets
from webmail.store import bodies, columns, endings, flags, layout, mailboxes, maildir, mbox, sweep
from webmail.store.account import Account
from webmail.store.mailboxes import Mailbox
from webmail.store.transaction import Transaction

BATCH = 500  # messages whose rows are read at once
MBOX = ".mbox"

Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of a message besides its octets; internaldate in seconds."""

    uid: int
    file: str
    flags: tuple[str, ...]
    internaldate: int
    size: int


@dataclass(slots=True)
class Report:
    """How many messages were written; `notes` are sentences on what could not be."""

    messages: int = 0
    notes: list[str] = field(default_factory=list)


def to_maildir(account: Account, root: Path, name: str, progress: Progress, *, crlf: bool = False) -> Report:
    """Raises AlreadyExists if there is something in `root`, NotFound, OSError."""
    _require_empty(root)
    root.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    report = Report()
    counted = _Counted(progress, account, name)
    for mailbox in counted.mailboxes:
        directory = root if name else root / layout.fitting(maildir.directory_of(mailbox.name))
        keywords = account.transact("BEGIN", partial(flags.load, mailbox=mailbox.id)).names
        letters = maildir.create(directory, keywords)
        report.notes += [
            f"{mailbox.name}: no letter is left for {it}" for it in keywords if it not in letters
        ]
        for message, octets in _messages(account, mailbox, report):
            _write_file(
                directory, f"{mailbox.uidvalidity}_{message.uid}", message, letters, _ended(octets, crlf=crlf)
            )
            counted.one_more()
    return _lasting(report)


def _write_file(
    directory: Path, unique: str, message: Message, letters: dict[str, str], blocks: Iterator[bytes]
) -> None:
    unique = f"{message.internaldate}.{unique}.webmail"
    part = directory / "tmp" / unique
    with part.open("xb") as file:
        for block in blocks:
            file.write(block)
        size = file.tell()
    os.utime(part, (message.internaldate, message.internaldate))
    part.rename(directory / "cur" / maildir.file_name(unique, size, message.size, message.flags, letters))


def to_mbox(
    account: Account, path: Path, name: str, progress: Progress, *, crlf: bool = False, status: bool = True
) -> Report:
    """The same; `status`: with the flags in fields of the header. Raises AlreadyExists, NotFound, OSError."""
    if not name:
        _require_empty(path)
        path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    report = Report()
    counted = _Counted(progress, account, name)
    for mailbox in counted.mailboxes:
        with _new_file(path if name else path / layout.fitting(layout.escaped(mailbox.name), MBOX)) as file:
            for message, octets in _messages(account, mailbox, report):
                _write_message(file, message, octets, crlf=crlf, status=status)
                counted.one_more()
    return _lasting(report)


def _write_message(file: BinaryIO, message: Message, octets: Octets, *, crlf: bool, status: bool) -> None:
    file.write(mbox.from_line(message.internaldate, b"\r\n" if crlf else b"\n"))
    kept = crlf or not endings.reversible(octets)
    if status:
        file.write(mbox.status(message.flags, b"\r\n" if kept else b"\n"))
    start = 0
    for at in mbox.to_quote(octets):
        _write(file, octets, start, at, kept=kept)
        file.write(b">")
        start = at
    _write(file, octets, start, len(octets), kept=kept)
    file.write(b"\r\n" if crlf else b"\n")


def _write(file: BinaryIO, octets: Octets, start: int, end: int, *, kept: bool) -> None:
    file.writelines(block if kept else endings.lf(block) for block in endings.blocks(octets, start, end))


def _ended(octets: Octets, *, crlf: bool) -> Iterator[bytes]:
    """The octets with LF, unless that could not be undone exactly."""
    blocks = endings.blocks(octets, 0, len(octets))
    return blocks if crlf or not endings.reversible(octets) else map(endings.lf, blocks)


class _Counted:
    """The mailboxes that are asked for, and how far we are with all of their messages."""

    def __init__(self, progress: Progress, account: Account, name: str) -> None:
        self._progress = progress
        self._done = 0
        if name:
            self.mailboxes = [account.transact("BEGIN", partial(mailboxes.get, name=name))]
        else:
            self.mailboxes = account.transact("BEGIN", mailboxes.all_of)
        self._all = sum(mailbox.messages for mailbox in self.mailboxes)

    def one_more(self) -> None:
        self._done += 1
        self._progress(self._done, max(self._done, self._all))


def _messages(account: Account, mailbox: Mailbox, report: Report) -> Iterator[tuple[Message, Octets]]:
    """The messages one by one, with their octets for a moment; those expunged meanwhile are left out."""
    uids = account.transact("BEGIN", partial(_uids, mailbox=mailbox.id))
    for start in range(0, len(uids), BATCH):
        for message in account.transact(
            "BEGIN", partial(_rows, mailbox=mailbox.id, uids=uids[start : start + BATCH])
        ):
            try:
                with bodies.mapped(account.place, message.file) as octets:
                    yield message, octets
            except FileNotFoundError:
                if account.transact("BEGIN", partial(sweep.named, file=message.file)):
                    report.notes.append(f"{mailbox.name}: message {message.uid} has lost its body")
            else:
                report.messages += 1


def _uids(transaction: Transaction, mailbox: int) -> list[int]:
    rows = transaction.all("SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", mailbox)
    return [uid for (uid,) in rows]


def _rows(transaction: Transaction, mailbox: int, uids: list[int]) -> list[Message]:
    keywords = flags.load(transaction, mailbox)
    rows = columns.read(transaction, mailbox, uids, ("file", "flags", "internaldate", "size"))
    return [
        Message(uid, file, tuple(keywords.flags(bits)), internaldate, size)
        for uid, (file, bits, internaldate, size) in sorted(rows.items())
    ]


def _require_empty(directory: Path) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise AlreadyExists(f"{directory} is not empty; nothing was written")


def _new_file(path: Path) -> BinaryIO:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb")
    except FileExistsError:
        raise AlreadyExists(f"{path} exists; nothing was written") from None


def _lasting(report: Report) -> Report:
    os.sync()  # once, instead of thousands of times
    return report
