"""Signing in with a name and a password.

Each failure is one line in the log, category Account, level Notice, whose form is fixed for fail2ban:

    badlogin: [203.0.113.9] plaintext alice@example.test authentication failure

that is the client's address, the mechanism, and the name as typed with everything but printable
ASCII other than blanks, quotes, brackets and backslashes replaced by `?`, at most 128 characters, `-` if
empty. `deploy/` has the filter. A success is one line of level Information:

    login: [203.0.113.9] alice plaintext
"""

from __future__ import annotations

import asyncio
import logging

from webmail.auth.brake import Brake
from webmail.directory import Directory, User
from webmail.errors import AuthFailed
from webmail.log import NOTICE

MAX_LOGGED_NAME = 128
_KEPT_OUT = frozenset("\"'`[]\\")


async def sign_in(
    directory: Directory,
    brake: Brake,
    log: logging.Logger,
    login: str,
    password: str,
    address: str,
    *,
    pause: float = 0.0,
) -> User:
    """The user whose name and password these are; waits first if `brake` says so.

    `pause`: seconds that every sign-in takes longer (service.plaintextloginpause).
    Raises AuthFailed; Busy if too many are waiting; Unavailable if nobody can tell.
    """
    account = log.getChild("Account")
    with brake.trying(address):
        await brake.pause(login, address)
        await asyncio.sleep(pause)
        try:
            user = await directory.verify(login, password)
        except AuthFailed:
            brake.failed(login, address)
            account.log(
                NOTICE, "badlogin: [%s] plaintext %s authentication failure", address, printable(login)
            )
            raise
    brake.passed(login, address)
    account.info("login: [%s] %s plaintext", address, printable(user.uid))
    return user


def printable(name: str) -> str:
    """A typed name as one word that cannot pretend to be another part of a log line."""
    kept = "".join(c if "!" <= c <= "~" and c not in _KEPT_OUT else "?" for c in name[:MAX_LOGGED_NAME])
    return kept or "-"
