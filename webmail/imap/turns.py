"""Work on all messages of a mailbox, done where others have their turn meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from webmail.disk import in_thread

MANY = 5000  # messages for each of which something is done in the loop: some ten milliseconds

P = ParamSpec("P")
T = TypeVar("T")


async def apart(messages: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """At once for few messages, for many in a thread. What it changes has to be its session's alone."""
    if messages <= MANY:
        return function(*args, **kwargs)
    return await in_thread(function, *args, **kwargs)
