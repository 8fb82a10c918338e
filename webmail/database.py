"""One SQLite file, shared by several processes, used without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from webmail.errors import Busy, MailError, OverQuota, Unavailable
from webmail.i18n import N_

LOCK_WAIT = 5.0  # seconds for another process's write; ours last milliseconds
MAX_QUEUED = 1000  # calls waiting for one thread; more than that is a second of work
OPEN_TRIES = 50  # of 0.1 s: several processes may create the file at the same moment
PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700

P = ParamSpec("P")
T = TypeVar("T")

_FULL = N_("The server’s disk is full. Nothing was changed.")
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class Database:
    """Readers and writers have a thread and a connection each: a slow write delays no reader.

    A function given to `read` or `write` gets the connection, runs in one transaction of its own
    and must be quick; an exception rolls back. Who is cancelled while waiting for a write does not
    know whether it happened.
    """

    def __init__(self, path: Path, schema: tuple[str, ...]) -> None:
        """Opens the file, creating it (0600) and its tables; blocks for a moment, so at start only."""
        connect(path, schema).close()
        self._reader = _Lane(path, "BEGIN")
        self._writer = _Lane(path, "BEGIN IMMEDIATE")

    async def read(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(connection, …)` on one consistent view. Raises Busy, Unavailable."""
        return await self._reader.run(lambda connection: function(connection, *args, **kwargs))

    async def write(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(connection, …)` and commit. Raises Busy, OverQuota (disk full), Unavailable."""
        return await self._writer.run(lambda connection: function(connection, *args, **kwargs))

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()


class _Lane:
    def __init__(self, path: Path, begin: str) -> None:
        self._begin = begin
        self._path = path
        self._waiting = 0
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=path.name)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._waiting >= MAX_QUEUED:
            raise Busy(detail=f"{self._path.name}: {MAX_QUEUED} calls waiting")
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._thread.submit(self._transact, work))
        finally:
            self._waiting -= 1  # who is cancelled takes their call out of the queue, unless it runs already

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = connection_to(self._path)
            return transact(self._connection, self._begin, work)
        except sqlite3.Error as error:
            raise in_our_words(error, self._path) from error

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def connect(path: Path, schema: tuple[str, ...]) -> sqlite3.Connection:
    """A connection for one thread, the file (0600, its directory 0700) and its tables made if missing."""
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    if not path.exists():
        _create_private(path)
    for attempt in range(OPEN_TRIES):
        connection = connection_to(path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            transact(connection, "BEGIN IMMEDIATE", lambda connected: _create(connected, schema))
        except sqlite3.OperationalError as error:
            connection.close()
            # Switching to WAL does not wait for others as ordinary locks do.
            if error.sqlite_errorcode & 0xFF not in _BUSY or attempt == OPEN_TRIES - 1:
                raise
            time.sleep(0.1)
        else:
            return connection
    raise AssertionError


def _create_private(path: Path) -> None:
    """An empty file for our own eyes, unless another is quicker.

    SQLite's locks belong to process and file: whoever closes a descriptor of a database that is in use in
    the same process takes them away, and the next process to close it removes the log under our hands. So
    the file has another name while we have it open.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()


def transact(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """The result of `work` in a transaction of its own, committed; rolled back if it raises."""
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def connection_to(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there, used by one thread at a time; each commit is on the disk."""
    connection = sqlite3.connect(path, timeout=LOCK_WAIT, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def loosely(connection: sqlite3.Connection) -> Iterator[None]:
    """Transactions of the block are whole, but a power cut may undo the last ones."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def _create(connection: sqlite3.Connection, schema: tuple[str, ...]) -> None:
    for statement in schema:
        connection.execute(statement)


def in_our_words(error: sqlite3.Error, path: Path) -> MailError | sqlite3.Error:
    """What an error of SQLite means for the person: OverQuota (disk full), Busy, Unavailable; else itself."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    detail = f"{path}: {error}"
    if code == sqlite3.SQLITE_FULL:
        return OverQuota(_FULL, detail=detail)
    if code in _BUSY:
        return Busy(detail=detail)
    unusable = {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
    return (
        Unavailable(N_("The server cannot use its own files just now."), detail=detail)
        if code in unusable
        else error
    )
