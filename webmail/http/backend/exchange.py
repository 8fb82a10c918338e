"""One command and what is said to it, and waiting for that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from webmail.errors import Unavailable
from webmail.wire import ProtocolError
from webmail.wire.imap_replies import Fetch, Reply, Tagged, Untagged

MAX_REPLIES = 200_000  # to one command: 5,000 folders with their STATUS are 10,000
MAX_ANSWER = 48 * 1024 * 1024  # octets to one command: a page of monstrous envelopes, or a window of a part
MAX_LOGGED = 300  # characters of one reply in the log

T = TypeVar("T")


class ConnectionLost(Unavailable):
    """The connection ended under a command; nobody knows what became of it."""


class Unreadable(Unavailable):
    """The answer is not IMAP, or more than we read. The same question will bring the same answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to one command."""

    tagged: Tagged
    untagged: tuple[Untagged, ...]

    def all(self, kind: type[T]) -> list[T]:
        return [reply for reply in self.untagged if isinstance(reply, kind)]


@dataclass(slots=True)
class Exchange:
    """A command under way. What it may bring is bounded: ProtocolError."""

    tag: str
    tagged: Tagged | None = None
    untagged: list[Untagged] = field(default_factory=list)
    prompted: bool = False  # a continuation came that was not yet answered
    octets: int = 0

    def add(self, reply: Untagged) -> None:
        if len(self.untagged) >= MAX_REPLIES:
            raise ProtocolError(f"more than {MAX_REPLIES} replies to one command")
        self.untagged.append(reply)

    def count(self, octets: int) -> None:
        self.octets += octets
        if self.octets > MAX_ANSWER:
            raise ProtocolError(f"more than {MAX_ANSWER} octets to one command")

    def answer(self) -> Answer:
        if self.tagged is None:
            raise RuntimeError("not answered yet")
        return Answer(self.tagged, tuple(self.untagged))


class Attention:
    """Waits for what the other side says next; one at a time waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.failure: Unavailable | None = None  # the first one stays
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; raise as soon as it never will."""
        while not condition():
            self.check()
            self._waiter = self._loop.create_future()
            await self._waiter

    def wake(self) -> None:
        """Something has changed."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, error: Unavailable) -> None:
        """Nothing will come any more."""
        self.failure = self.failure or error
        self.wake()

    def check(self) -> None:
        """Raise if it has failed."""
        if self.failure is not None:
            raise type(self.failure)(detail=self.failure.detail)


async def flowing(blocks: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The blocks, with a turn for everybody else between any two."""
    if isinstance(blocks, AsyncIterable):
        async for block in blocks:
            yield block
    else:
        for block in blocks:
            yield block
            await asyncio.sleep(0)


def shown(reply: Reply) -> str:
    """A reply for the log; what mail says is nobody's business there."""
    if not isinstance(reply, Fetch):
        return repr(reply)[:MAX_LOGGED]
    sections = [f"{name}={len(octets or b'')}" for name, octets in reply.sections.items()]
    return f"Fetch(seq={reply.seq}, uid={reply.uid}, flags={reply.flags}, {' '.join(sections)})"[:MAX_LOGGED]
