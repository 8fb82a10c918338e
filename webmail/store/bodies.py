"""Files of message bodies: received aside, linked once they are whole, removed when no row names them.

A body on its way has a name in `incoming/`, locked by its receiver for as long as that lives. It is linked
into `bodies/` before the transaction that names it, and loses its first name after: so whatever a crash
leaves over has a name in `incoming/` that nobody locks.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from tempfile import TemporaryFile

from webmail.database import PRIVATE_FILE
from webmail.disk import room_on, sync_directory
from webmail.mail import binary
from webmail.mail.index import Parsed, parse
from webmail.store.layout import BODIES, INCOMING

SPILL = 256 * 1024  # octets that a body on its way takes in memory; then it goes on in its file
NAME = 16  # random octets of a body's name: no two are ever the same


class Incoming:
    """A body while it is received; blocks for short moments, so larger writes belong into a thread.

    `add` takes octets; once it is whole `parse` reads it and `settle` makes it last; `finish` or `drop` ends
    it. Each may be called from any thread, one at a time.
    """

    __slots__ = ("_account", "_file", "_linked", "_pieces", "held", "name", "size")

    def __init__(self, account: Path) -> None:
        self.name = secrets.token_hex(NAME)
        self.size = 0
        self._account = account
        self._pieces: list[bytes] = []
        self.held = 0  # octets in memory
        self._file: int | None = None
        self._linked = False

    @property
    def full(self) -> bool:
        """Whether `spill` has to be called before more is added."""
        return self.held >= SPILL

    def add(self, octets: bytes) -> None:
        self._pieces.append(octets)
        self.held += len(octets)
        self.size += len(octets)

    def spill(self) -> None:
        """Write what is held into the file. Raises OverQuota if the disk is full."""
        with room_on(self._account):
            if self._file is None:
                self._file = _create_locked(self._account / INCOMING / self.name)
            _write(self._file, self._pieces)
        self._pieces.clear()
        self.held = 0

    def encode(self) -> None:
        """Encode the parts of a whole message that hold NUL, which only BINARY[…] could tell."""
        self.spill()
        assert self._file is not None  # noqa: S101  spill made it
        with TemporaryFile() as encoded:
            with _mapped(self._file, self.size) as octets:
                if not (parts := binary.with_nul(octets)):
                    return
                encoded.writelines(binary.encoded(octets, parts))
            self.size = encoded.tell()
            encoded.seek(0)
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            while block := encoded.read(SPILL):
                _write(self._file, [block])

    def parse(self) -> Parsed:
        """The message, which is whole."""
        if self._file is None:
            return parse(b"".join(self._pieces))
        self.spill()
        with _mapped(self._file, self.size) as octets:
            return parse(octets)

    def settle(self) -> None:
        """Its octets on the disk and linked; to sync the directory is the caller's. Raises OverQuota."""
        self.spill()
        assert self._file is not None  # noqa: S101  spill made it
        with room_on(self._account):
            os.fsync(self._file)
            os.link(self._account / INCOMING / self.name, body_path(self._account, self.name))
        self._linked = True

    def finish(self) -> None:
        """It is delivered: its row is committed, so its first name may go, now or at a recovery."""
        with suppress(OSError):
            (self._account / INCOMING / self.name).unlink()
        self._close()

    def drop(self) -> None:
        """It is not delivered, or nobody knows. What was linked already is left to `sweep.recover`."""
        self._pieces.clear()
        if not self._linked and self._file is not None:
            (self._account / INCOMING / self.name).unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def receive_from(account: Path, source: Path) -> Incoming:
    """A body with the content of a file, for a copy into another account. Raises OverQuota."""
    incoming = Incoming(account)
    try:
        with source.open("rb") as file:
            while block := file.read(SPILL):
                incoming.add(block)
                if incoming.full:
                    incoming.spill()
    except BaseException:
        incoming.drop()
        raise
    return incoming


def is_name(name: str) -> bool:
    """Whether a body can be called so."""
    return len(name) == 2 * NAME and not name.strip("0123456789abcdef")


def body_directory(account: Path, name: str) -> Path:
    return account / BODIES / name[0]


def body_path(account: Path, name: str) -> Path:
    return account / BODIES / name[0] / name


def opened(account: Path, name: str) -> FileIO:
    """A body, to be read at any place. Raises FileNotFoundError."""
    return FileIO(f"{account}/{BODIES}/{name[0]}/{name}")  # to join a Path takes as long as to open the file


@contextmanager
def mapped(account: Path, name: str) -> Iterator[bytes | mmap.mmap]:
    """A whole body without holding it in memory. Raises FileNotFoundError."""
    with (
        body_path(account, name).open("rb") as file,
        _mapped(file.fileno(), os.fstat(file.fileno()).st_size) as octets,
    ):
        yield octets


def remove(account: Path, names: Iterable[str]) -> None:
    """Unlink bodies; those that are gone already do not matter."""
    for name in names:
        body_path(account, name).unlink(missing_ok=True)


def sync(account: Path, names: Iterable[str]) -> None:
    """Make the names of bodies last."""
    for directory in {body_directory(account, name) for name in names}:
        sync_directory(directory)


def abandoned(account: Path) -> Iterator[str]:
    """Names in incoming/ whose receiver is dead; each stays locked by us while it is looked at."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(account / INCOMING):
            with _owned(Path(entry.path)) as ours:
                if ours:
                    yield entry.name


def forget(account: Path, name: str) -> None:
    """Remove a name in incoming/."""
    (account / INCOMING / name).unlink(missing_ok=True)


@contextmanager
def _owned(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the file; if so, we do until the block ends."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _create_locked(path: Path) -> int:
    """A new file that a sweeper leaves alone: it has either our lock or no name any more."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
        if _locked(descriptor) and os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, pieces: list[bytes]) -> None:
    with memoryview(b"".join(pieces)) as octets:
        written = 0
        while written < len(octets):
            written += os.write(descriptor, octets[written:])


@contextmanager
def _mapped(descriptor: int, size: int) -> Iterator[bytes | mmap.mmap]:
    if not size:
        yield b""
        return
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as octets:
        yield octets
