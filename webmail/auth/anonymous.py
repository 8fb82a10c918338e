"""Coming in as nobody (SASL ANONYMOUS, RFC 4505): where a service allows it, and with nobody's rights."""

from __future__ import annotations

import logging

from webmail.auth.password import printable
from webmail.directory import User
from webmail.errors import AuthFailed

# No directory has anybody of this name (directory/names.py). What it may do is what lists of rights
# give to `anonymous` and `anyone` (RFC 4314, 3).
ANONYMOUS = User(uid="anonymous", login="", host="", address="")


def sign_in(log: logging.Logger, trace: str, address: str, *, allowed: bool) -> User:
    """The anonymous user, if service.<name>.allowanonymouslogin says so. Raises AuthFailed.

    `trace`: what the client says of itself, for the log only.
    """
    if not allowed:
        raise AuthFailed
    log.getChild("Account").info("login: [%s] anonymous %s", address, printable(trace))
    return ANONYMOUS
