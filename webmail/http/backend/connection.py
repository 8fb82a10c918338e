"""One IMAP connection: aioimaplib's tags, states and command table, our own way of talking.

Replaced, because the originals recurse per line, are quadratic, damage data or wait for ever: receiving,
executing, authenticating, sending, and what happens when the connection ends.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import aclosing

from aioimaplib import aioimaplib as stock

from webmail.errors import Unavailable
from webmail.http.backend import tcp
from webmail.http.backend.exchange import (
    MAX_LOGGED,
    Answer,
    Attention,
    ConnectionLost,
    Exchange,
    Unreadable,
    flowing,
    shown,
)
from webmail.http.backend.heard import Heard
from webmail.wire import ProtocolError
from webmail.wire.buffer import ReplyReader
from webmail.wire.imap_commands import Command, capability, encode
from webmail.wire.imap_replies import (
    Condition,
    Continuation,
    Reply,
    Tagged,
    Untagged,
)
from webmail.wire.imap_values import LiteralStream, LiteralStyle, Synchronising

MAX_WAITING = 256 * 1024  # octets of APPEND that wait in memory for a slow backend
PARTING = 1.0  # seconds for the other side to close after LOGOUT

COMMANDS = {
    **stock.Commands,
    "PROXYAUTH": stock.Cmd("PROXYAUTH", (stock.AUTH,), stock.Exec.is_sync),
    "UNSELECT": stock.Cmd("UNSELECT", (stock.SELECTED,), stock.Exec.is_sync),
}


class Dialogue(stock.IMAP4ClientProtocol):  # type: ignore[misc]  # the library has no types
    """The protocol: one command at a time; whatever goes wrong fails it at once and closes the connection."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, patience: float, heard: Heard, log: logging.Logger
    ) -> None:
        super().__init__(loop)
        self.ended = asyncio.Event()
        self.answered = 0  # commands that got their tagged reply
        self._patience = patience  # seconds for one command
        self._heard = heard
        self._log = log
        self._reader = ReplyReader()
        self._greeting: Condition | None = None
        self._exchange: Exchange | None = None
        self._attention = Attention(loop)
        self._paused = False

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(MAX_WAITING)
        tcp.send_at_once(self.transport)
        tcp.acknowledge_at_once(self.transport)

    def data_received(self, data: bytes) -> None:
        try:
            if self._exchange is not None:
                self._exchange.count(len(data))
            for reply in self._reader.feed(data):
                self._take(reply)
        except ProtocolError as error:
            self.fail(Unreadable(detail=f"no IMAP: {error}"))
        else:
            tcp.acknowledge_at_once(self.transport)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._attention.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(ConnectionLost(detail=f"connection lost: {exc or 'closed by the server'}"))
        self.state = stock.LOGOUT
        self.ended.set()

    # What the gateway calls

    @property
    def usable(self) -> bool:
        """Fit for the next command: open, and no command under way."""
        ending = self.transport is not None and self.transport.is_closing()
        return self._attention.failure is None and self._exchange is None and not ending

    async def greeting(self) -> Condition:
        """RFC 9051, 7.1.4 and 7.1.5."""
        await self._attention.until(lambda: self._greeting is not None)
        assert self._greeting is not None  # noqa: S101  for the type checker
        return self._greeting

    async def execute(self, command: Command, responses: Iterator[bytes] | None = None) -> Answer:
        """Send a command and gather what is said to it, within the connection's patience.

        `responses` answer the challenges of AUTHENTICATE; one too many is refused with `*`. A literal that is
        streamed may take as long as it flows. Raises Unavailable and closes if the server is silent or talks
        nonsense, ConnectionLost if it hangs up, ValueError if a streamed literal has not its size.
        """
        exchange = self._begin(command)
        try:
            async with asyncio.timeout(self._patience) as limit:
                await self._speak(exchange, command, limit)
                await self._hear(exchange, responses or iter(()))
        except TimeoutError:
            error = Unavailable(detail=f"silent for {self._patience:g} s after {command.name}")
            self.fail(error)
            raise error from None
        except BaseException:
            self.fail(ConnectionLost(detail=f"{command.name} was given up"))
            raise
        self._exchange = None
        answer = exchange.answer()
        self._follow(command, answer.tagged.status == "OK")
        return answer

    def send(self, line: bytes, scrub: str = "") -> None:
        """One piece of a command; `scrub` is how the log shows it."""
        if scrub and self._log.isEnabledFor(logging.DEBUG):
            self._log.debug("> %s", scrub[:MAX_LOGGED])
        self._write(line)
        tcp.acknowledge_at_once(self.transport)

    def fail(self, error: Unavailable) -> None:
        """The connection is of no use any more; the command under way fails now."""
        if self.transport is not None:
            self.transport.abort()
        self._attention.fail(error)

    def depart(self) -> None:
        """LOGOUT (RFC 9051, 6.1.3) without waiting for its answer."""
        if not self.usable:
            self.fail(ConnectionLost(detail="closed"))
            return
        self.send(f"{self.new_tag()} LOGOUT\r\n".encode(), "LOGOUT")
        self._attention.fail(ConnectionLost(detail="signed out"))
        self.transport.close()

    # One command

    def _begin(self, command: Command) -> Exchange:
        if self._exchange is not None:
            raise RuntimeError(f"{command.name} while another command is under way")
        self._attention.check()
        if self.state not in COMMANDS[command.name.split()[0]].valid_states:
            raise RuntimeError(f"{command.name} in state {self.state}")
        self._exchange = Exchange(self.new_tag())
        return self._exchange

    async def _speak(self, exchange: Exchange, command: Command, limit: asyncio.Timeout) -> None:
        public = f"{exchange.tag} {command.public}"
        for piece in encode(exchange.tag, command, literal=self._literals(command)):
            if isinstance(piece, LiteralStream):
                await self._pour(piece, limit)
                continue
            self.send(piece, public)
            public = ""
            if isinstance(piece, Synchronising) and not await self._prompted(exchange):
                return

    def _literals(self, command: Command) -> LiteralStyle:
        if command.name == "APPEND":
            return "sync"  # a refusal comes before the message, not after it
        if self._heard.offers("LITERAL+"):
            return "plus"
        return "minus" if self._heard.offers("LITERAL-") else "sync"

    async def _prompted(self, exchange: Exchange) -> bool:
        """Whether the server asks for more; False once it has answered."""
        await self._attention.until(lambda: exchange.prompted or exchange.tagged is not None)
        exchange.prompted = False
        return exchange.tagged is None

    async def _hear(self, exchange: Exchange, responses: Iterator[bytes]) -> None:
        while await self._prompted(exchange):
            response = next(responses, None)
            self.send(b"*\r\n" if response is None else b64encode(response) + b"\r\n", "****")

    async def _pour(self, stream: LiteralStream, limit: asyncio.Timeout) -> None:
        left = stream.size
        async with aclosing(flowing(stream.blocks)) as blocks:
            async for block in blocks:
                left -= len(block)
                if left < 0:
                    raise ValueError(f"more than the announced {stream.size} octets")
                self._write(block)
                await self._attention.until(lambda: not self._paused)
                limit.reschedule(self.loop.time() + self._patience)
        if left:
            raise ValueError(f"{left} octets less than the announced {stream.size}")

    def _write(self, octets: bytes) -> None:
        if self.transport.is_closing():  # and connection_lost is about to be called
            self.fail(ConnectionLost(detail="connection lost"))
        self._attention.check()
        self.transport.write(octets)

    def _follow(self, command: Command, done: bool) -> None:
        """Be in the state in which the server is (RFC 9051, 3)."""
        match command.name:
            case "LOGIN" | "AUTHENTICATE" if done:
                self.state = stock.AUTH
            case "SELECT" | "EXAMINE":
                self.state = stock.SELECTED if done else stock.AUTH
            case "CLOSE" | "UNSELECT" if done:
                self.state = stock.AUTH

    # What arrives

    def _take(self, reply: Reply) -> None:
        if self._log.isEnabledFor(logging.DEBUG):
            self._log.debug("< %s", shown(reply))
        if self._greeting is None:
            self._welcome(reply)
        elif isinstance(reply, Tagged):
            self._tagged(reply)
        elif isinstance(reply, Continuation):
            self._continuation(reply)
        else:
            self._untagged(reply)

    def _welcome(self, reply: Reply) -> None:
        if not isinstance(reply, Condition) or reply.status not in {"OK", "PREAUTH", "BYE"}:
            raise ProtocolError("no greeting")
        self._greeting = reply
        self._heard.note(reply)
        self.state = stock.NONAUTH
        self._attention.wake()

    def _tagged(self, reply: Tagged) -> None:
        if self._exchange is None or reply.tag != self._exchange.tag or self._exchange.tagged is not None:
            raise ProtocolError("a tagged reply to no command")
        self._heard.note(reply)
        self._exchange.tagged = reply
        self.answered += 1
        self._attention.wake()

    def _continuation(self, _: Continuation) -> None:
        if self._exchange is None or self._exchange.tagged is not None:
            raise ProtocolError("a continuation that nobody waits for")
        self._exchange.prompted = True
        self._attention.wake()

    def _untagged(self, reply: Untagged) -> None:
        self._heard.note(reply)
        if isinstance(reply, Condition) and reply.status == "BYE":
            self.fail(ConnectionLost(detail=f"the server said goodbye: {reply.text[:MAX_LOGGED]}"))
        if self._exchange is not None:
            self._exchange.add(reply)


