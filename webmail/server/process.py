"""What one process of a line protocol works with: its configuration, anew at each refresh."""

from __future__ import annotations

import logging
from collections.abc import Callable

from webmail.config import Config
from webmail.errors import MailError
from webmail.server.limits import Limits, bearable
from webmail.server.terms import Terms

M_ARENA_MAX = -8  # of mallopt(3)
ARENAS = 2  # by itself glibc makes eight for each processor, and each keeps what its threads once used


class Process:
    """`config` and `terms` are those of the last refresh: never keep them."""

    def __init__(
        self, load: Callable[[], Config], terms: Callable[[Config], Terms], log: logging.Logger
    ) -> None:
        self._load = load
        self._terms_of = terms
        self.log = log
        self.config = load()
        self.terms = terms(self.config)
        self.limits = Limits(self._sessions(self.terms), self.terms.addresses)

    def renew(self) -> None:
        """Take the configuration and the certificates as they are now, unless they are not fit."""
        try:
            config = self._load()
            terms = self._terms_of(config)
        except (MailError, OSError, ValueError) as error:
            self.log.error("refresh: going on as before: %s", error)  # noqa: TRY400  no bug, so no trace
            return
        self.config, self.terms = config, terms
        self.limits.sessions, self.limits.addresses = self._sessions(terms), terms.addresses
        self.log.info("refresh: the new configuration holds")

    def _sessions(self, terms: Terms) -> int:
        sessions = bearable(terms.sessions)
        if sessions < terms.sessions:
            told = "%d connections at a time instead of %d: the system allows too few open files"
            self.log.warning(told, sessions, terms.sessions)
        return sessions
