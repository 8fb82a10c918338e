"""An IMAP client that costs next to nothing: an answer ends where its tag begins a line, and nothing is parsed."""

from __future__ import annotations

import asyncio
import base64
import itertools
import time
from typing import cast

from tests.servers.backend import Mail

PATIENCE = 120.0  # seconds for one answer; what takes longer is no figure
TAIL = 256  # octets kept to find a mark that comes in two pieces
_tags = itertools.count(1)


class Client(asyncio.Protocol):
    """One connection; `open_client` opens it. `size` is how many octets the last answer had."""

    def __init__(self) -> None:
        self.size = 0
        self._transport: asyncio.Transport
        self._mark = b"\r\n"  # what the answer that is awaited has at its end
        self._tail = b""
        self._done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        tail = self._tail + data
        place = tail.rfind(self._mark)
        if place >= 0 and tail.find(b"\r\n", place + 2) >= 0 and not self._done.done():
            self._done.set_result(tail[place + 2 :])
        self._tail = tail[max(place, 0) if place >= 0 else -TAIL :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  one reason is enough
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server closed the connection"))

    def expect(self, mark: bytes) -> asyncio.Future[bytes]:
        """What comes from this mark on to the end of its line; the mark stands behind a CRLF."""
        self.size, self._mark, self._tail = 0, b"\r\n" + mark, b"\r\n"
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def send(self, octets: bytes) -> None:
        self._transport.write(octets)

    async def ask(self, command: bytes) -> float:
        """Milliseconds from a command to the end of its answer. Raises ConnectionError unless it is OK."""
        tag = b"q%dz" % next(_tags)
        answer = self.expect(tag + b" ")
        start = time.perf_counter()
        self.send(b"%b %b\r\n" % (tag, command))
        line = await asyncio.wait_for(answer, PATIENCE)
        took = time.perf_counter() - start
        if not line.startswith(tag + b" OK"):
            raise ConnectionError(f"{command[:80]!r}: {line!r}")
        return took * 1e3

    async def append(self, mails: list[Mail], folder: bytes = b"INBOX") -> float:
        """Milliseconds to store these with one command."""
        return await self.ask(b"".join([b"APPEND %b" % folder, *map(_appended, mails)]))

    async def idle(self) -> None:
        """Begin to wait; `expect` what comes."""
        waiting = self.expect(b"+ ")
        self.send(b"i IDLE\r\n")
        await asyncio.wait_for(waiting, PATIENCE)

    async def done(self) -> None:
        ended = self.expect(b"i OK")
        self.send(b"DONE\r\n")
        await asyncio.wait_for(ended, PATIENCE)

    def close(self) -> None:
        self._transport.close()


async def open_client(host: str, port: int, source: str = "127.0.0.1") -> Client:
    """A connection, the greeting heard."""
    loop = asyncio.get_running_loop()

    def made() -> Client:
        client = Client()
        client.expect(b"* OK")
        return client

    _, client = await loop.create_connection(made, host, port, local_addr=(source, 0))
    await asyncio.wait_for(client._done, PATIENCE)
    return client


def login(user: str, password: str) -> bytes:
    return f'LOGIN "{user}" "{password}"'.encode()


def login_as(user: str, admin: str, password: str) -> bytes:
    """Sign in as an administrator who acts for this user (RFC 4616)."""
    return b"AUTHENTICATE PLAIN " + base64.b64encode(f"{user}\0{admin}\0{password}".encode())


def _appended(mail: Mail) -> bytes:
    flags = " ".join("\\" + flag.title() for flag in sorted(mail.flags))
    when = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(mail.when))
    return b' (%b) "%b" {%d+}\r\n%b' % (flags.encode(), when.encode(), len(mail.content), mail.content)
