"""Both ends of a connection: a stream of ours and a client that knows nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop

from webmail.server.stream import BLOCK, Stream

LIMIT = 30  # seconds for one conversation

T = TypeVar("T")


def run(conversation: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Hold it on the loop that the product runs on."""

    async def limited() -> T:
        async with asyncio.timeout(LIMIT):
            return await conversation()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(limited())


async def until(condition: Callable[[], object]) -> None:
    """Wait for what nobody tells; `run` says for how long at most."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


@dataclass(slots=True)
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def says(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def hears(self) -> bytes:
        return await self.reader.readline()

    async def hears_all(self) -> bytes:
        """All until the other side closes or cuts."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            while piece := await self.reader.read(65536):
                heard += piece
        return heard

    async def starts_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context, server_hostname="localhost")

    def closes(self) -> None:
        self.writer.close()


async def client(port: int, context: ssl.SSLContext | None = None) -> Client:
    name = "localhost" if context else None
    return Client(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name))


@contextlib.asynccontextmanager
async def both(context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Stream, Client]]:
    """A connection whose one end is a Stream, in plain."""
    loop = asyncio.get_running_loop()
    stream = Stream(memoryview(bytearray(BLOCK)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = await client(listener.getsockname()[1])
        accepted, _ = listener.accept()
        accepted.setblocking(False)
        await loop.connect_accepted_socket(lambda: stream, accepted)
    try:
        yield stream, other
    finally:
        other.closes()
        stream.abort()
        await asyncio.sleep(0)
