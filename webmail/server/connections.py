"""The connections of one process: accepted, each in a task of its own, told to end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterable

from webmail.auth.password import printable
from webmail.listen import Listener
from webmail.log import NOTICE
from webmail.server.errors import Gone, StreamError, TooMany
from webmail.server.process import Process
from webmail.server.service import Converse
from webmail.server.stream import BLOCK, CLOSE_SECONDS, HANDSHAKE_SECONDS, Stream, host

GRACE_SECONDS = 20.0  # for commands under way when the process is told to stop; then they are cancelled
STRANGER_SECONDS = 2.0  # the same for who has not signed in, whose sign-in may have to wait longer
ACCEPT_PAUSE_SECONDS = 0.5  # when the system has no room for another connection
REFUSED_SECONDS = 1.0  # between two lines about refused connections: a flood must not fill the log


class Connections:
    """Every connection is a task of `group`; what goes wrong in one ends that one only."""

    def __init__(self, process: Process, converse: Converse, busy: bytes, group: asyncio.TaskGroup) -> None:
        self._process = process
        self._converse = converse
        self._busy = busy
        self._group = group
        self._log = process.log
        self._network = process.log.getChild("Network")
        self._account = process.log.getChild("Account")
        self._scratch = memoryview(bytearray(BLOCK))
        self._open: dict[asyncio.Task[None], Stream] = {}
        self._refused = 0
        self._tell_refused_at = 0.0

    async def accept(self, listener: Listener) -> None:
        """Take connections until cancelled; then the port is closed, as far as it is ours."""
        loop = asyncio.get_running_loop()
        with listener.socket:
            while True:
                try:
                    accepted, address = await loop.sock_accept(listener.socket)
                except OSError as error:
                    self._log.error("cannot accept connections: %s", error)
                    await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
                    continue
                self._begin(accepted, host(address), tls=listener.tls)
                await asyncio.sleep(0)  # a storm of connections lets those that are open go on

    def _begin(self, accepted: socket.socket, address: str, *, tls: bool) -> None:
        stream = Stream(self._scratch)
        task = self._group.create_task(self._attend(stream, accepted, address, tls=tls))
        self._open[task] = stream
        task.add_done_callback(self._open.pop)

    async def end(self) -> None:
        """Tell every session to end; cancel what has not after GRACE_SECONDS, strangers sooner."""
        for stream in self._open.values():
            stream.end()
        await self._ended_within(min(STRANGER_SECONDS, GRACE_SECONDS))
        self._cancel([task for task, stream in self._open.items() if not stream.user])
        await self._ended_within(GRACE_SECONDS - STRANGER_SECONDS)
        self._cancel(self._open)

    async def _ended_within(self, seconds: float) -> None:
        if self._open:
            await asyncio.wait(tuple(self._open), timeout=max(seconds, 0.0))

    def _cancel(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()

    async def _attend(self, stream: Stream, accepted: socket.socket, address: str, *, tls: bool) -> None:
        with accepted:
            try:
                with self._process.limits.entered(address):
                    await self._connect(stream, accepted, tls=tls)
                    await self._hold(stream)
            except TooMany as error:
                self._refuse(accepted, address, error, tls=tls)
            except StreamError as error:
                self._network.info("[%s] %s", address, error)
            except Exception:  # noqa: BLE001  a bug met by one client is no reason to drop the others
                self._log.exception("[%s] the conversation failed", address)

    async def _connect(self, stream: Stream, accepted: socket.socket, *, tls: bool) -> None:
        """Make it the stream's connection, encrypted if it is to be. Raises Gone."""
        context = self._process.terms.context if tls else None
        if tls and context is None:
            raise Gone("TLS: there is no certificate")
        seconds = (HANDSHAKE_SECONDS, CLOSE_SECONDS) if tls else (None, None)
        accepted.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: stream,
                accepted,
                ssl=context,
                ssl_handshake_timeout=seconds[0],
                ssl_shutdown_timeout=seconds[1],
            )
        except OSError as error:
            raise Gone(f"TLS: {error}") from error
        self._network.info("connect [%s]%s", stream.peer, " (TLS)" if tls else "")

    async def _hold(self, stream: Stream) -> None:
        try:
            await self._converse(stream)
        finally:
            await self._close(stream)

    async def _close(self, stream: Stream) -> None:
        try:
            await stream.close()
        finally:
            self._account.log(NOTICE, "%s", closing_line(stream))

    def _refuse(self, accepted: socket.socket, address: str, error: TooMany, *, tls: bool) -> None:
        """Say so in plain; where TLS is spoken only close: a handshake costs more than a refusal may."""
        accepted.setblocking(False)
        with contextlib.suppress(OSError):
            accepted.send(b"" if tls else self._busy)
        self._refused += 1
        now = time.monotonic()
        if now >= self._tell_refused_at:
            told = "refused [%s]: %s (%d since this was last told)"
            self._network.log(NOTICE, told, address, error, self._refused)
            self._refused, self._tell_refused_at = 0, now + REFUSED_SECONDS


def closing_line(stream: Stream) -> str:
    """The end of a session as the original logs it: who, since when, how long, octets in and out."""
    user = printable(stream.user) if stream.user else "unauthenticated"
    since = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(stream.signed_in or stream.since))
    minutes, seconds = divmod(int(time.time() - stream.since), 60)
    lasted = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return f"close [{stream.peer}] [{user}] {since} {lasted} {stream.received} {stream.sent}"
