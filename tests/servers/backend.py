"""What tests want of a backend, whichever it is: Dovecot, or our own IMAP service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

SPARES = 400  # a line each in a file; more than there are tests


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox; `quota` is a number of megabytes as `1M`, "" for plenty."""

    name: str
    password: str = "secret"
    quota: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message for `fill`: RFC 5322 bytes with CR LF, flags as `seen`, seconds since 1970."""

    content: bytes
    flags: frozenset[str] = frozenset()
    when: float = 0.0


class Backend(Protocol):
    """Where people's mailboxes are. `admin` may act for everybody by SASL PLAIN with an authorization id."""

    @property
    def host(self) -> str:
        """A loopback address of this instance."""

    @property
    def imap(self) -> int: ...
    @property
    def imaps(self) -> int: ...
    @property
    def lmtp(self) -> int: ...
    @property
    def sasl(self) -> int:
        """The port where Postfix asks for passwords, in the protocol of Dovecot's auth service."""

    @property
    def admin(self) -> str: ...
    @property
    def adminpass(self) -> str: ...
    @property
    def people(self) -> Sequence[Person]:
        """All, the spares too."""

    @property
    def spares(self) -> Sequence[Person]: ...
    def spare(self) -> Person:
        """A person whom nobody was given before, with nothing in the mailbox."""

    def fill(self, name: str, mails: Iterable[Mail], folder: str) -> int:
        """Put messages there as `mailbox.fill` says; how many."""

    def create(self, name: str, folders: Iterable[str]) -> None:
        """Make many folders, named in ASCII, at once."""
