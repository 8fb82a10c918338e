"""How big a message may be: the smaller of our own limit and what the MTA says it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

PROBE_SECONDS = 2.0  # a page does not wait longer for a limit that sending will tell anyway
KNOWN_SECONDS = 600.0  # an MTA's limit changes when its administrator changes it
UNKNOWN_SECONDS = 30.0  # an MTA that was down may be up again


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one message, in octets."""

    message: int  # the finished message: headers, base64, line breaks
    whose: Literal["ours", "mta"]  # who sets `message`
    upload: int  # one file, as uploaded


class Ceiling:
    """The limits of this process; the MTA's SIZE (RFC 1870) is asked for now and then."""

    def __init__(
        self,
        *,
        message: int,
        upload: int,
        probe: Callable[[], Awaitable[int | None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`probe` tells the MTA's SIZE; None if it has none or nobody answers."""
        self._message = message
        self._upload = upload
        self._probe = probe
        self._clock = clock
        self._size: int | None = None
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def limits(self) -> Limits:
        """Today's limits; an MTA that does not answer sets none."""
        async with self._asking:  # one question at a time; the others take its answer
            if self._clock() >= self._until:
                await self._ask()
        if self._size is not None and self._size < self._message:
            return Limits(self._size, "mta", self._upload)
        return Limits(self._message, "ours", self._upload)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                self._size = await self._probe()
        except TimeoutError:
            self._size = None
        self._until = self._clock() + (UNKNOWN_SECONDS if self._size is None else KNOWN_SECONDS)
