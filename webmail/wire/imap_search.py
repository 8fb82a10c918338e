r"""Search keys of IMAP by construction (RFC 9051, 6.4.4): And(From("ann"), Not(Flagged("\\Seen")))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from webmail.wire.imap_sets import SequenceSet
from webmail.wire.imap_values import (
    Argument,
    AString,
    Atom,
    Line,
    List,
    Number,
    Quoted,
    SetArgument,
    checked_field,
    checked_flag,
)

MAX_KEYS = 1000  # of one And or Or: more is no question of a person

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SYSTEM_FLAGS = frozenset({"answered", "deleted", "draft", "flagged", "seen"})


class Key:
    """One search key, which knows the arguments that say it."""

    __slots__ = ()

    def arguments(self) -> tuple[Argument, ...]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Criteria:
    """Keys as one argument of SEARCH, with the charset if one of them needs it."""

    keys: tuple[Key, ...]

    def write(self, line: Line) -> None:
        arguments = And(*self.keys).unwrapped()
        if not line.utf8 and not all(map(_is_ascii, arguments)):
            line.text(b"CHARSET UTF-8 ")  # forbidden once UTF8=ACCEPT is enabled (RFC 6855, 3)
        line.words(arguments)


@dataclass(frozen=True, slots=True)
class All(Key):
    def arguments(self) -> tuple[Argument, ...]:
        return (Atom("ALL"),)


@dataclass(frozen=True, slots=True, init=False)
class And(Key):
    """Every one of the keys; of none: every message."""

    keys: tuple[Key, ...]

    def __init__(self, *keys: Key) -> None:
        object.__setattr__(self, "keys", _bounded(keys))

    def unwrapped(self) -> tuple[Argument, ...]:
        return tuple(argument for key in self.keys or (All(),) for argument in key.arguments())

    def arguments(self) -> tuple[Argument, ...]:
        return self.unwrapped() if len(self.keys) < 2 else (List(self.unwrapped()),)


@dataclass(frozen=True, slots=True, init=False)
class Or(Key):
    """At least one of the keys; of none: no message."""

    keys: tuple[Key, ...]

    def __init__(self, *keys: Key) -> None:
        object.__setattr__(self, "keys", _bounded(keys))

    def arguments(self) -> tuple[Argument, ...]:
        if not self.keys:
            return Not(All()).arguments()
        if len(self.keys) == 1:
            return self.keys[0].arguments()
        middle = len(self.keys) // 2  # a balanced tree: servers limit how deep OR may nest
        left, right = Or(*self.keys[:middle]), Or(*self.keys[middle:])
        return Atom("OR"), *left.arguments(), *right.arguments()


@dataclass(frozen=True, slots=True)
class Not(Key):
    key: Key

    def arguments(self) -> tuple[Argument, ...]:
        return Atom("NOT"), *self.key.arguments()


@dataclass(frozen=True, slots=True)
class TextKey(Key):
    text: str
    word: ClassVar[str]

    def arguments(self) -> tuple[Argument, ...]:
        return Atom(self.word), AString(self.text)


class From(TextKey):
    __slots__ = ()
    word = "FROM"


class To(TextKey):
    __slots__ = ()
    word = "TO"


class Cc(TextKey):
    __slots__ = ()
    word = "CC"


class Bcc(TextKey):
    __slots__ = ()
    word = "BCC"


class Subject(TextKey):
    __slots__ = ()
    word = "SUBJECT"


class Body(TextKey):
    __slots__ = ()
    word = "BODY"


class Text(TextKey):
    """In the header or the body."""

    __slots__ = ()
    word = "TEXT"


@dataclass(frozen=True, slots=True)
class Header(Key):
    """A header field that holds the text; the empty text asks whether there is such a field."""

    field: str
    text: str

    def arguments(self) -> tuple[Argument, ...]:
        return Atom("HEADER"), AString(checked_field(self.field)), AString(self.text)


@dataclass(frozen=True, slots=True)
class DayKey(Key):
    day: date
    word: ClassVar[str]

    def arguments(self) -> tuple[Argument, ...]:
        day = f"{self.day.day}-{_MONTHS[self.day.month - 1]}-{self.day.year:04}"
        return Atom(self.word), Atom(day)


class Since(DayKey):
    """Received on that day or later; servers disregard time and zone."""

    __slots__ = ()
    word = "SINCE"


class Before(DayKey):
    __slots__ = ()
    word = "BEFORE"


class On(DayKey):
    __slots__ = ()
    word = "ON"


class SentSince(DayKey):
    """By the Date field instead of the day of arrival."""

    __slots__ = ()
    word = "SENTSINCE"


class SentBefore(DayKey):
    __slots__ = ()
    word = "SENTBEFORE"


class SentOn(DayKey):
    __slots__ = ()
    word = "SENTON"


@dataclass(frozen=True, slots=True)
class Larger(Key):
    octets: int

    def arguments(self) -> tuple[Argument, ...]:
        return Atom("LARGER"), Number(self.octets)


@dataclass(frozen=True, slots=True)
class Smaller(Key):
    octets: int

    def arguments(self) -> tuple[Argument, ...]:
        return Atom("SMALLER"), Number(self.octets)


@dataclass(frozen=True, slots=True)
class Flagged(Key):
    r"""Messages with that flag or keyword: Flagged("\\Seen"), Flagged("$Forwarded")."""

    flag: str

    def arguments(self) -> tuple[Argument, ...]:
        flag = checked_flag(self.flag)
        if not flag.startswith("\\"):
            return Atom("KEYWORD"), Atom(flag)
        if flag[1:].lower() not in _SYSTEM_FLAGS:
            raise ValueError("not a flag that can be searched for")
        return (Atom(flag[1:].upper()),)


@dataclass(frozen=True, slots=True)
class Recent(Key):
    """RFC 3501, 6.4.4: first told to this session. OLD is Not(Recent()), NEW is recent and not seen."""

    def arguments(self) -> tuple[Argument, ...]:
        return (Atom("RECENT"),)


@dataclass(frozen=True, slots=True)
class Seq(Key):
    """By sequence numbers."""

    numbers: SequenceSet

    def arguments(self) -> tuple[Argument, ...]:
        return (SetArgument(self.numbers),)


@dataclass(frozen=True, slots=True)
class Uid(Key):
    uids: SequenceSet

    def arguments(self) -> tuple[Argument, ...]:
        return Atom("UID"), SetArgument(self.uids)


@dataclass(frozen=True, slots=True)
class Modseq(Key):
    """Changed at or after that mod-sequence (RFC 7162, 3.1.5)."""

    value: int
    entry: str = ""  # "/flags/\\Draft": only changes of that flag, where a server can tell
    kind: str = "all"  # of the entry: priv, shared, all

    def arguments(self) -> tuple[Argument, ...]:
        entry = (Quoted(self.entry), Atom(self.kind)) if self.entry else ()
        return Atom("MODSEQ"), *entry, Number(self.value)


def _bounded(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    if len(keys) > MAX_KEYS:
        raise ValueError("too many search keys")
    return keys


def _is_ascii(argument: Argument) -> bool:
    match argument:
        case List(items=items):
            return all(map(_is_ascii, items))
        case AString(value=str() as text):
            return text.isascii()
        case _:
            return True
