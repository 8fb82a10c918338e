"""Listening to hints in a process with an event loop, whichever thread or process they come from."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webmail.notify.hint import Event, Hint, decoded, latest
from webmail.notify.publisher import EVERYBODY, MAX_DATAGRAM, OWED_SECONDS, Publisher, bound

MAX_HEARD = 64  # different hints kept for one subscription; more: it looks everywhere
MAX_AT_ONCE = 100  # datagrams taken in before others have their turn in the loop
LONGEST_RETRY = 1.0  # seconds between tries at the full queue of a process that has stopped


@dataclass(frozen=True, slots=True)
class Heard:
    """What came since one listened last; `everywhere`: some was lost, so all is to be looked at."""

    hints: tuple[Hint, ...] = ()
    everywhere: bool = False


class Subscription:
    """The hints about some users' mailboxes, for one listener; of the same kind only the latest."""

    __slots__ = ("_everywhere", "_hints", "_kept", "_on_hint", "_waiter", "users")

    def __init__(self, hints: Hints, on_hint: Callable[[], None] | None = None) -> None:
        self.users: tuple[str, ...] = ()
        self._hints = hints
        self._on_hint = on_hint
        self._kept: dict[tuple[str, int, Event], Hint] | None = None
        self._everywhere = False
        self._waiter: asyncio.Future[None] | None = None

    def follow(self, *users: str) -> None:
        """Listen to what happens in these users' mailboxes from now on, and to nobody else's."""
        self._hints.follow(self, tuple(dict.fromkeys(users)))

    async def heard(self) -> Heard:
        """Wait until there is something to look at. Who is cancelled meanwhile loses nothing."""
        while self._kept is None and not self._everywhere:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.take()

    def take(self) -> Heard:
        """What came since the last time, at once."""
        with self._hints.lock:
            heard = Heard(tuple((self._kept or {}).values()), self._everywhere)
            self._kept, self._everywhere = None, False
        return heard

    def note(self, hint: Hint | None) -> None:
        """Keep a hint, None for `everywhere`; under the lock of Hints."""
        if hint is not None and not self._everywhere:
            self._kept = {} if self._kept is None else self._kept
            self._kept[hint.user, hint.mailbox_id, hint.event] = hint
        if hint is None or len(self._kept or ()) > MAX_HEARD:
            self._kept, self._everywhere = None, True

    def wake(self) -> None:
        """Let the waiting listener go on; in its loop."""
        if self._on_hint is not None:
            self._on_hint()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hints:
    """Subscribing and publishing in one process with an event loop; `opened` lends one."""

    def __init__(self, directory: Path) -> None:
        self.lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[str, list[Subscription]] = {}
        self._to_wake: set[Subscription] = set()
        self._open = True
        self._inbox, name = bound(directory)
        self._own = directory / name
        self._publisher = Publisher(directory, but=name)
        self._retry: asyncio.TimerHandle | None = None
        self._owing = False
        self._pause = OWED_SECONDS
        self._loop.add_reader(self._inbox, self._receive)

    @contextmanager
    def subscribe(self, *users: str, on_hint: Callable[[], None] | None = None) -> Iterator[Subscription]:
        """Listen to what happens in these users' mailboxes; look at them after this, not before.

        `on_hint` is called in the loop when something came, for who waits for other things as well.
        """
        subscription = Subscription(self, on_hint)
        subscription.follow(*users)
        try:
            yield subscription
        finally:
            subscription.follow()

    def follow(self, subscription: Subscription, users: tuple[str, ...]) -> None:
        with self.lock:
            for user in subscription.users:
                left = [it for it in self._listeners.pop(user) if it is not subscription]
                if left:
                    self._listeners[user] = left
            for user in users:
                self._listeners.setdefault(user, []).append(subscription)
            subscription.users = users

    def publish(self, hints: Iterable[Hint]) -> None:
        """Tell everybody on this host, after the commit; from any thread, never waiting for anybody."""
        told = latest(hints)
        with self.lock:
            self._deliver(told)
        if not self._publisher.publish(told):
            self._owe()

    def _owe(self) -> None:
        """See to it that full queues are tried again, once however many hints they did not take."""
        with self.lock:
            if not self._owing:
                self._owing = True
                self._call(self._try_again)

    def _deliver(self, hints: Iterable[Hint]) -> None:
        for hint in hints:
            for subscription in self._listeners.get(hint.user, ()):
                self._note(subscription, hint)

    def _look_everywhere(self, user: str) -> None:
        found = self._listeners.values() if user == EVERYBODY else [self._listeners.get(user, [])]
        for subscriptions in found:
            for subscription in subscriptions:
                self._note(subscription, None)

    def _note(self, subscription: Subscription, hint: Hint | None) -> None:
        subscription.note(hint)
        if not self._to_wake:
            self._call(self._wake)
        self._to_wake.add(subscription)

    def _call(self, function: Callable[[], None]) -> None:
        if self._open:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(function)

    def _wake(self) -> None:
        with self.lock:
            woken, self._to_wake = self._to_wake, set()
        for subscription in woken:
            subscription.wake()

    def _receive(self) -> None:
        for _ in range(MAX_AT_ONCE):
            try:
                data = self._inbox.recv(MAX_DATAGRAM)
            except OSError:
                return
            hints, users = decoded(data)
            with self.lock:
                self._deliver(hints)
                for user in users:
                    self._look_everywhere(user)

    def _try_again(self) -> None:
        if self._open:
            self._retry = self._loop.call_later(self._pause, self._pay)

    def _pay(self) -> None:
        with self.lock:
            self._owing = False  # first: who owes from here on asks anew
        if self._publisher.pay():
            self._pause = OWED_SECONDS
        else:
            self._pause = min(self._pause * 2, LONGEST_RETRY)
            self._owe()

    def close(self) -> None:
        self._open = False
        if self._retry is not None:
            self._retry.cancel()
        self._loop.remove_reader(self._inbox)
        self._inbox.close()
        self._publisher.close()
        self._own.unlink(missing_ok=True)


@contextmanager
def opened(directory: Path) -> Iterator[Hints]:
    """Hints for this process, inside its event loop. The directory is made (0700) if it is missing."""
    hints = Hints(directory)
    try:
        yield hints
    finally:
        hints.close()
