"""No directory at all: whoever the default backend lets in is a user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from webmail.directory import User
from webmail.directory.names import BadName, Rules, canonical
from webmail.errors import AuthFailed, Unavailable
from webmail.i18n import N_

# (host, login, password) → whether the backend let them in; raises Unavailable if it cannot tell.
Attempt = Callable[[str, str, str], Awaitable[bool]]
MAX_PASSWORD = 1024  # characters: no stranger sends megabytes on to the backend


class ImapDirectory:
    """Tries the password at the backend under the canonical name with its domain, the default included."""

    def __init__(self, attempt: Attempt, rules: Rules, *, host: str, maildomain: str = "") -> None:
        self._attempt = attempt
        self._rules = rules
        self._host = host
        self._maildomain = maildomain

    async def verify(self, login: str, password: str) -> User:
        """The person whom the backend knows by this login and password. Raises AuthFailed, Unavailable."""
        if not self._host:
            raise Unavailable(
                N_("Mail server unavailable. Administrator, check server log for details."),
                detail="local.service.proxy.defaulthost is not set",
            )
        user = await self.find(login)
        if user is None or not 0 < len(password) <= MAX_PASSWORD or "\0" in password:
            raise AuthFailed
        if not await self._attempt(self._host, user.login, password):
            raise AuthFailed
        return user

    async def find(self, login: str) -> User | None:
        """Whom this login would name: the backend tells nobody who exists, so this is somebody always."""
        try:
            name = canonical(login, self._rules)
        except BadName:
            return None
        return User(
            uid=name.uid,
            login=name.full(self._rules.defaultdomain),
            host=self._host,
            address=name.full(self._rules.defaultdomain or self._maildomain),
        )

    async def close(self) -> None:
        """Nothing is kept open here."""
