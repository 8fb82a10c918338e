"""A person's connection, borrowed for one request: taken when first needed, replaced once if it was dead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from webmail.errors import Busy
from webmail.http.backend.account import Account
from webmail.http.backend.exchange import ConnectionLost, Unreadable
from webmail.http.backend.host import WAIT
from webmail.http.backend.login import Identity
from webmail.http.backend.route import Route
from webmail.http.backend.session import Session

P = ParamSpec("P")
T = TypeVar("T")


class Lease:
    """One at a time works with it; it ends once."""

    def __init__(self, account: Account, route: Route, who: Identity) -> None:
        self.account = account
        self._route = route
        self._who = who
        self._session: Session | None = None
        self._reused = False
        account.leases += 1

    async def work(
        self,
        folder: str,
        verb: Callable[Concatenate[Session, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do this with the person's connection, one that has the folder selected rather than another.

        If it was idle and turns out to be dead, nothing was done with it: once, a new one takes its place.
        """
        session = self._session or await self._taken(folder)
        try:
            return await verb(session, *args, **kwargs)
        except ConnectionLost:
            if not self._reused or session.proven:
                raise
        session = await self._replaced()
        return await verb(session, *args, **kwargs)

    async def look(
        self,
        folder: str,
        verb: Callable[Concatenate[Session, bool, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Work that changes nothing; where the answer can’t be read, once more, sparingly."""
        try:
            return await self.work(folder, verb, False, *args, **kwargs)
        except Unreadable as error:
            if self._session is None:
                raise
            self._session.log.getChild("Network").warning(
                "%s: asked sparingly: %s", self.account.login, error
            )
        return await verb(await self._replaced(), True, *args, **kwargs)

    def end(self, *, broken: bool = False) -> None:
        """Give the connection back; close it if nobody knows what state it is in."""
        self.account.leases -= 1
        session, self._session = self._session, None
        if session is None:
            return
        if broken:
            self.account.host.discard(session)
        else:
            self.account.host.keep(session)
        self.account.seats.release()

    async def _taken(self, folder: str) -> Session:
        await self._seat()
        try:
            found = self.account.host.take(self.account.login, folder)
            self._reused = found is not None
            self._session = found.lent() if found else await self._opened()
        except BaseException:
            self.account.seats.release()
            raise
        return self._session

    async def _seat(self) -> None:
        try:
            async with asyncio.timeout(WAIT):
                await self.account.seats.acquire()
        except TimeoutError:
            raise Busy(detail=f"{self.account.login} has all connections in use") from None

    async def _replaced(self) -> Session:
        dead, self._session = self._session, None
        try:
            if dead is not None:
                self.account.host.discard(dead)
            self._reused = False
            self._session = await self._opened()
        except BaseException:
            self.account.seats.release()
            raise
        return self._session

    async def _opened(self) -> Session:
        return await self.account.host.open(self._route, self._who)
