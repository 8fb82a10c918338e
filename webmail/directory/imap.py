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
        try:
            name = canonical(login, self._rules)
        except BadName:
            raise AuthFailed from None
        if not 0 < len(password) <= MAX_PASSWORD or "\0" in password:
            raise AuthFailed
        backend_login = name.full(self._rules.defaultdomain)
        if not await self._attempt(self._host, backend_login, password):
            raise AuthFailed
        address = name.full(self._rules.defaultdomain or self._maildomain)
        return User(uid=name.uid, login=backend_login, host=self._host, address=address)

    async def close(self) -> None:
        """Nothing is kept open here."""
