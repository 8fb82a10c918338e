"""How many may be connected, from where and as whom, and what they may do before they have signed in."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import resource
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from webmail.config.kinds import ConnLimits
from webmail.server.errors import TooMany

SHARE = 0.6  # of all open files that may be connections; databases, messages under way need the others
PER_USER = 20  # connections of one user from one address: a mail program opens five, a family shares one
LOGIN_SECONDS = 60.0  # between two commands of somebody who has not signed in
PROBATION_SECONDS = 180.0  # to sign in, however busy: mail programs take two, with a brake some thirty
MAX_BAD_COMMANDS = 3  # before signing in; mail programs make no mistakes there
_FOREIGN = re.compile(rb"\x16\x03|SSH-|(?:[A-Z]{3,10} [^ ]{1,8000} |PRI \* )HTTP/[0-9]")


def bearable(sessions: int) -> int:
    """As many connections as leave room for the files of who has signed in, whatever strangers do."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(sessions, int(files * SHARE)))


class Limits:
    """Counts the connections of one process; what is allowed may be changed at any time."""

    def __init__(self, sessions: int, addresses: ConnLimits = (), per_user: int = PER_USER) -> None:
        self.sessions = sessions
        self.addresses = addresses
        self.per_user = per_user
        self.open = 0
        self._by_address: Counter[Hashable] = Counter()
        self._by_user: Counter[Hashable] = Counter()

    @contextlib.contextmanager
    def entered(self, address: str) -> Iterator[None]:
        """Count a connection from this address. Raises TooMany."""
        if self.open >= self.sessions:
            raise TooMany("too many connections to this service")
        most = self._most(address)
        if most is not None and self._by_address[address] >= most:
            raise TooMany("too many connections from this address")
        self.open += 1
        try:
            with _counted(self._by_address, address):
                yield
        finally:
            self.open -= 1

    @contextlib.contextmanager
    def as_user(self, user: str, address: str) -> Iterator[None]:
        """Count it as this user's, too. Raises TooMany."""
        if self._by_user[user, address] >= self.per_user:
            raise TooMany("too many connections of this user from this address")
        with _counted(self._by_user, (user, address)):
            yield

    def _most(self, address: str) -> int | None:
        if not self.addresses:
            return None
        ip = ipaddress.ip_address(address)
        return next((most for network, most in self.addresses if ip in network), None)


@dataclass(slots=True)
class Probation:
    """Somebody who has not signed in."""

    until: float = field(default_factory=lambda: time.monotonic() + PROBATION_SECONDS)
    bad: int = 0

    def idle(self) -> float:
        """Seconds for the next command."""
        return min(LOGIN_SECONDS, self.until - time.monotonic())

    def offend(self) -> bool:
        """Count a bad command: whether that is enough of them."""
        self.bad += 1
        return self.bad >= MAX_BAD_COMMANDS


def foreign(line: bytes) -> bool:
    """Whether a first line speaks TLS, SSH or HTTP: a mistake, or a browser led to the wrong port."""
    return _FOREIGN.match(line) is not None


@contextlib.contextmanager
def _counted(counter: Counter[Hashable], key: Hashable) -> Iterator[None]:
    """One more for as long as the block lasts; a key that counts nothing is forgotten."""
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
