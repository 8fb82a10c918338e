"""Arguments of IMAP commands as values, each of which knows its one safe form on the wire.

    Atom · Number · AString · String · Quoted · Literal · LiteralStream · MailboxName · ListPattern
    SetArgument · FlagList · List · Hidden

Each refuses what it cannot say, so text of a person never becomes syntax. NUL is refused everywhere;
CR and LF travel in literals only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from webmail.wire.imap_line import Argument, Line, LiteralStream, LiteralStyle, Synchronising
from webmail.wire.imap_sets import SequenceSet, UidSet
from webmail.wire.imap_utf7 import decode_utf7, encode_utf7

__all__ = [
    "AString",
    "Argument",
    "Atom",
    "FlagList",
    "Hidden",
    "Line",
    "List",
    "ListPattern",
    "Literal",
    "LiteralStream",
    "LiteralStyle",
    "MailboxName",
    "Number",
    "Quoted",
    "SequenceSet",
    "SetArgument",
    "String",
    "Synchronising",
    "UidSet",
    "checked_field",
    "checked_flag",
    "decode_utf7",
    "encode_utf7",
]

MAX_QUOTED = 1024  # octets; longer strings are literals, for servers that read lines of fixed length
MAX_NUMBER64 = 2**63 - 1  # mod-sequences (RFC 7162, 3.1.1)

_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")  # ATOM-CHAR
_FLAG = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
_FIELD = re.compile(r"[!-9;-~]{1,100}")  # ftext of RFC 5322, 3.6.8
_PLAIN = re.compile(rb"[A-Za-z0-9$&'+,\-./:;=@_]+")  # of ASTRING-CHAR those that no server ever got wrong
_NOT_QUOTED = re.compile(rb"[\r\n\x80-\xff]")
_NOT_QUOTED_UTF8 = re.compile(rb"[\r\n]")
_QUOTED_SPECIAL = re.compile(rb'(["\\])')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Atom:
    """A word of the protocol, such as SEEN. ValueError if it is not an atom."""

    word: str

    def __post_init__(self) -> None:
        if not _ATOM.fullmatch(self.word):
            raise ValueError("not an atom")

    def write(self, line: Line) -> None:
        line.text(self.word.encode("ascii"))


@dataclass(frozen=True, slots=True)
class Number:
    value: int

    def __post_init__(self) -> None:
        if type(self.value) is not int or not 0 <= self.value <= MAX_NUMBER64:
            raise ValueError("not a number of IMAP")

    def write(self, line: Line) -> None:
        line.text(b"%d" % self.value)


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets as `{n}`; as literal8, `~{n}` (RFC 3516, 4.4), also with NUL."""

    octets: bytes
    eight: bool = False

    def __post_init__(self) -> None:
        if not self.eight:
            _without_nul(self.octets)

    def write(self, line: Line) -> None:
        line.announce(len(self.octets), eight=self.eight)
        if not line.public:
            line.text(self.octets)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted string where no literal may stand, such as a date. ValueError unless printable ASCII."""

    string: str

    def __post_init__(self) -> None:
        if not (self.string.isascii() and self.string.isprintable()):
            raise ValueError("not fit for a quoted string")

    def write(self, line: Line) -> None:
        line.text(_quote(self.string.encode("ascii")))


@dataclass(frozen=True, slots=True)
class AString:
    """Any string: an atom, quoted or a literal, whichever its content allows (RFC 9051, astring)."""

    value: str | bytes

    def __post_init__(self) -> None:
        _without_nul(_octets(self.value))

    def write(self, line: Line) -> None:
        octets = _octets(self.value)
        if _PLAIN.fullmatch(octets) and octets.upper() != b"NIL":
            line.text(octets)
        else:
            _string(self.value, line)


@dataclass(frozen=True, slots=True)
class String:
    """Any string, never as an atom (RFC 9051, string)."""

    value: str | bytes

    def __post_init__(self) -> None:
        _without_nul(_octets(self.value))

    def write(self, line: Line) -> None:
        _string(self.value, line)


@dataclass(frozen=True, slots=True)
class MailboxName:
    """A mailbox's name (RFC 9051, 5.1): modified UTF-7, or UTF-8 once UTF8=ACCEPT is enabled.

    ValueError for an empty name, a control character or a lone surrogate.
    """

    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a mailbox has a name")
        _mailbox_text(self.name)

    def write(self, line: Line) -> None:
        AString(self.name if line.utf8 else encode_utf7(self.name)).write(line)


@dataclass(frozen=True, slots=True)
class ListPattern:
    """A reference or pattern of LIST, where `*` and `%` are wildcards (RFC 9051, 6.3.9)."""

    pattern: str

    def __post_init__(self) -> None:
        _mailbox_text(self.pattern)

    def write(self, line: Line) -> None:
        _string(self.pattern if line.utf8 else encode_utf7(self.pattern), line)


@dataclass(frozen=True, slots=True)
class SetArgument:
    """A set of messages; an empty one cannot be said in IMAP: ValueError."""

    numbers: SequenceSet

    def __post_init__(self) -> None:
        if not self.numbers:
            raise ValueError("an empty set of messages")

    def write(self, line: Line) -> None:
        line.text(str(self.numbers).encode("ascii"))


@dataclass(frozen=True, slots=True)
class FlagList:
    r"""Flags and keywords in parentheses: `(\Seen $Forwarded)`. ValueError for what is neither."""

    flags: tuple[str, ...]

    def __init__(self, flags: Iterable[str]) -> None:
        object.__setattr__(self, "flags", tuple(checked_flag(flag) for flag in flags))

    def write(self, line: Line) -> None:
        line.text(b"(" + " ".join(self.flags).encode("ascii") + b")")


@dataclass(frozen=True, slots=True)
class List:
    """Values in parentheses."""

    items: tuple[Argument, ...]

    def __init__(self, items: Iterable[Argument]) -> None:
        object.__setattr__(self, "items", tuple(items))

    def write(self, line: Line) -> None:
        line.text(b"(")
        line.words(self.items)
        line.text(b")")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret: the wire gets it, a log does not."""

    secret: Argument

    def __repr__(self) -> str:
        return "Hidden(****)"

    def write(self, line: Line) -> None:
        if line.public:
            line.text(b"****")
        else:
            self.secret.write(line)


