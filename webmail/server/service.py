"""A line protocol as data: what its processes need to know of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webmail import tls
from webmail.config import Config
from webmail.config.imap import Imap
from webmail.config.kinds import ConnLimits
from webmail.config.pop import Pop
from webmail.server.stream import Stream

if TYPE_CHECKING:
    from webmail.server.process import Process

Session = Callable[[Stream], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a configuration says about connections. `context` is None where TLS is not offered."""

    threads: int
    sessions: int
    addresses: ConnLimits
    context: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class Service:
    """`terms` are made anew at each refresh and may raise OSError or ValueError.

    `opened` lends what a process works with and yields the session: a coroutine function that holds one
    conversation. It returns to close, lets every StreamError through or answers it (at Ending: a goodbye),
    and is cancelled when the service cannot wait any longer. `busy` is said to one connection too many.
    """

    terms: Callable[[Config], Terms]
    opened: Callable[[Process], AbstractAsyncContextManager[Session]]
    busy: bytes


def terms_of(section: Imap | Pop, context: ssl.SSLContext | None) -> Terms:
    return Terms(section.maxthreads, section.maxsessions, section.connlimits, context)


def context_of(section: Imap | Pop) -> ssl.SSLContext | None:
    """The context of a service whose clients show no certificates. Raises OSError."""
    if not section.sslusessl or not section.sslcertfile:
        return None
    return tls.server_context(
        Path(section.sslcertfile), Path(section.sslkeyfile) if section.sslkeyfile else None
    )
