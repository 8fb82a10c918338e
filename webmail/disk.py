"""Work on files in a thread, never left half-way; and what makes a file last."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

from webmail.errors import OverQuota
from webmail.i18n import N_

P = ParamSpec("P")
T = TypeVar("T")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})  # of OSError.errno: no room left
_FULL = N_("The server’s disk is full. Nothing was changed.")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a short piece of work in a thread; a cancellation is raised only once the thread is done.

    So whoever cleans up after a cancellation works on files that nobody else still writes to.
    """
    # Not to_thread: with a task of its own each look at the store took half as long again.
    work = asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # noted: the cancellation is what counts
        raise


@contextlib.contextmanager
def room_on(path: Path) -> Iterator[None]:
    """Where files are written: raises OverQuota if the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise OverQuota(_FULL, detail=f"{path}: {error}") from error
        raise


def sync_directory(directory: Path) -> None:
    """Make the names in a directory last as their files do."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
