"""What never changes about a message, kept as long as there is room: rows of lists, opened messages.

Keyed by backend, login, mailbox, UIDVALIDITY and UID; nothing of another UIDVALIDITY is ever shown.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from webmail.http.backend.model import Message, Summary

MAX_ROWS = 20_000  # of the process: about 1 kB each
MAX_ROWS_OF_ONE = 2_000  # of one mailbox: forty pages
MAX_WINDOWS_OF_ONE = 40  # pages whose UIDs are known by their sequence numbers
MAX_MESSAGES_OF_ONE = 20  # opened ones; a structure may be large
MAX_IDLE = 1800.0  # seconds; who comes back later can wait for one more FETCH

T = TypeVar("T")
Key = tuple[str, str, str, int]  # host, login, mailbox, UIDVALIDITY


@dataclass(frozen=True, slots=True)
class Window:
    """The UIDs of consecutive sequence numbers, valid while the mailbox has the same stamp."""

    stamp: object
    first: int
    uids: tuple[int, ...]

    def get(self, stamp: object, first: int, last: int) -> tuple[int, ...] | None:
        if stamp != self.stamp or first != self.first or last - first + 1 != len(self.uids):
            return None
        return self.uids


@dataclass(slots=True)
class Shelf:
    """One mailbox's."""

    rows: dict[int, Summary] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    windows: dict[int, Window] = field(default_factory=dict)  # of the pages seen last, by their first number
    used: float = 0.0

    def uids(self, stamp: object, first: int, last: int) -> tuple[int, ...] | None:
        """The UIDs of these sequence numbers, if they are known and all of their rows are here."""
        window = self.windows.get(first)
        found = window.get(stamp, first, last) if window else None
        return found if found is not None and all(uid in self.rows for uid in found) else None

    @property
    def weight(self) -> int:
        return 1 + len(self.rows) + 5 * len(self.messages)


class Cache:
    """All shelves of a process; those not looked at for longest go first."""

    def __init__(self, limit: int = MAX_ROWS) -> None:
        self._limit = limit
        self._weight = 0
        self._shelves: OrderedDict[Key, Shelf] = OrderedDict()

    def shelf(self, key: Key) -> Shelf:
        """To look at; what is kept is given to the cache by key, for the shelf may be gone by then."""
        if key not in self._shelves:
            self._shelves[key] = Shelf()
            self._weight += self._shelves[key].weight
        found = self._shelves[key]
        found.used = time.monotonic()
        self._shelves.move_to_end(key)
        return found

    def keep_rows(self, key: Key, rows: Iterable[Summary], window: Window | None = None) -> None:
        shelf = self.shelf(key)
        before = shelf.weight
        shelf.rows.update((row.uid, row) for row in rows)
        if window is not None:
            shelf.windows.pop(window.first, None)
            shelf.windows[window.first] = window
        _shorten(shelf.windows, MAX_WINDOWS_OF_ONE)
        _shorten(shelf.rows, MAX_ROWS_OF_ONE)
        self._weigh(shelf.weight - before)

    def keep_message(self, key: Key, message: Message) -> None:
        shelf = self.shelf(key)
        before = shelf.weight
        shelf.messages[message.summary.uid] = message
        _shorten(shelf.messages, MAX_MESSAGES_OF_ONE)
        self._weigh(shelf.weight - before)

    def expire(self) -> None:
        oldest = time.monotonic() - MAX_IDLE
        while self._shelves and next(iter(self._shelves.values())).used < oldest:
            self._drop(next(iter(self._shelves)))

    def forget(self, host: str, login: str) -> None:
        for key in [key for key in self._shelves if key[:2] == (host, login)]:
            self._drop(key)

    def __len__(self) -> int:
        return self._weight

    def _weigh(self, more: int) -> None:
        self._weight += more
        while self._weight > self._limit and len(self._shelves) > 1:
            self._drop(next(iter(self._shelves)))

    def _drop(self, key: Key) -> None:
        self._weight -= self._shelves.pop(key).weight


def _shorten(kept: dict[int, T], limit: int) -> None:
    """Drop what was put in first."""
    for uid in list(kept)[: max(0, len(kept) - limit)]:
        del kept[uid]