class Connection(stock.IMAP4):  # type: ignore[misc]  # the library has no types
    """A connection to one backend, before anybody signs in. Nothing happens in the constructor."""

    protocol: Dialogue
    heard: Heard

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        *,
        timeout: float,
        ignored: frozenset[str],
        log: logging.Logger,
    ) -> None:
        self._log, self._tls, self.heard = log, tls, Heard(ignored)
        super().__init__(host, port, asyncio.get_running_loop(), timeout, None, tls)

    def create_client(self, *_: object) -> None:
        """The library's hook; its own starts a task that nobody awaits."""
        self.protocol = Dialogue(asyncio.get_running_loop(), self.timeout, self.heard, self._log)

    async def connect(self) -> None:
        """Open, with TLS where wanted, and be greeted.

        Raises Unavailable for whatever prevents it, within the time limit.
        """
        try:
            await self._connect()
        except TimeoutError:
            raise Unavailable(detail=f"no answer for {self.timeout:g} s") from None
        except (OSError, UnicodeError) as error:  # TLS and name service included; a host's name may be none
            raise Unavailable(detail=str(error) or "closed by the server before it said anything") from error

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self.timeout):
                await self._open()
                await self._be_greeted()
        except BaseException:
            self.protocol.fail(ConnectionLost(detail="never opened"))
            raise

    async def _open(self) -> None:
        await asyncio.get_running_loop().create_connection(
            lambda: self.protocol,
            self.host,
            self.port,
            ssl=self._tls,
            server_hostname=self.host if self._tls else None,
        )

    async def _be_greeted(self) -> None:
        greeting = await self.protocol.greeting()
        if greeting.status == "BYE":
            raise Unavailable(detail=f"refuses: {greeting.text[:MAX_LOGGED]}")
        if greeting.status == "PREAUTH":
            raise Unavailable(detail="PREAUTH: nobody knows whose mailbox that would be")
        if not self.heard.capabilities:
            await self.execute(capability())

    async def execute(self, command: Command, responses: Iterator[bytes] | None = None) -> Answer:
        """Dialogue.execute."""
        return await self.protocol.execute(command, responses)

    @property
    def usable(self) -> bool:
        return self.protocol.usable

    @property
    def answered(self) -> int:
        return self.protocol.answered

    def depart(self) -> None:
        self.protocol.depart()

    def discard(self) -> None:
        self.protocol.fail(ConnectionLost(detail="discarded"))

    async def ended(self) -> None:
        """Wait until the transport is gone; PARTING seconds at most."""
        if self.protocol.transport is None:
            return
        try:
            async with asyncio.timeout(PARTING):
                await self.protocol.ended.wait()
        except TimeoutError:
            self.discard()
