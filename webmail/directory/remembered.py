"""Passwords found right lately, so that programs that sign in for each look cost no hashing each time."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

KEY_OCTETS = 32  # RFC 2104, 3: as long as the hash


class Remembered:
    """Remembers no password, only a HMAC under a key that this process alone has and never tells.

    The stored hash is part of it: a password that was changed since is not remembered any more.
    """

    def __init__(self, size: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(KEY_OCTETS)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def knows(self, uid: str, stored: str, password: bytes) -> bool:
        """Whether this password was noted for this user and hash, and not too long ago."""
        mark = self._mark(uid, stored, password)
        until = self._until.get(mark)
        if until is None:
            return False
        if self._clock() >= until:
            del self._until[mark]
            return False
        self._until.move_to_end(mark)
        return True

    def note(self, uid: str, stored: str, password: bytes) -> None:
        """Remember a password that was verified just now; the one unused for longest gives way."""
        mark = self._mark(uid, stored, password)
        self._until[mark] = self._clock() + self._seconds
        self._until.move_to_end(mark)
        while len(self._until) > self._size:
            self._until.popitem(last=False)

    def _mark(self, uid: str, stored: str, password: bytes) -> bytes:
        # Neither a uid nor a hash holds a NUL, so no two triples are written the same.
        return hmac.digest(self._key, b"\0".join((uid.encode(), stored.encode(), password)), "sha256")
