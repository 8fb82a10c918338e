"""Search keys that extensions of IMAP added: ages, dates of saving, object identifiers, the saved result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from webmail.wire.imap_search import DayKey, Key
from webmail.wire.imap_values import Argument, Atom, Number


@dataclass(frozen=True, slots=True)
class AgeKey(Key):
    seconds: int
    word: ClassVar[str]

    def arguments(self) -> tuple[Argument, ...]:
        return Atom(self.word), Number(self.seconds)


# RFC 5032, 3
class Younger(AgeKey):
    """Received within so many seconds."""

    __slots__ = ()
    word = "YOUNGER"


# RFC 5032, 3
class Older(AgeKey):
    __slots__ = ()
    word = "OLDER"


# RFC 8514, 4.3
class SavedBefore(DayKey):
    __slots__ = ()
    word = "SAVEDBEFORE"


class SavedOn(DayKey):
    __slots__ = ()
    word = "SAVEDON"


class SavedSince(DayKey):
    __slots__ = ()
    word = "SAVEDSINCE"


@dataclass(frozen=True, slots=True)
class SaveDateSupported(Key):
    """Every message of a mailbox that keeps save dates."""

    def arguments(self) -> tuple[Argument, ...]:
        return (Atom("SAVEDATESUPPORTED"),)


# RFC 8474, 6
@dataclass(frozen=True, slots=True)
class IdKey(Key):
    id: str
    word: ClassVar[str]

    def arguments(self) -> tuple[Argument, ...]:
        return Atom(self.word), Atom(self.id)


class EmailId(IdKey):
    __slots__ = ()
    word = "EMAILID"


class ThreadId(IdKey):
    __slots__ = ()
    word = "THREADID"


# RFC 5182, 2.1
@dataclass(frozen=True, slots=True)
class Result(Key):
    """`$`: what the last SEARCH with SAVE found."""

    def arguments(self) -> tuple[Argument, ...]:
        return (Atom("$"),)
