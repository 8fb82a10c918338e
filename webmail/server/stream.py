"""One connection as octets: lines and literals in, writes with back-pressure out, TLS from any point on.

Not asyncio's StreamReader: thousands of mail programs idle at a time, so a connection that waits keeps
no buffer. One task reads and writes it. Whatever waits here can be cancelled without losing octets.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any, Self, cast

from webmail.server.errors import Ending, Gone, LineTooLong, Silent, Stalled
from webmail.server.incoming import Incoming

BLOCK = 64 * 1024  # octets read at once, into one buffer that all connections of a loop share
READ_HIGH = 64 * 1024  # received and not asked for: above this the client has to wait
WRITE_HIGH = 64 * 1024  # written and not sent: above this `drain` waits
WRITE_LOW = 16 * 1024  # until so little is left
LINE_SECONDS = 60.0  # from the first octet of a line to its end: nobody types a command
LITERAL_SECONDS = 60.0  # of silence within a literal
MIN_RATE = 500  # octets a second over a literal, after LITERAL_SECONDS of grace; Postfix asks for as much
WRITE_SECONDS = 120.0  # for WRITE_HIGH to sink to WRITE_LOW: 400 octets a second
HANDSHAKE_SECONDS = 30.0  # for TLS, also over a bad line
CLOSE_SECONDS = 5.0  # to take what we said last
UNIX = "local"  # is told as the address of who comes over a Unix socket
LINES_IN_TURN = 16  # then it is the others' turn: a buffer may hold ten thousand short commands


class Stream(asyncio.BufferedProtocol):
    """`scratch` is BLOCK octets that all streams of a loop share; `received` and `sent` count within TLS."""

    # fmt: off
    __slots__ = (
        "_begun", "_choked", "_ended", "_incoming", "_lines", "_loop", "_lost", "_paused", "_reader",
        "_scratch", "_transport", "_woken", "_writer",
        "ending", "local", "peer", "received", "sent", "signed_in", "since", "user",
    )
    # fmt: on

    def __init__(self, scratch: memoryview) -> None:
        self._scratch = scratch
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming()
        self._lines = 0  # that were asked for
        self._begun = 0.0  # loop time at which we began to wait for the rest of a line
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._paused = False  # we do not read
        self._choked = False  # the client does not
        self._ended = False  # no more input
        self._lost = False  # no connection
        self._woken = False
        self._transport: asyncio.Transport
        self.ending = False
        self.peer = ""
        self.local = ""
        self.received = 0
        self.sent = 0
        self.since = time.time()
        self.user = ""
        self.signed_in = 0.0

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.peer = host(transport.get_extra_info("peername"))
        self.local = host(transport.get_extra_info("sockname"))
        self._speak_over(transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  there is one buffer
        return self._scratch

    def buffer_updated(self, nbytes: int) -> None:
        self.received += nbytes
        self._incoming.add(self._scratch[:nbytes])
        if len(self._incoming) >= READ_HIGH:
            self._pause()
        _resolve(self._reader)

    def eof_received(self) -> bool:
        self._ended = True
        _resolve(self._reader)
        return self.tls is None  # who only stopped sending still hears the answers; TLS cannot

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        _resolve(self._writer)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the network's reasons help nobody
        self._ended = self._lost = True
        _resolve(self._reader)
        _resolve(self._writer)

    # Reading.

    async def line(self, limit: int, idle: float | None = None) -> bytes:
        """The next line of at most `limit` octets, without its CRLF or LF.

        With `idle`, a command may begin here: its first octet has so many seconds, and when the service
        stops, Ending is raised. Without, this is the rest of a command: it has LINE_SECONDS.
        Raises Ending, Gone, LineTooLong (what can be read next comes after it), Silent.
        """
        until = None if idle is None else self._loop.time() + idle
        self._lines += 1
        if self._lines % LINES_IN_TURN == 0:
            await asyncio.sleep(0)
        while True:
            if until is not None and self.ending:
                raise Ending
            try:
                line = self._incoming.line(limit)
            except LineTooLong:
                self._begun = 0.0
                raise
            if line is not None:
                self._begun = 0.0
                return line
            if until is None or self._incoming:
                self._acknowledge()
            await self._more(self._patience(until))

    async def input(self, seconds: float) -> bool:
        """Wait for octets or for `wake`, for an idling client: whether there are octets to be read.

        Raises Ending, Gone, Silent (after so many seconds).
        """
        while not self._incoming and not self._woken and not self.ending:
            await self._more(seconds)
        self._woken = False
        if self.ending:
            raise Ending
        return bool(self._incoming)

    def wake(self) -> None:
        """Let `input` return, now or when it is called next; from the loop's own thread."""
        self._woken = True
        _resolve(self._reader)

    def end(self) -> None:
        """Have Ending raised where a command may begin."""
        self.ending = True
        self.wake()

    def blocks(self, size: int) -> Literal:
        """The next `size` octets, as they come: `async for block in stream.blocks(size)`."""
        return Literal(self, size)

    async def octets(self, size: int) -> bytes:
        """The next `size` octets at once. Raises Gone, Silent."""
        return b"".join([block async for block in self.blocks(size)])

    async def discard(self, size: int) -> None:
        """Read past the next `size` octets. Raises Gone, Silent."""
        await self.blocks(size).discard()

    def _patience(self, until: float | None) -> float:
        """Seconds to wait for the rest of a line, or for its first octet if there is none yet."""
        now = self._loop.time()
        if until is not None and not self._incoming:
            return until - now
        self._begun = self._begun or now
        return self._begun + LINE_SECONDS - now

    async def _more(self, seconds: float) -> None:
        """Wait until something happens. Nothing is taken here, so this can be cancelled."""
        if self._ended:
            raise Gone
        self._resume()
        self._reader = self._loop.create_future()
        timer = self._loop.call_later(max(seconds, 0.0), _fail, self._reader, Silent)
        try:
            await self._reader
        finally:
            timer.cancel()
            self._reader = None

    def _acknowledge(self) -> None:
        """Let a client go on that waits for our ACK with the rest of a command, as imaplib's does (Nagle).

        The kernel forgets TCP_QUICKACK, and would let it wait for 40 ms.
        """
        connection = self._transport.get_extra_info("socket")
        if self.local != UNIX and connection is not None and not self._lost:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    # Writing.

    def write(self, data: bytes) -> None:
        """Send; nothing happens if the connection is lost, which `drain` and the reading verbs tell."""
        if not self._lost:
            self.sent += len(data)
            self._transport.write(data)

    def writelines(self, pieces: list[bytes]) -> None:
        """Send several pieces as one, in as few packets as they need."""
        self.write(b"".join(pieces))

    async def drain(self, seconds: float = WRITE_SECONDS) -> None:
        """Wait while too much is written and not sent. Raises Gone, Stalled (the connection is cut then)."""
        while self._choked and not self._lost:
            await self._room(seconds)
        if self._lost:
            raise Gone

    async def _room(self, seconds: float) -> None:
        self._writer = self._loop.create_future()
        timer = self._loop.call_later(seconds, _fail, self._writer, Stalled)
        try:
            await self._writer
        except Stalled:
            self.abort()
            raise
        finally:
            timer.cancel()
            self._writer = None

    async def close(self) -> None:
        """Close when the client has what was written; what it does not take in CLOSE_SECONDS is given up."""
        until = self._loop.time() + CLOSE_SECONDS
        self._transport.close()
        try:
            while not self._lost:
                await self._room(max(until - self._loop.time(), 0.0))
        except Stalled:
            return
        finally:
            self.abort()

    def abort(self) -> None:
        """Cut the connection now; what was not sent is lost."""
        if not self._lost:
            self._transport.abort()

    # TLS.

    async def start_tls(self, context: ssl.SSLContext, answer: bytes = b"") -> None:
        """Speak TLS from here on. `answer` is the last thing said in plain.

        What came in plain before the answer is dropped: it may be anybody's (CVE-2011-0411). The answer
        is sent from here because a quick client's handshake must not be dropped with it.
        Raises Gone; the connection is cut then.
        """
        self._pause()
        self._incoming.clear()
        self._begun = 0.0
        self.write(answer)
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=CLOSE_SECONDS,
            )
        except BaseException as error:  # also when cancelled: between plain and TLS nothing can be said
            self.abort()
            if isinstance(error, OSError):
                raise Gone(f"TLS: {error}") from error
            raise
        if transport is None:
            raise Gone
        self._paused = False
        self._speak_over(transport)

    def _speak_over(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(WRITE_HIGH, WRITE_LOW)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """What TLS knows about this connection; None in plain."""
        return cast("ssl.SSLObject | None", self._transport.get_extra_info("ssl_object"))

    @property
    def cipher_bits(self) -> int:
        """Secret bits of the cipher; 0 in plain."""
        cipher = self.tls.cipher() if self.tls else None
        return cipher[2] if cipher else 0

    @property
    def peer_certificate(self) -> dict[str, Any] | None:
        """The client's certificate as `ssl` tells it, None unless there is one that was verified."""
        return (self.tls.getpeercert() if self.tls else None) or None

    # For the log.

    def known_as(self, user: str) -> None:
        """Whose connection it is from now on; "" for nobody's again."""
        self.user = user
        self.signed_in = time.time() if user else 0.0


class Literal:
    """So many octets of a stream, in blocks of at most BLOCK; `left` are those that are still to come.

    Whoever stops before the end has to `discard` the rest, or the octets will be read as commands.
    Raises Gone; Silent if it comes too slowly (only the time in which we wait for the client counts).
    """

    __slots__ = ("_size", "_stream", "_waited", "left")

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._size = self.left = size
        self._waited = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        while not self._stream._incoming:  # noqa: SLF001  both halves of one thing
            await self._wait()
        block = self._stream._incoming.take(min(self.left, BLOCK))  # noqa: SLF001
        self.left -= len(block)
        return block

    async def discard(self) -> None:
        async for _ in self:
            pass

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        allowed = LITERAL_SECONDS + (self._size - self.left) / MIN_RATE - self._waited
        await self._stream._more(min(allowed, LITERAL_SECONDS))  # noqa: SLF001
        self._waited += loop.time() - begun


def host(address: object) -> str:
    """The IP address of a socket's name as people write it; UNIX for a Unix socket."""
    if not isinstance(address, tuple):
        return UNIX
    return str(address[0]).removeprefix("::ffff:").partition("%")[0]


def _resolve(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _fail(waiter: asyncio.Future[None], error: type[Exception]) -> None:
    if not waiter.done():
        waiter.set_exception(error())
