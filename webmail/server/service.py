"""A line protocol as data: what its processes need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from webmail.config import Config
from webmail.server.process import Process
from webmail.server.stream import Stream
from webmail.server.terms import Terms

Converse = Callable[[Stream], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Service:
    """`terms` are made anew at each refresh and may raise OSError or ValueError.

    `opened` lends what a process works with and yields a coroutine function that holds one conversation. It
    returns to close, lets every StreamError through or answers it (at Ending: a goodbye), and is cancelled
    when the service cannot wait any longer. `busy` is said to one connection too many.
    """

    terms: Callable[[Config], Terms]
    opened: Callable[[Process], AbstractAsyncContextManager[Converse]]
    busy: bytes
