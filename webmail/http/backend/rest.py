"""A rest after each failure to reach a backend, so that a dead one answers at once and is not hammered."""

from __future__ import annotations

import random
from collections.abc import Callable

from webmail.errors import Unavailable

RESTS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # seconds after the first, second … failure in a row


class Rest:
    """After a failure: no attempt before the rest is over, then one at a time until one succeeds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = 0.0
        self._knocking = False
        self.failures = 0

    def begin(self) -> float:
        """When this attempt began. Raises Unavailable if it must not be made now."""
        now = self._clock()
        if self.failures and (self._knocking or now < self._until):
            raise Unavailable(detail=f"not tried again yet after failure {self.failures}")
        self._knocking = True
        return now

    def failed(self, began: float) -> float:
        """How many seconds to rest now. Attempts that failed together count once."""
        self._knocking = False
        if not self.failures or began >= self._until:
            rest = RESTS[min(self.failures, len(RESTS) - 1)]
            self._until = self._clock() + rest * random.uniform(0.75, 1.25)  # noqa: S311  guards no secret
            self.failures += 1
        return max(0.0, self._until - self._clock())

    def passed(self) -> bool:
        """Whether this ended a row of failures."""
        ended = self.failures > 0
        self.failures, self._knocking = 0, False
        return ended

    def given_up(self) -> None:
        """The attempt was cancelled and tells nothing."""
        self._knocking = False
