"""Maildir and mbox read into mailboxes: with their flags and dates, whatever the quota says.

A mailbox gets its messages in batches, each of them in one transaction: what an interruption leaves is whole,
and the next run goes on behind it. A message that the mailbox holds already, with the same date and the same
octets, is not put there again; two of them in the source are two of them here.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self

from webmail.errors import NotFound
from webmail.mail.index import Octets
from webmail.store import bodies, endings, flags, layout, mailboxes, maildir, mbox, messages
from webmail.store.account import Account
from webmail.store.arrival import Arrival
from webmail.store.bodies import Incoming
from webmail.store.delivery import Received, deliver_now
from webmail.store.exporting import MBOX, Progress
from webmail.store.mailboxes import INBOX, Mailbox
from webmail.store.transaction import Transaction

BATCH = 100  # messages of a transaction; each holds a file open, and up to 256 kB

Cuts = Sequence[tuple[int, int]]


@dataclass(slots=True)
class Count:
    """What became of a mailbox's messages."""

    mailbox: str
    imported: int = 0
    known: int = 0  # were there already
    empty: int = 0  # no octets: that is no message
    gone: int = 0  # files that another program renamed or removed meanwhile: the next run finds them
    keywords: int = 0  # flags for which the mailbox had no room, or that cannot be keywords


def from_maildir(
    account: Account, root: Path, name: str, progress: Progress, *, crlf: bool = False
) -> Iterator[Count]:
    """With a name, `root` goes into that mailbox; without, a whole Maildir++ into all of its mailboxes.

    Raises BadRequest for names that mailboxes cannot have, NotFound if there is no Maildir, OSError.
    """
    found = list(maildir.mailboxes(root))
    if name:
        found = [(name, root)] if maildir.is_one(root) else []
    if not found:
        raise NotFound(f"{root}: there is no Maildir")
    listed = [(mailbox, maildir.entries(directory)) for mailbox, directory in found]
    counted = _Counted(progress, sum(len(entries) for _, entries in listed))
    for mailbox, entries in listed:
        with _Intake(account, mailbox, crlf=crlf) as intake:
            for entry in entries:
                counted.advance(1)
                try:
                    file = entry.path.open("rb")
                except FileNotFoundError:
                    intake.count.gone += 1
                    continue
                with file, _mapped(file) as octets:
                    intake.take(octets, 0, len(octets), (), entry.flags, entry.when)
        yield intake.count


def from_mbox(
    account: Account, path: Path, name: str, progress: Progress, *, crlf: bool = False
) -> Iterator[Count]:
    """A file goes into the mailbox of that name, or INBOX; of a directory, each file into its mailbox.

    Raises BadRequest if a file is no mbox, and for names that mailboxes cannot have, NotFound, OSError.
    """
    listed = [(name or INBOX, path)]
    if path.is_dir() and not name:
        listed = [
            (layout.unescaped(file.name.removesuffix(MBOX)), file) for file in sorted(path.glob(f"*{MBOX}"))
        ]
    if not listed:
        raise NotFound(f"{path}: there is no file that ends in {MBOX}")
    counted = _Counted(progress, sum(file.stat().st_size for _, file in listed))
    for mailbox, named in listed:
        with (
            named.open("rb") as file,
            _mapped(file) as octets,
            _Intake(account, mailbox, crlf=crlf) as intake,
        ):
            at = 0
            written = int(named.stat().st_mtime)
            for found in mbox.messages(octets):
                when = written if found.when is None else found.when
                intake.take(octets, found.start, found.end, found.cuts, found.flags, when)
                counted.advance(found.end - at)
                at = found.end
        yield intake.count


class _Counted:
    def __init__(self, progress: Progress, whole: int) -> None:
        self._progress, self._whole, self._done = progress, whole, 0

    def advance(self, more: int) -> None:
        self._done += more
        self._progress(self._done, self._whole)


