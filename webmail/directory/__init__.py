"""Who exists, and on which host their mailbox is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class User:
    """A person with a mailbox; `uid` is the canonical name, unique in this service."""

    uid: str
    login: str  # the name at the backend: SASL's authorization id
    host: str  # mailHost: the backend that holds the mailbox
    address: str  # where mail to this person goes, and From of what they write
    name: str = ""  # as people call them; empty if the directory has none


class Directory(Protocol):
    """Two implementations: `local` and `imap`; `ldap` joins them."""

    async def verify(self, login: str, password: str) -> User:
        """The person behind this login if the password is theirs.

        Raises AuthFailed if the name or the password is wrong, in the same time for both;
        Unavailable if nobody can tell.
        """

    async def find(self, login: str) -> User | None:
        """The person whom this login names, without a password: for those who were let in otherwise.

        None if there is nobody, as far as can be told: `imap` takes every well-formed name for somebody.
        """

    async def close(self) -> None: ...
