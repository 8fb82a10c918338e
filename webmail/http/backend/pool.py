"""Connections to the backends, lent one lease at a time: `async with pool.lease(who) as box`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from webmail.config import Config
from webmail.directory import User
from webmail.errors import AuthFailed, MailError
from webmail.http.backend import parts
from webmail.http.backend.account import Account
from webmail.http.backend.cache import Cache
from webmail.http.backend.host import Host
from webmail.http.backend.lease import Lease
from webmail.http.backend.login import Identity
from webmail.http.backend.mailbox import Box
from webmail.http.backend.route import Route, route
from webmail.wire.imap_replies import Part

__all__ = ["Identity", "Pool"]

IDLE = 60.0  # seconds a connection waits for its person to come back
SWEEP = 5.0  # seconds between two looks for idle connections


class Pool:
    """All connections of one process. Made, used and closed in one event loop."""

    def __init__(self, config: Config, log: logging.Logger) -> None:
        self._config = config
        self._log = log
        self._cache = Cache()
        self._hosts: dict[str, Host] = {}
        self._accounts: dict[tuple[str, str], Account] = {}

    @asynccontextmanager
    async def lease(self, who: Identity) -> AsyncIterator[Box]:
        """The person's mailboxes for the time of the block; a connection is taken when first needed.

        Whatever the block raises that is no answer of the backend closes the connection.
        """
        async with self._lend(who) as lease:
            yield Box(lease)

    @asynccontextmanager
    async def _lend(self, who: Identity) -> AsyncIterator[Lease]:
        way = self._route(who.user.host)
        lease = Lease(self._account(way, who), way, who)
        try:
            yield lease
        except MailError:
            lease.end()
            raise
        except BaseException:
            lease.end(broken=True)
            raise
        else:
            lease.end()

    def can_enter(self, who: Identity) -> bool:
        """Whether a lease can be had as far as we know: where each signs in alone it takes the password."""
        return who.password is not None or self._config.proxy.at(who.user.host).login != "user"

    async def try_login(self, host: str, login: str, password: str) -> bool:
        """Whether this is the password of that login at that backend. Raises Unavailable, Busy."""
        way = self._route(host, as_user=True)
        who = Identity(User(uid=login, login=login, host=host, address=""), password)
        try:
            session = await self._host(way).open(way, who)
        except AuthFailed:
            return False
        self._host(way).close(session)
        return True

    def forget(self, user_uid: str) -> None:
        """Close this person's idle connections and drop what is kept of the mailboxes."""
        for key, account in [item for item in self._accounts.items() if item[1].uid == user_uid]:
            account.host.close_idle(login=account.login)
            self._cache.forget(*key)
            del self._accounts[key]

    async def run(self) -> None:
        """Close what has been idle for long, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP)
            for host in self._hosts.values():
                host.close_idle(seconds=IDLE)
            for key in [key for key, account in self._accounts.items() if account.forgettable]:
                del self._accounts[key]
            self._cache.expire()

    async def close(self) -> None:
        """Sign out everywhere; waits a moment for the backends to hang up."""
        for host in self._hosts.values():
            host.closing = True
        closed = [session for host in self._hosts.values() for session in host.close_idle()]
        await asyncio.gather(*(session.connection.ended() for session in closed))

    async def part_blocks(
        self,
        who: Identity,
        folder: str,
        uidvalidity: int,
        uid: int,
        part: Part,
        window: int = parts.WINDOW,
    ) -> AsyncGenerator[bytes, None]:
        """A part, transfer-decoded; each window of it is fetched by a lease of its own.

        So a slow reader holds no connection. Raises NotFound, even midway, if the message is gone.
        """
        place = parts.Place(folder, uidvalidity, uid)

        async def read(how: parts.How, start: int, count: int) -> bytes:
            async with self._lend(who) as lease:
                return await lease.work(folder, parts.octets, place, part.section, how, start, count)

        async with aclosing(parts.decoded(read, part, window)) as blocks:
            async for block in blocks:
                yield block

    async def source_blocks(
        self, who: Identity, folder: str, uidvalidity: int, uid: int, window: int = parts.WINDOW
    ) -> AsyncGenerator[bytes, None]:
        """The whole message as it lies there, like part_blocks."""
        whole = Part(section="", type="message", subtype="rfc822")
        async with aclosing(self.part_blocks(who, folder, uidvalidity, uid, whole, window)) as blocks:
            async for block in blocks:
                yield block

    def _route(self, host: str, *, as_user: bool | None = None) -> Route:
        return route(self._config, host.lower(), self._log, as_user=as_user)

    def _host(self, way: Route) -> Host:
        if way.host not in self._hosts:
            self._hosts[way.host] = Host(way, self._cache, self._log)
        return self._hosts[way.host]

    def _account(self, way: Route, who: Identity) -> Account:
        key = (way.host, who.user.login)
        if key not in self._accounts:
            self._accounts[key] = Account(self._host(way), who.user, way.connections_of_one)
        return self._accounts[key]
