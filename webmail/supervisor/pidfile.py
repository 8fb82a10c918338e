"""Who is the master on this host: a file with its process id, locked for as long as it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from webmail.errors import AlreadyExists, NotFound, Unavailable

POLL_SECONDS = 0.05
ORPHAN_SECONDS = 40.0  # in which the processes of a master that was killed end by themselves


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the file; the kernel lets go of it however we and our children die.

    Raises AlreadyExists if another does; Unavailable if the children of one that was killed do not end.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+", encoding="ascii") as file:
        _lock(file, path)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def holder(path: Path) -> int | None:
    """The process id of the living master, or None."""
    try:
        with path.open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _living(path)
    except FileNotFoundError:
        return None
    return None


def tell(path: Path, number: signal.Signals) -> int:
    """Send a signal to the living master; its process id. Raises NotFound if there is none."""
    pid = holder(path)
    if pid is None:
        raise NotFound("not running")
    try:
        os.kill(pid, number)
    except ProcessLookupError as error:  # it was killed; its processes hold the file until they end
        raise NotFound("not running") from error
    return pid


def wait_gone(path: Path, seconds: float) -> None:
    """Wait until no master holds the file. Raises Unavailable when the time is over."""
    until = time.monotonic() + seconds
    while holder(path) is not None:
        if time.monotonic() > until:
            raise Unavailable(f"still running after {seconds:.0f} seconds")
        time.sleep(POLL_SECONDS)


def _lock(file: TextIO, path: Path) -> None:
    until = time.monotonic() + ORPHAN_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            master = _living(path)
            if master is not None:
                raise AlreadyExists(f"already running (process {master})") from error
        if time.monotonic() > until:
            raise Unavailable("processes of a master that was killed are still running")
        time.sleep(POLL_SECONDS)


def _living(path: Path) -> int | None:
    """The process id in the file if it lives: the children of a master that was killed hold the file too."""
    with contextlib.suppress(ValueError, FileNotFoundError, ProcessLookupError):
        pid = int(path.read_text(encoding="ascii"))
        with contextlib.suppress(PermissionError):  # somebody else's, but there
            os.kill(pid, 0)
        return pid
    return None
