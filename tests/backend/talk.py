"""What the tests of the backend layer have in common: configurations, people, a pool for a block."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.servers.backend import Backend
from webmail.config import Config
from webmail.config.configuration import of
from webmail.directory import User
from webmail.http.backend.mailbox import Box
from webmail.http.backend.pool import Identity, Pool

LOG = logging.getLogger("http")
PREFIX = "local.service.proxy."


def config(dovecot: Backend, **more: object) -> Config:
    """The way to this Dovecot as its administrator; `more` are parameters of the proxy."""
    values = {"imapport": dovecot.imap, "admin": dovecot.admin, "adminpass": dovecot.adminpass, **more}
    return of({PREFIX + name: str(value) for name, value in values.items()})


def at(host: str, port: int, **more: object) -> Config:
    """The way to a server that is no Dovecot."""
    values = {"imapport": port, "admin": "admin", "adminpass": "adminsecret", **more}
    return of({f"{PREFIX}{name}": str(value) for name, value in values.items()})


def person(name: str, host: str = "127.0.0.1", password: str | None = None) -> Identity:
    return Identity(User(uid=name, login=name, host=host, address=f"{name}@example.test"), password)


@asynccontextmanager
async def pool(settings: Config) -> AsyncIterator[Pool]:
    made = Pool(settings, LOG)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def box(dovecot: Backend, name: str, **more: object) -> AsyncIterator[Box]:
    """One lease of one person, over a pool of its own."""
    async with pool(config(dovecot, **more)) as made, made.lease(person(name, dovecot.host)) as lent:
        yield lent


def mail(subject: str = "Hello", body: str = "Hello there.\r\n", **fields: str) -> bytes:
    """A message with these header fields; underscores of their names are hyphens."""
    header = {
        "From": "Ann Friend <ann@elsewhere.test>",
        "To": "Bob <bob@example.test>",
        "Subject": subject,
        "Date": "Mon, 1 Jun 2026 10:00:00 +0200",
        "Message-ID": f"<{abs(hash((subject, body)))}@elsewhere.test>",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items())
    return (lines + "\r\n" + body).encode("utf-8", "surrogateescape")
