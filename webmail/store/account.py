"""The one door to an account: functions on a transaction, run in worker threads, one writer at a time."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from webmail.database import connect, connection_to, in_our_words, loosely, transact
from webmail.disk import in_thread
from webmail.errors import Busy, MailError, NotFound
from webmail.notify import Hint
from webmail.store import layout, mailboxes, schema, sweep, texts
from webmail.store.bodies import Incoming
from webmail.store.layout import DATABASE, Layout
from webmail.store.snapshot import Snapshots
from webmail.store.transaction import Limits, Transaction

MAX_CONNECTIONS = 64  # to databases that are kept open while nobody uses them, in a process
MAX_RECENT = 1000  # accounts that stay open when nobody uses them, for who comes back soon; a kB each
CACHE_KIB = 4096  # of pages that each of them keeps
SEARCHES = 3  # of different accounts at once in a process
MAX_WAITING = 500  # writers of one account in a process; a second of work, and nobody waits longer

P = ParamSpec("P")
T = TypeVar("T")
Publish = Callable[[list[Hint]], object]  # what it returns is nothing to us


class Connections:
    """Open databases, lent to one thread at a time; the longest unused are closed."""

    def __init__(self) -> None:
        self._idle: OrderedDict[int, tuple[Path, sqlite3.Connection]] = OrderedDict()
        self._by_path: dict[Path, list[int]] = {}
        self._lock = threading.Lock()
        self._number = 0

    @contextmanager
    def lent(self, path: Path) -> Iterator[sqlite3.Connection]:
        connection = self._take(path) or _open(path)
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        except BaseException:
            self._keep(path, connection)
            raise
        self._keep(path, connection)

    def _take(self, path: Path) -> sqlite3.Connection | None:
        with self._lock:
            numbers = self._by_path.get(path)
            if not numbers:
                return None
            number = numbers.pop()
            if not numbers:
                del self._by_path[path]
            return self._idle.pop(number)[1]

    def _keep(self, path: Path, connection: sqlite3.Connection) -> None:
        oldest = None
        with self._lock:
            self._number += 1
            self._idle[self._number] = (path, connection)
            self._by_path.setdefault(path, []).append(self._number)
            if len(self._idle) > MAX_CONNECTIONS:
                oldest = self._take_oldest()
        if oldest is not None:
            oldest.close()

    def _take_oldest(self) -> sqlite3.Connection:
        number, (path, connection) = self._idle.popitem(last=False)
        self._by_path[path].remove(number)
        if not self._by_path[path]:
            del self._by_path[path]
        return connection

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._take_oldest().close()


class Account:
    """Somebody's mailboxes. Functions get a Transaction and what is given with them."""

    def __init__(self, uid: str, place: Path, store: Store) -> None:
        self.uid = uid
        self.place = place
        self.snapshots = store.snapshots
        self._store = store
        self._writing = asyncio.Lock()
        self._searching = asyncio.Lock()
        self._waiting = 0

    async def read(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(transaction, …)` on one consistent view. Raises Busy, Unavailable."""
        return await self._run("BEGIN", lambda transaction: function(transaction, *args, **kwargs))

    async def search(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for what may take seconds: one at a time of an account, few of a process.

        All threads share one interpreter, so twenty of them would be no quicker and keep everybody waiting.
        """
        async with self._searching, self._store.searching:
            return await self.read(function, *args, **kwargs)

    async def write(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, committed to the disk when this returns; then the hints go out.

        Raises OverQuota if the disk is full. A cancellation is raised once the work is done or undone.
        """
        async with self._turn():
            return await self._run(
                "BEGIN IMMEDIATE", lambda transaction: function(transaction, *args, **kwargs)
            )

    async def note(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for what is simply done again should a power cut undo it: nobody waits for the disk."""
        async with self._turn():
            return await self._run(
                "BEGIN IMMEDIATE",
                lambda transaction: function(transaction, *args, **kwargs),
                lasting=False,
            )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Writers of a process one after the other."""
        if self._waiting >= MAX_WAITING:
            raise Busy(detail=f"{self.uid}: {MAX_WAITING} writers are waiting")
        self._waiting += 1
        try:
            async with self._writing:
                yield
        finally:
            self._waiting -= 1

    async def _run(self, begin: str, work: Callable[[Transaction], T], *, lasting: bool = True) -> T:
        result, orphaned = await in_thread(self._committed, begin, work, lasting=lasting)
        if orphaned:
            self._store.orphaned.add(self)
            self._store.expunged.set()
        return result

    def transact(self, begin: str, work: Callable[[Transaction], T], *, lasting: bool = True) -> T:
        """The same without an event loop, in this thread; bodies that were let go of are gone then.

        What is not `lasting` may be undone by a power cut, but by nothing less.
        """
        result, orphaned = self._committed(begin, work, lasting=lasting)
        if orphaned:
            with suppress(MailError, sqlite3.Error, OSError):  # it is committed; the next sweep finds them
                sweep.remove_orphans(self)
        return result

    def _committed(self, begin: str, work: Callable[[Transaction], T], *, lasting: bool) -> tuple[T, bool]:
        """The result, and whether there are bodies to be removed."""
        path = self.place / DATABASE
        made: list[Transaction] = []

        def on(connection: sqlite3.Connection) -> T:
            made.append(Transaction(connection, self.uid, self.place, self._store.limits()))
            return work(made[0])

        try:
            with (
                self._store.connections.lent(path) as connection,
                nullcontext() if lasting else loosely(connection),
            ):
                result = transact(connection, begin, on)
        except sqlite3.Error as error:
            raise in_our_words(error, path) from error
        if made[0].hints:
            self._store.publish(made[0].hints)
        return result, made[0].orphaned

    def gone(self) -> bool:
        """Whether an administrator has moved or removed it."""
        return not (self.place / DATABASE).exists()

    def note_stored(self) -> None:
        """There are new texts; in the event loop."""
        self._store.unindexed.add(self)
        self._store.stored.set()

    def incoming(self) -> Incoming:
        """A body to be received; close it whatever happens."""
        return Incoming(self.place)


class Store:
    """All accounts of this host, for one process.

    `publish` hears hints, in worker threads; `limits` says what accounts without limits of their own may
    hold just now.
    """

    def __init__(
        self,
        places: Layout,
        *,
        publish: Publish = lambda _: None,
        limits: Callable[[], Limits] = Limits,
    ) -> None:
        self.layout = places
        self.publish = publish
        self.limits = limits
        self.connections = Connections()
        self.snapshots = Snapshots()
        self.searching = asyncio.Semaphore(SEARCHES)
        self.unindexed: set[Account] = set()  # with new texts that `indexing` is to take up
        self.stored = asyncio.Event()
        self.orphaned: set[Account] = set()  # with bodies that `sweep` is to remove
        self.expunged = asyncio.Event()
        self._accounts: WeakValueDictionary[str, Account] = WeakValueDictionary()
        self._recent: OrderedDict[str, Account] = OrderedDict()

    async def account(self, uid: str) -> Account:
        """Somebody's account, made if there is none yet."""
        found = self._accounts.get(uid)
        if found is not None and found.gone():
            self._accounts.pop(uid, None)
            found = None
        if found is None:
            made = await in_thread(self.opened, uid)
            found = self._accounts.setdefault(uid, made)
            if await found.read(_behind):  # a crash or an import has left texts to be indexed
                found.note_stored()
        self._recent[uid] = found
        self._recent.move_to_end(uid)
        if len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)
        return found

    async def known(self, uid: str) -> Account:
        """The account of somebody who has one. Raises NotFound."""
        found = self._accounts.get(uid)
        if (found is None or found.gone()) and await in_thread(self.layout.find, uid) is None:
            raise NotFound
        return await self.account(uid)

    def opened(self, uid: str) -> Account:
        """The account, made if need be, what a crash left over removed; blocks."""
        return self.opened_at(uid, self.layout.place(uid))

    def opened_at(self, uid: str, place: Path) -> Account:
        """The same in a directory that is known."""
        layout.make(place)
        account = Account(uid, place, self)
        connect(place / DATABASE, ()).close()
        account.transact("BEGIN IMMEDIATE", _make)
        sweep.recover(account)
        return account

    def close(self) -> None:
        self.connections.close()


def _make(transaction: Transaction) -> None:
    if schema.create(transaction, int(time.time())):
        mailboxes.make_first(transaction)


def _behind(transaction: Transaction) -> bool:
    newest = transaction.one("SELECT 1 FROM text WHERE body > (SELECT indexed FROM account) LIMIT 1")
    return newest is not None


def _open(path: Path) -> sqlite3.Connection:
    connection = connection_to(path)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB:d}")
    texts.prepare(connection)
    return connection
