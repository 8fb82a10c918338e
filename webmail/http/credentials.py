"""Identities of living sessions, in memory only, for filing mail when its writer has left the page."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from webmail.http.backend.pool import Identity

MAX_PEOPLE = 10_000  # identities are small; the one not seen for longest gives way
LIFETIME = 7200.0  # seconds; the default of service.http.sessiontimeout


class Credentials:
    """The identity of each person seen lately, for work that goes on without a request.

    With `local.service.proxy.login` = user the backend wants the person's own password, which is
    nowhere but in their session; it stays here at most as long as an idle session lives.
    """

    def __init__(self, lifetime: float = LIFETIME, clock: Callable[[], float] = time.monotonic) -> None:
        """`lifetime`: seconds after which an identity that was not seen again is forgotten."""
        self._lifetime = lifetime
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    def remember(self, identity: Identity) -> None:
        """Note that this person is here."""
        uid = identity.user.uid
        self._seen[uid] = (self._clock(), identity)
        self._seen.move_to_end(uid)
        self._forget_the_stale()

    def find(self, user_uid: str) -> Identity | None:
        """This person's identity, if a session of theirs was seen within the lifetime."""
        self._forget_the_stale()
        found = self._seen.get(user_uid)
        return found[1] if found else None

    def forget(self, user_uid: str) -> None:
        """At sign-out."""
        self._seen.pop(user_uid, None)

    def _forget_the_stale(self) -> None:
        oldest_allowed = self._clock() - self._lifetime
        while self._seen:
            uid, (seen, _identity) = next(iter(self._seen.items()))
            if seen >= oldest_allowed and len(self._seen) <= MAX_PEOPLE:
                return
            del self._seen[uid]
