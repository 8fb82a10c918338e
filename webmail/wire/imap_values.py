"""Arguments of IMAP commands as values, each of which knows its one safe form on the wire.

    Atom · Number · AString · String · Quoted · Literal · LiteralStream · MailboxName · ListPattern
    SetArgument · FlagList · List · Hidden · Verbatim

Nothing else can be an argument, so text of a person never becomes syntax. NUL is refused everywhere;
CR and LF travel in literals only.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from typing import Literal as Choice
from typing import Protocol

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
    "Verbatim",
    "checked_flag",
    "decode_utf7",
    "encode_utf7",
]

LiteralStyle = Choice["sync", "plus", "minus"]  # RFC 9051, 4.3; LITERAL+ and LITERAL-, RFC 7888

MAX_MINUS = 4096  # octets of a non-synchronising literal under LITERAL- (RFC 7888, 5)
MAX_QUOTED = 1024  # octets; longer strings are literals, for servers that read lines of fixed length
MAX_NUMBER64 = 2**63 - 1  # mod-sequences (RFC 7162, 3.1.1)

_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~\[]+\Z")  # ATOM-CHAR
_PLAIN = re.compile(rb"[A-Za-z0-9$&'+,\-./:;=@_]+\Z")  # of ASTRING-CHAR those that no server ever got wrong
_FLAG = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~]+\Z")
_UNQUOTABLE = re.compile(rb"[\r\n\x80-\xff]")
_QUOTED_SPECIAL = re.compile(rb'(["\\])')


class Argument(Protocol):
    """What may stand in a command."""

    def write(self, line: Line, /) -> None: ...


class Synchronising(bytes):
    """A piece of a command that ends with `{n}`: send the next one after the server's continuation."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LiteralStream:
    """Octets that are too many to hold: exactly `size` of them come out of `blocks`."""

    size: int
    blocks: Iterable[bytes] | AsyncIterable[bytes]
    eight: bool = False  # literal8, `~{n}` (RFC 3516, 4.4): may hold NUL

    def write(self, line: Line) -> None:
        line.announce(self.size, eight=self.eight)
        if not line.public:
            line.pieces.append(self)


class Line:
    """A command while it is written: pieces that are sent one by one."""

    def __init__(self, literal: LiteralStyle = "sync", *, utf8: bool = False, public: bool = False) -> None:
        self.style = literal
        self.utf8 = utf8
        self.public = public  # for a log: secrets starred, literals by their size
        self.pieces: list[bytes | LiteralStream] = []
        self._text = bytearray()

    def text(self, octets: bytes) -> None:
        self._text += octets

    @property
    def so_far(self) -> bytes:
        return bytes(self._text)

    def words(self, arguments: Iterable[Argument]) -> None:
        for index, argument in enumerate(arguments):
            if index:
                self.text(b" ")
            argument.write(self)

    def announce(self, size: int, *, eight: bool = False) -> None:
        if size < 0:
            raise ValueError("a literal has no negative size")
        flows = self.style == "plus" or (self.style == "minus" and size <= MAX_MINUS)
        self.text(b"%s{%d%s}" % (b"~" if eight else b"", size, b"+" if flows else b""))
        if self.public:
            return
        self.text(b"\r\n")
        piece = bytes(self._text)
        self._text.clear()
        self.pieces.append(piece if flows else Synchronising(piece))

    def finish(self) -> list[bytes | LiteralStream]:
        self.text(b"\r\n")
        self.pieces.append(bytes(self._text))
        self._text.clear()
        return self.pieces


@dataclass(frozen=True, slots=True)
class Atom:
    """A word of the protocol, such as SEEN. ValueError if it is not an atom."""

    word: str

    def __post_init__(self) -> None:
        if not _ATOM.match(self.word):
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
    """Octets as `{n}`, whatever they are; NUL is refused."""

    octets: bytes

    def __post_init__(self) -> None:
        _without_nul(self.octets)

    def write(self, line: Line) -> None:
        line.announce(len(self.octets))
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
        if _PLAIN.match(octets) and octets.upper() != b"NIL":
            line.text(octets)
        else:
            _string(octets, line, utf8=line.utf8 and isinstance(self.value, str))


@dataclass(frozen=True, slots=True)
class String:
    """Any string, never as an atom (RFC 9051, string)."""

    value: str | bytes

    def __post_init__(self) -> None:
        _without_nul(_octets(self.value))

    def write(self, line: Line) -> None:
        _string(_octets(self.value), line, utf8=line.utf8 and isinstance(self.value, str))


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
        octets = self.pattern.encode("utf-8") if line.utf8 else encode_utf7(self.pattern)
        _string(octets, line, utf8=line.utf8)


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


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Syntax that this package checked against its own grammar; the one way past the other values."""

    text: str
    grammar: re.Pattern[str]

    def __post_init__(self) -> None:
        if not self.grammar.fullmatch(self.text):
            raise ValueError("not in the grammar of this command")

    def write(self, line: Line) -> None:
        line.text(self.text.encode("ascii"))


def checked_flag(flag: str) -> str:
    """The flag itself if it is a system flag or a keyword (RFC 9051, flag). ValueError otherwise."""
    if not _FLAG.match(flag):
        raise ValueError("not a flag")
    return flag


def _octets(value: str | bytes) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else value


def _string(octets: bytes, line: Line, *, utf8: bool) -> None:
    unquotable = _UNQUOTABLE.search(octets)
    if utf8 and b"\r" not in octets and b"\n" not in octets:
        unquotable = None
    if unquotable is None and len(octets) <= MAX_QUOTED:
        line.text(_quote(octets))
    else:
        Literal(octets).write(line)


def _quote(octets: bytes) -> bytes:
    return b'"' + _QUOTED_SPECIAL.sub(rb"\\\1", octets) + b'"'


def _without_nul(octets: bytes) -> None:
    if b"\0" in octets:
        raise ValueError("NUL cannot be sent")


def _mailbox_text(name: str) -> None:
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError("a control character in the name of a mailbox")
    name.encode("utf-8")  # UnicodeEncodeError, a ValueError, for a lone surrogate
