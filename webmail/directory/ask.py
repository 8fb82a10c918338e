"""Trying a password at a backend, for a service that has no connections of its own there."""

from __future__ import annotations

import asyncio
from binascii import b2a_base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from webmail import tls
from webmail.config.proxy import Proxy
from webmail.errors import Busy, Unavailable
from webmail.wire import ProtocolError, sasl
from webmail.wire.buffer import Limits, ReplyReader
from webmail.wire.imap_commands import Command, authenticate, capability, encode, login
from webmail.wire.imap_replies import Capability, Condition, Continuation, Reply, Tagged

MAX_ATTEMPTS = 20  # at once: each is a connection, and a backend notices who opens many
MAX_REPLIES = 100  # to one command; a server says two or three before it lets somebody in
MAX_BLOCK = 4096  # octets read at a time
MAX_LOGGED = 200  # characters of what a server says
LIMITS = Limits(line=1 << 16, literal=0)  # nothing that is said before signing in is longer
_TAG = "a"
# RFC 5530, 3: refusals that say nothing about the name or the password
_PASSING = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "PRIVACYREQUIRED"}


class Backends:
    """The servers of local.service.proxy.*; `attempt` is what a directory that asks them needs."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._trying = 0

    async def attempt(self, host: str, user: str, password: str) -> bool:
        """Whether the backend lets this user in with this password. Raises Unavailable, Busy."""
        if self._trying >= MAX_ATTEMPTS:
            raise Busy(detail=f"{self._trying} passwords are being tried at {host}")
        self._trying += 1
        try:
            async with asyncio.timeout(self._proxy.at(host).timeout), self._connected(host) as dialogue:
                return await _let_in(dialogue, user, password)
        except (OSError, ProtocolError, EOFError) as error:  # TimeoutError is an OSError
            raise Unavailable(detail=f"{host}: {str(error) or type(error).__name__}") from error
        finally:
            self._trying -= 1

    @asynccontextmanager
    async def _connected(self, host: str) -> AsyncIterator[_Dialogue]:
        way = self._proxy.at(host)
        authorities = Path(way.imapcafile) if way.imapcafile else None
        context = tls.client_context(authorities) if way.imapssl else None
        reader, writer = await asyncio.open_connection(host, way.imapport, ssl=context)
        try:
            yield _Dialogue(reader, writer)
        finally:
            writer.transport.abort()  # the password is tried: there is nothing to part with


async def _let_in(dialogue: _Dialogue, user: str, password: str) -> bool:
    await dialogue.greeted()
    await dialogue.run(capability())
    if "AUTH=PLAIN" in dialogue.offered:
        tagged = await dialogue.run(authenticate("PLAIN"), sasl.plain("", user, password))
    elif "LOGINDISABLED" in dialogue.offered:
        raise Unavailable(detail="takes no passwords on this connection (LOGINDISABLED): use imapssl")
    else:
        tagged = await dialogue.run(login(user, password))
    code = tagged.code.name if tagged.code else ""
    if tagged.status == "BAD" or code in _PASSING:
        raise Unavailable(detail=f"{tagged.status} [{code}] {tagged.text}"[:MAX_LOGGED])
    return tagged.status == "OK"


class _Dialogue:
    """One command at a time, and what is said to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.offered: frozenset[str] = frozenset()
        self._reader = reader
        self._writer = writer
        self._parser = ReplyReader(LIMITS)
        self._replies = self._parser.feed(b"")

    async def greeted(self) -> None:
        """RFC 9051, 7.1: anything but OK is no invitation to sign in."""
        greeting = await self._reply()
        if not isinstance(greeting, Condition) or greeting.status != "OK":
            raise Unavailable(detail=f"greeted with {greeting}"[:MAX_LOGGED])

    async def run(self, command: Command, response: bytes | None = None) -> Tagged:
        """Send a command; `response` answers the challenge of AUTHENTICATE. Raises ProtocolError."""
        pieces = [piece for piece in encode(_TAG, command) if isinstance(piece, bytes)]
        if response is not None:
            pieces.append(b2a_base64(response, newline=False) + b"\r\n")
        for piece in pieces:  # the server asks for each but the first
            self._writer.write(piece)
            answer = await self._answer()
            if isinstance(answer, Tagged):
                return answer
        raise ProtocolError("asks for more than there is")

    async def _answer(self) -> Tagged | Continuation:
        for _ in range(MAX_REPLIES):
            said = await self._reply()
            if isinstance(said, Capability):
                self.offered = said.names
            elif isinstance(said, Continuation) or (isinstance(said, Tagged) and said.tag == _TAG):
                return said
        raise ProtocolError("talks without end")

    async def _reply(self) -> Reply:
        while (found := next(self._replies, None)) is None:
            data = await self._reader.read(MAX_BLOCK)
            if not data:
                raise EOFError("closed the connection")
            self._replies = self._parser.feed(data)
        return found
