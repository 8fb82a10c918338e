"""Waiting for a client and for hints at once."""

from __future__ import annotations

import time

from webmail.server.errors import Silent
from webmail.server.stream import Stream

POLL_SECONDS = 60.0  # between two looks while no hint comes: what a lost one costs


async def client_speaks(stream: Stream, until: float) -> bool:
    """Wait until the client says something, or until it is time to look: which of the two.

    Raises Silent once the monotonic clock is at `until`; Ending, Gone.
    """
    try:
        return await stream.input(min(POLL_SECONDS, until - time.monotonic()))
    except Silent:
        if time.monotonic() >= until:
            raise
        return False
