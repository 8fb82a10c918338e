"""One backend: its connections, those in use and those waiting for their person to come back."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webmail import tls
from webmail.errors import Busy, MailError, Unavailable
from webmail.http.backend.cache import Cache
from webmail.http.backend.connection import Connection
from webmail.http.backend.login import Identity, sign_in
from webmail.http.backend.rest import Rest
from webmail.http.backend.route import UNAVAILABLE, Route
from webmail.http.backend.session import Session

HANDSHAKES = 16  # connections being opened at a time; servers limit how many are in before they sign in
WAIT = 5.0  # seconds somebody waits for a free connection before being told to come back


class Host:
    """Opens at most `route.connections`, and keeps idle ones for whoever has signed in on them."""

    def __init__(self, route: Route, cache: Cache, log: logging.Logger) -> None:
        self.name = route.host
        self.closing = False  # from then on nothing is kept idle
        self._cache = cache
        self._log = log
        self._network = log.getChild("Network")
        self._protocol = log.getChild("Protocol")
        self._free = asyncio.Semaphore(route.connections)
        self._handshakes = asyncio.Semaphore(HANDSHAKES)
        self._waiting = 0
        self._clock = asyncio.get_running_loop().time
        self._rest = Rest(self._clock)
        self._context: ssl.SSLContext | None = None
        self._idle: list[Session] = []  # longest idle first; a few hundred at most

    # Lending

    def take(self, login: str, folder: str) -> Session | None:
        """An idle session of this person, if there is one: with the folder selected rather than without."""
        self._bury()
        mine = [session for session in self._idle if session.login == login]
        if not mine:
            return None
        chosen = next((it for it in mine if it.selected and it.selected.name == folder), mine[0])
        self._idle.remove(chosen)
        return chosen

    def keep(self, session: Session) -> None:
        """Idle from now on; closed instead if it is broken, or others wait for its place."""
        if session.connection.usable and not self._waiting and not self.closing:
            session.idle_since = self._clock()
            self._idle.append(session)
        else:
            self.close(session)

    async def open(self, route: Route, who: Identity) -> Session:
        """A connection on which this person is signed in.

        Raises Busy if there are too many, AuthFailed if the own password is refused, Unavailable otherwise.
        """
        if self._free.locked() and self._idle:
            self._close_idle(self._idle[:1])
        await self._place()
        try:
            connection = await self._signed_in(route, who)
        except BaseException:
            self._free.release()
            raise
        return Session(connection, route, who.user.login, self._cache, self._log)

    def close(self, session: Session) -> None:
        """What was opened is closed here, once: politely if it is in order."""
        session.connection.depart()
        self._free.release()

    def discard(self, session: Session) -> None:
        """Close at once whatever is under way."""
        session.connection.discard()
        self._free.release()

    def close_idle(self, *, seconds: float = 0.0, login: str | None = None) -> list[Session]:
        """Close sessions that have been idle this long, of one person or of all; returns them."""
        self._bury()
        latest = self._clock() - seconds
        old = [it for it in self._idle if it.idle_since <= latest and login in {None, it.login}]
        self._close_idle(old)
        return old

    def _close_idle(self, sessions: list[Session]) -> None:
        for session in sessions:
            self._idle.remove(session)
            self.close(session)

    def _bury(self) -> None:
        self._close_idle([session for session in self._idle if not session.connection.usable])

    # Opening

    async def _place(self) -> None:
        self._waiting += 1
        try:
            await _within(self._free, f"no connection to {self.name} became free")
        finally:
            self._waiting -= 1

    async def _signed_in(self, route: Route, who: Identity) -> Connection:
        connection = Connection(
            route.host,
            route.port,
            self._tls(route),
            timeout=route.timeout,
            ignored=route.ignored,
            log=self._protocol,
        )
        await _within(self._handshakes, f"{self.name} answers too slowly")
        try:
            async with self._attempt(route, connection):
                await connection.connect()
                await sign_in(connection, route, who, self._log)
        finally:
            self._handshakes.release()
        return connection

    @asynccontextmanager
    async def _attempt(self, route: Route, connection: Connection) -> AsyncIterator[None]:
        began = self._rest.begin()
        try:
            yield
        except BaseException as error:
            self._failed(route, connection, began, error)
            connection.discard()
            raise
        if self._rest.passed():
            self._network.info("%s:%d answers again", route.host, route.port)

    def _failed(self, route: Route, connection: Connection, began: float, error: BaseException) -> None:
        if not isinstance(error, MailError):
            self._rest.given_up()
        elif connection.usable:  # it answers, but lets nobody in
            self._rest.passed()
        else:
            rest = self._rest.failed(began)
            self._network.warning(
                "%s:%d: %s; next attempt in %.1f s", route.host, route.port, error.detail, rest
            )

    def _tls(self, route: Route) -> ssl.SSLContext | None:
        if not route.tls:
            return None
        if self._context is None:
            try:
                self._context = tls.client_context(route.authorities)
            except OSError as error:
                self._network.error("local.service.proxy.imapcafile %s: %s", route.authorities, error)
                raise Unavailable(UNAVAILABLE, detail=str(error)) from error
        return self._context


async def _within(semaphore: asyncio.Semaphore, why_not: str) -> None:
    """Acquire it, or raise Busy after WAIT seconds."""
    try:
        async with asyncio.timeout(WAIT):
            await semaphore.acquire()
    except TimeoutError:
        raise Busy(detail=f"{why_not} in {WAIT:g} s") from None
