"""What is known about one signed-in browser."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from webmail.directory import User
from webmail.log import Secret

PERSON_DIGITS = 16  # of a key: the same for all sessions of one person
KEY_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; times are seconds since the epoch."""

    key: str  # 64 hex digits naming the session everywhere but in the cookie; the first 16 name the person
    user: User
    address: str  # where the sign-in came from
    zone: str  # IANA time zone of the browser, "" if it did not say
    csrf: str = field(repr=False)
    started: float
    used: float  # when last seen, at most a minute old
    secure: bool  # signed in over TLS
    password: Secret | None = field(default=None, repr=False)  # with local.service.proxy.login = user only


def person_digits(uid: str) -> str:
    """The part of a session's key, and of names in the spool, that stands for a person."""
    return hashlib.sha256(b"person\0" + uid.encode()).hexdigest()[:PERSON_DIGITS]
