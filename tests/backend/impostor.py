"""A tiny IMAP server that stalls, cuts, babbles and lies as a test tells it to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

HANG = b"\0hang"  # an answer that never comes
DRIP = b"\0drip"  # something now and then, never the answer
CUT = b"\0cut"  # at an answer's end: the connection is closed there
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")

Answer = bytes | Callable[[str], bytes]
SELECT = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 10] ok\r\n%tag OK [READ-WRITE] selected\r\n"
ROW = (
    b'* 1 FETCH (UID 5 FLAGS () INTERNALDATE " 1-Jun-2026 08:00:00 +0000" RFC822.SIZE 100 '
    b'ENVELOPE (NIL "hi" NIL NIL NIL NIL NIL NIL NIL "<1@x>") '
    b'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 4 1 NIL NIL NIL NIL))\r\n%tag OK done\r\n'
)
USUAL: Mapping[str, Answer] = {
    "NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n%tag OK done\r\n',
    "LIST": b'* LIST () "/" INBOX\r\n%tag OK done\r\n',
    "SELECT": SELECT,
    "FETCH": ROW,
    "UID FETCH": ROW,
}


class Impostor:
    """`async with Impostor(…) as server`: listens at 127.0.0.1, `server.port`.

    `answers` by command name, over USUAL; %tag in them is the tag. What is not told is answered OK.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        capabilities: str = "IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE",
        greeting: bytes = b"* OK ready\r\n",
    ) -> None:
        self.answers: dict[str, Answer] = {**USUAL, **(answers or {})}
        self.capabilities, self.greeting = capabilities, greeting
        self.commands: list[str] = []  # all that came, without tags
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._handlers: list[asyncio.Task[None]] = []

    @property
    def names(self) -> list[str]:
        return [name_of(command) for command in self.commands]

    def cut(self) -> None:
        """Close all connections now."""
        for writer in self._open:
            writer.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()
        await asyncio.gather(*self._handlers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.append(task)
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going = await _say(reader, writer, self.greeting)
        while going and (line := await self._command(reader, writer)):
            tag, _, command = line.partition(" ")
            self.commands.append(command)
            going = await _say(reader, writer, self._answer(command).replace(b"%tag", tag.encode()))

    async def _command(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        line = await reader.readline()
        while found := LITERAL.search(line):
            if not found[2]:
                writer.write(b"+ go\r\n")
            line = line[: found.start()] + await reader.readexactly(int(found[1])) + await reader.readline()
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def _answer(self, command: str) -> bytes:
        name = name_of(command)
        if name == "CAPABILITY" and name not in self.answers:
            return f"* CAPABILITY {self.capabilities}\r\n%tag OK done\r\n".encode()
        answer = self.answers.get(name, b"%tag OK done\r\n")
        return answer if isinstance(answer, bytes) else answer(command)


def name_of(command: str) -> str:
    words = command.upper().split()
    return " ".join(words[:2]) if words[:1] == ["UID"] else (words or [""])[0]


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> bool:
    """Whether to go on after this."""
    writer.write(answer.removesuffix(CUT).removesuffix(HANG).removesuffix(DRIP))
    await writer.drain()
    while answer == DRIP and not writer.is_closing():
        writer.write(b"* OK still here\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)
    if answer.endswith(HANG):
        await reader.read()  # until the other side gives up
    return not answer.endswith((CUT, HANG))
