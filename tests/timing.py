"""How long something takes on a machine that may have others to serve."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 5  # one of them meets no collection of garbage and no other program


def quickest(work: Callable[[], object]) -> float:
    """Seconds of the processor that it takes at best."""
    times = []
    for _ in range(TRIES):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)
