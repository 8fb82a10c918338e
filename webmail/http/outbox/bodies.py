"""The outbox's messages as files: <directory>/<id>, written aside as <id>.new.

Who holds the lock (flock) of a message's file is the one who works on it; the kernel frees it
when that process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Self

from webmail.database import PRIVATE_DIRECTORY, PRIVATE_FILE
from webmail.disk import in_thread, sync_directory
from webmail.wire.smtp import Lines

PIECE = 1024 * 1024  # bytes written in one go in a thread
ASIDE = ".new"
SETTLING = 60.0  # seconds for which a file without a row is left alone in any case
_ID = re.compile(r"[0-9a-f]{32}")


class Body:
    """A message's file while we hold its lock."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock."""
        self._file.close()

    async def write(self, blocks: Iterable[bytes]) -> int:
        """Write the message under its final name, to stay; its size. Raises BadLines, OSError."""
        source = iter(blocks)
        lines = Lines()
        while await in_thread(self._write_piece, source, lines):
            pass
        return await in_thread(self._finish, lines)

    def _write_piece(self, source: Iterator[bytes], lines: Lines) -> bool:
        written = 0
        for block in source:
            lines.feed(block)  # checked only: the dots are stuffed on the wire
            self._write(block)
            written += len(block)
            if written >= PIECE:
                return True
        return False

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _finish(self, lines: Lines) -> int:
        self._write(lines.finish())
        size = self._file.tell()
        os.fsync(self._file.fileno())
        _aside(self.path).rename(self.path)
        sync_directory(self.path.parent)
        return size

    def discard(self) -> None:
        _aside(self.path).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


class Bodies:
    """The directory of messages."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)

    def path(self, entry_id: str) -> Path:
        return self._directory / entry_id

    def create(self, entry_id: str) -> Body:
        """A new file, ours from its first moment."""
        path = self.path(entry_id)
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
        file = FileIO(os.open(_aside(path), flags, PRIVATE_FILE), "r+b")
        fcntl.flock(file, fcntl.LOCK_EX)
        return Body(path, file)

    def claim(self, entry_id: str) -> Body | None:
        """The file if nobody else works on it; None if somebody does. Raises FileNotFoundError."""
        path = self.path(entry_id)
        file = _locked(path)
        return Body(path, file) if file else None

    def settled(self) -> list[str]:
        """Ids of all files that are not brand-new."""
        oldest = time.time() - SETTLING
        names = (
            path.name.removesuffix(ASIDE) for path in self._directory.iterdir() if _changed(path) < oldest
        )
        return [name for name in names if _ID.fullmatch(name)]

    def claim_leftovers(self, entry_id: str) -> Iterator[Body]:
        """The files of this id, finished or not, that nobody works on."""
        path = self.path(entry_id)
        for candidate in (_aside(path), path):
            with contextlib.suppress(FileNotFoundError):
                file = _locked(candidate)
                if file:
                    yield Body(path, file)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ASIDE)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _locked(path: Path) -> FileIO | None:
    file = FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
