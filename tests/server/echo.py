"""A line protocol as small as one can be, served by the skeleton; `python -m tests.server.echo FILE PORT`.

ECHO text · SIZE (of the next so many octets) · WHO name · CONFIG (what the last refresh brought) · TLS ·
SPEW (until nobody reads) · SLOW (says so, and takes a second) · FAIL · QUIT
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from webmail import log as logs
from webmail.config import load
from webmail.listen import Listener
from webmail.server import serving
from webmail.server.errors import Ending, LineTooLong, TooMany
from webmail.server.limits import Probation, foreign
from webmail.server.process import Process
from webmail.server.service import Converse, Service
from webmail.server.stream import Stream
from webmail.server.terms import terms_of

LIMIT = 1000


@dataclass(slots=True)
class Echo:
    """One conversation."""

    process: Process
    stream: Stream
    stack: contextlib.ExitStack
    probation: Probation = field(default_factory=Probation)

    async def converse(self) -> None:
        self.stream.write(b"HELLO\r\n")
        try:
            line = await self.stream.line(LIMIT, idle=self.probation.idle())
            while not foreign(line) and await self.answered(line):
                await self.stream.drain()
                line = await self.next_line()
        except Ending:
            self.stream.write(b"BYE\r\n")

    async def next_line(self) -> bytes:
        try:
            return await self.stream.line(LIMIT, idle=1800)
        except LineTooLong:
            return b"ECHO too long"

    async def answered(self, line: bytes) -> bool:
        word, _, rest = line.partition(b" ")
        if word == b"QUIT":
            return False
        command = COMMANDS.get(word)
        if command is None:
            self.stream.write(b"what?\r\n")
            return not self.probation.offend()
        await command(self, rest)
        return True


async def echo(it: Echo, rest: bytes) -> None:
    it.stream.write(rest + b"\r\n")


async def size(it: Echo, rest: bytes) -> None:
    sizes = [len(block) async for block in it.stream.blocks(int(rest))]
    it.stream.write(b"%d\r\n" % sum(sizes))


async def who(it: Echo, name: bytes) -> None:
    try:
        it.stack.enter_context(it.process.limits.as_user(name.decode(), it.stream.peer))
    except TooMany:
        it.stream.write(b"too many\r\n")
    else:
        it.stream.known_as(name.decode())
        it.stream.write(b"you are " + name + b"\r\n")


async def config(it: Echo, _: bytes) -> None:
    it.stream.write(it.process.config.imap.banner.encode() + b" %d\r\n" % os.getpid())


async def tls(it: Echo, _: bytes) -> None:
    assert it.process.terms.context
    await it.stream.start_tls(it.process.terms.context, b"GO\r\n")


async def spew(it: Echo, _: bytes) -> None:
    while True:
        it.stream.write(b"x" * 10_000)
        await it.stream.drain()


async def slow(it: Echo, _: bytes) -> None:
    it.stream.write(b"slowly\r\n")
    await asyncio.sleep(1)
    it.stream.write(b"done\r\n")


async def fail(_it: Echo, _: bytes) -> None:
    raise ZeroDivisionError("a bug")


COMMANDS = {
    b"ECHO": echo,
    b"SIZE": size,
    b"WHO": who,
    b"CONFIG": config,
    b"TLS": tls,
    b"SPEW": spew,
    b"SLOW": slow,
    b"FAIL": fail,
}


@contextlib.asynccontextmanager
async def opened(process: Process) -> AsyncIterator[Converse]:
    async def session(stream: Stream) -> None:
        with contextlib.ExitStack() as stack:
            await Echo(process, stream, stack).converse()

    yield session


ECHO = Service(lambda config: terms_of(config.imap), opened, b"BUSY\r\n")


def main(file: Path, port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    log = logs.start("echo", "Information")
    serving.run(ECHO, lambda: load(file), log, [Listener(listener, tls=False)], lambda: None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