def checked_flag(flag: str) -> str:
    """The flag itself if it is a system flag or a keyword (RFC 9051, flag). ValueError otherwise."""
    if not _FLAG.fullmatch(flag):
        raise ValueError("not a flag")
    return flag


def checked_field(name: str) -> str:
    """The name itself if a header field may have it. ValueError otherwise."""
    if not _FIELD.fullmatch(name):
        raise ValueError("not the name of a header field")
    return name


def _octets(value: str | bytes) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else value


def _string(value: str | bytes, line: Line) -> None:
    octets = _octets(value)
    as_utf8 = line.utf8 and isinstance(value, str)  # only then may eight bits be quoted (RFC 6855, 3)
    forbidden = _NOT_QUOTED_UTF8 if as_utf8 else _NOT_QUOTED
    if len(octets) > MAX_QUOTED or forbidden.search(octets):
        Literal(octets).write(line)
    else:
        line.text(_quote(octets))


def _quote(octets: bytes) -> bytes:
    return b'"' + _QUOTED_SPECIAL.sub(rb"\\\1", octets) + b'"'


def _without_nul(octets: bytes) -> None:
    if b"\0" in octets:
        raise ValueError("NUL cannot be sent")


def _mailbox_text(name: str) -> None:
    if _CONTROL.search(name):
        raise ValueError("a control character in the name of a mailbox")
    name.encode("utf-8")  # UnicodeEncodeError, a ValueError, for a lone surrogate