class _Intake:
    """Messages on their way into one mailbox; those that are not delivered when it ends badly are dropped."""

    def __init__(self, account: Account, name: str, *, crlf: bool) -> None:
        self._account, self._crlf = account, crlf
        self._name = mailboxes.checked(name)
        self._received: list[Received] = []
        target = account.transact("BEGIN IMMEDIATE", partial(_target, name=self._name))
        self._known = account.transact("BEGIN", partial(_known, mailbox=target.id))
        self.count = Count(self._name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._deliver()
        for each in self._received:
            each.incoming.drop()

    def take(self, octets: Octets, start: int, end: int, cuts: Cuts, marks: Sequence[str], when: int) -> None:
        """Octets `start` to `end` without those of `cuts`, unless they are there already."""
        incoming = self._account.incoming()
        try:
            digest = self._receive(incoming, octets, start, end, cuts)
            if not incoming.size or self._is_known(when, incoming.size, digest):
                self.count.empty += not incoming.size
                self.count.known += bool(incoming.size)
                incoming.drop()
                return
        except BaseException:
            incoming.drop()
            raise
        self._received.append(Received(incoming, tuple(marks), when, 0))
        if len(self._received) == BATCH:
            self._deliver()

    def _receive(self, incoming: Incoming, octets: Octets, start: int, end: int, cuts: Cuts) -> bytes:
        converted = not self._crlf and endings.first_is_bare(octets, start, end)
        digest = hashlib.blake2b()
        for first, last in _kept(start, end, cuts):
            for block in endings.blocks(octets, first, last):
                stored = endings.crlf(block) if converted else block
                digest.update(stored)
                incoming.add(stored)
                if incoming.full:
                    incoming.spill()
        return digest.digest()

    def _is_known(self, when: int, size: int, digest: bytes) -> bool:
        """Each message that was there before stands for one of the source."""
        files = self._known.get((when, size), [])
        for file in files:
            # A body that is lost is none: so its message comes back.
            with suppress(FileNotFoundError), bodies.mapped(self._account.place, file) as octets:
                if hashlib.blake2b(octets).digest() == digest:
                    files.remove(file)
                    return True
        return False

    def _deliver(self) -> None:
        if self._received:
            received, self._received = self._received, []
            deliver_now(self._account, received, self._place)
            self.count.imported += len(received)

    def _place(self, transaction: Transaction, arrivals: list[Arrival]) -> None:
        target = _target(transaction, self._name)
        fitting = flags.fitting(transaction, target.id, [flag for each in arrivals for flag in each.flags])
        kept = [
            replace(each, flags=tuple(flag for flag in each.flags if flag in fitting)) for each in arrivals
        ]
        self.count.keywords += sum(map(len, (each.flags for each in arrivals)))
        self.count.keywords -= sum(map(len, (each.flags for each in kept)))
        messages.append(transaction, target.id, kept, bypass_quota=True)


def _known(transaction: Transaction, mailbox: int) -> dict[tuple[int, int], list[str]]:
    """The bodies of a mailbox by internaldate and size."""
    known: dict[tuple[int, int], list[str]] = {}
    rows = transaction.all(
        "SELECT m.internaldate, m.size, b.file FROM message m JOIN body b ON b.id = m.body"
        " WHERE m.mailbox = ?",
        mailbox,
    )
    for when, size, file in rows:
        known.setdefault((when, size), []).append(file)
    return known


def _target(transaction: Transaction, name: str) -> Mailbox:
    """The mailbox, made and subscribed to if it is not there."""
    found = mailboxes.find(transaction, name)
    if found is None:
        mailboxes.create_above(transaction, name)
        found = mailboxes.create(transaction, name)
        mailboxes.subscribe(transaction, name)
    return found


def _kept(start: int, end: int, cuts: Cuts) -> Iterator[tuple[int, int]]:
    for first, last in cuts:
        yield start, first
        start = last
    yield start, end


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[Octets]:
    """A file's octets without holding them in memory; it must not be cut meanwhile."""
    if not os.fstat(file.fileno()).st_size:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
        yield octets
