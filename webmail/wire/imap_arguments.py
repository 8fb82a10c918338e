"""A cursor over the arguments of one IMAP command: each reader takes one thing of the grammar, or refuses.

What is refused is a ProtocolError whose text tells the client what is wanted instead.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Container, Sequence
from datetime import date, datetime
from typing import TypeVar

from webmail.wire import ProtocolError
from webmail.wire.imap_request import Announced, announced
from webmail.wire.imap_sets import MAX_NUMBER, Numbers, Page, Saved, SequenceSet
from webmail.wire.imap_utf7 import decode_utf7
from webmail.wire.imap_values import MAX_NUMBER64, checked_flag
from webmail.wire.sasl import MAX_BASE64, decode_base64

MAX_DEPTH = 50  # parentheses in each other: a search program of a person has fewer
MAX_DEPTH_BEFORE_LOGIN = 8  # nothing that a stranger may ask has more than one
MAX_ITEMS = 1000  # of one list: FETCH items for the parts of a large message; every list of IMAP is shorter
MAX_KEYWORD = 64  # octets of a flag; Dovecot takes 50
MAX_NAME = 1024  # octets of a mailbox's name or pattern; a store allows fewer

Item = TypeVar("Item")

_ATOM = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_ASTRING = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_LIST_MAILBOX = re.compile(rb"[!#$%&'*+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_FLAG = re.compile(rb"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_QUOTED = re.compile(rb'"([^"\\\r\n\0]*+(?:\\["\\][^"\\\r\n\0]*+)*+)"')
_ESCAPED = re.compile(rb'\\(["\\])')
_DIGITS = re.compile(rb"[0-9]+")
_SET = re.compile(rb"[0-9*:,]+|\$")
_PAGE = re.compile(rb"(-?[0-9]{1,10}):(-?[0-9]{1,10})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")
_DATE = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1(?![0-9"])')
_DATE_TIME = re.compile(
    rb'"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)
# What no mailbox's name holds (RFC 9051, 5.1): controls, line and paragraph separators
_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MONTHS = (b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC")
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
_SYSTEM_FLAGS = {name.lower(): name for name in ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen")}


class Arguments:
    """`pieces`: what stands behind the command's name and the lines that follow, each without CRLF, and
    between them the octets of the literals that they announce at their ends.

    `utf8` once UTF8=ACCEPT or IMAP4rev2 is enabled: names of mailboxes are UTF-8.
    """

    __slots__ = ("_at", "_index", "_left", "_pieces", "_text", "utf8")

    def __init__(self, pieces: Sequence[bytes], *, utf8: bool = False, depth: int = MAX_DEPTH) -> None:
        self.utf8 = utf8
        self._pieces = pieces
        self._index = 0
        self._text = pieces[0]
        self._at = 0
        self._left = depth  # parentheses that may still open in each other

    def at(self, octets: bytes) -> bool:
        return self._text.startswith(octets, self._at)

    def take(self, octets: bytes) -> bool:
        """Whether these octets stand next; then they are taken."""
        if not self._text.startswith(octets, self._at):
            return False
        self._at += len(octets)
        return True

    def at_word(self, word: str) -> bool:
        """Whether this word of the protocol stands next, in any case."""
        match = _ATOM.match(self._text, self._at)
        return match is not None and match[0].upper() == word.encode("ascii")

    def take_word(self, word: str) -> bool:
        if not self.at_word(word):
            return False
        self._at += len(word)
        return True

    def at_list(self, *words: str) -> bool:
        """Whether a list stands next that begins with one of these words."""
        if not self.at(b"("):
            return False
        match = _ATOM.match(self._text, self._at + 1)
        return match is not None and match[0].upper() in {word.encode("ascii") for word in words}

    def at_number_set(self) -> bool:
        return _SET.match(self._text, self._at) is not None

    def expect(self, octets: bytes, what: str) -> None:
        if not self.take(octets):
            raise ProtocolError(f"{what} is wanted")

    def space(self, before: str) -> None:
        if not self.take(b" "):
            raise ProtocolError(f"a space is wanted before {before}")

    def at_end(self) -> bool:
        return self._at == len(self._text) and self._index == len(self._pieces) - 1

    def end(self) -> None:
        if not self.at_end():
            raise ProtocolError("the command goes on where it should end")

    def open(self, what: str) -> None:
        if not self._left:
            raise ProtocolError("too many parentheses in each other")
        if not self.take(b"("):
            raise ProtocolError(f"a parenthesis is wanted before {what}")
        self._left -= 1

    def close(self, what: str) -> None:
        if not self.take(b")"):
            raise ProtocolError(f"a parenthesis is wanted after {what}")
        self._left += 1

    def in_list(self, read: Callable[[], Item], what: str, *, empty: bool = False) -> tuple[Item, ...]:
        """What `read` takes, one or more times in parentheses; `empty`: or not at all."""
        self.open(what)
        items: list[Item] = []
        if not (empty and self.at(b")")):
            items.append(read())
        while self.take(b" "):
            if len(items) == MAX_ITEMS:
                raise ProtocolError(f"more than {MAX_ITEMS} in one list of {what}")
            items.append(read())
        self.close(what)
        return tuple(items)

    def one_or_list(self, read: Callable[[], Item], what: str) -> tuple[Item, ...]:
        return self.in_list(read, what) if self.at(b"(") else (read(),)

    def atom(self, what: str) -> str:
        return self._match(_ATOM, what).decode("ascii")

    def word(self, what: str) -> str:
        """An atom whose case says nothing, in upper case."""
        return self.atom(what).upper()

    def one_of(self, words: Container[str], what: str) -> str:
        word = self.word(what)
        if word not in words:
            raise ProtocolError(f"{what} that is not known")
        return word

    def string(self, what: str) -> bytes:
        """Quoted or a literal, without NUL."""
        if self.at(b'"'):
            return self._quoted(what)
        if self.at(b"{"):
            return _without_nul(self._literal(), what)
        raise ProtocolError(f"{what} is wanted as a string")

    def nstring(self, what: str) -> bytes | None:
        return None if self.take_word("NIL") else self.string(what)

    def nstring8(self, what: str) -> bytes | None:
        """An nstring, or a literal8, which may hold NUL (RFC 5464, 5)."""
        if self.take(b"~"):
            return self._literal()
        return self.nstring(what)

    def astring(self, what: str) -> bytes:
        if self.at(b'"') or self.at(b"{"):
            return self.string(what)
        return self._match(_ASTRING, what)

    def text(self, what: str) -> str:
        """An astring that is UTF-8."""
        return _decoded(self.astring(what), what)

    def mailbox(self, what: str = "the mailbox") -> str:
        """RFC 9051, 5.1. Never empty, without controls; INBOX in upper case whatever its case was."""
        name = self._name(self.astring(what), what)
        if not name:
            raise ProtocolError(f"{what} has no name")
        return _inbox_known(name)

    def mailbox_or_none(self, what: str = "the mailbox") -> str:
        """The same, or the empty name, which is the server itself (RFC 5464, 4) or no reference."""
        name = self._name(self.astring(what), what)
        return _inbox_known(name)

    def list_mailbox(self, what: str = "the pattern") -> str:
        """RFC 9051, list-mailbox: `*` and `%` are wildcards also where they are in quotes."""
        raw = self.string(what) if self.at(b'"') or self.at(b"{") else self._match(_LIST_MAILBOX, what)
        return self._name(raw, what)

    def number(self, what: str, least: int = 0) -> int:
        return self._number(what, least, MAX_NUMBER)

    def number64(self, what: str, least: int = 0) -> int:
        return self._number(what, least, MAX_NUMBER64)

    def sequence_set(self, what: str = "the messages") -> Numbers:
        """RFC 9051, sequence-set; `$` is what the last SEARCH saved (RFC 5182)."""
        raw = self._match(_SET, what)
        return Saved.RESULT if raw == b"$" else _set(raw, what)

    def known_set(self, what: str) -> SequenceSet:
        """Numbers without `*` and `$` (RFC 7162, known-uids)."""
        numbers = self.sequence_set(what)
        if isinstance(numbers, Saved) or numbers.open_ended:
            raise ProtocolError(f"{what} are wanted without * and $")
        return numbers

    # RFC 9394, partial-range
    def page(self) -> Page:
        found = self.match(_PAGE, "a range")
        try:
            return Page(int(found[1]), int(found[2]))
        except ValueError as error:
            raise ProtocolError("a range such as 1:500 or -1:-100 is wanted") from error

    def flag(self, what: str = "a flag") -> str:
        r"""A system flag, spelt as in RFC 9051, or a keyword. `\Recent` and `\*` are none."""
        raw = self._match(_FLAG, what).decode("ascii")
        if len(raw) > MAX_KEYWORD:
            raise ProtocolError(f"a flag of more than {MAX_KEYWORD} octets")
        if raw.startswith("\\"):
            if (flag := _SYSTEM_FLAGS.get(raw.lower())) is None:
                raise ProtocolError("a flag that cannot be set")
            return flag
        try:
            return checked_flag(raw)
        except ValueError as error:
            raise ProtocolError("a flag that cannot be set") from error

    def flag_list(self) -> tuple[str, ...]:
        """Each once, in their order."""
        return tuple(dict.fromkeys(self.in_list(self.flag, "the flags", empty=True)))

    def date(self, what: str = "a date") -> date:
        """RFC 9051, date: `1-Feb-2026`, with or without quotes."""
        match = self.match(_DATE, what)
        try:
            return date(int(match[4]), _month(match[3]), int(match[2]))
        except ValueError as error:
            raise ProtocolError(f"{what} that no calendar has") from error

    def date_time(self) -> tuple[int, int]:
        """RFC 9051, date-time: seconds since 1970 in UTC, and minutes that its zone is east of it."""
        match = self.match(_DATE_TIME, "a date with time")
        day, _, year, hour, minute, second = (int(match[at]) if at != 2 else 0 for at in range(1, 7))
        zone = (int(match[8]) * 60 + int(match[9])) * (-1 if match[7] == b"-" else 1)
        try:  # a leap second is the one before
            when = datetime(year, _month(match[2]), day, hour, minute, min(second, 59))  # noqa: DTZ001
        except ValueError as error:
            raise ProtocolError("a date with time that no calendar has") from error
        if second > 60 or int(match[8]) > 23 or int(match[9]) > 59:
            raise ProtocolError("a date with time that no clock shows")
        return timegm(when.timetuple()) - zone * 60, zone

    def base64(self, what: str, limit: int = MAX_BASE64) -> bytes:
        """Decoded; `=` alone is the empty message (RFC 4959, 3)."""
        raw = self._match(_BASE64, what)
        return b"" if raw == b"=" else decode_base64(raw, limit)

    def announcement(self) -> Announced:
        """The literal announced at the very end, whose octets are not among the pieces: a message."""
        rest = self._text[self._at :]
        literal = announced(rest)
        if literal is None or rest.rfind(b"{") != literal.binary or self._index != len(self._pieces) - 1:
            raise ProtocolError("a literal is wanted for the message")
        self._at = len(self._text)
        return literal

    def match(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        """Take what the pattern finds here, for grammars in the grammar such as BODY[…]<…>."""
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ProtocolError(f"{what} is wanted")
        self._at = match.end()
        return match

    def _match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        return self.match(pattern, what)[0]

    def _quoted(self, what: str) -> bytes:
        match = _QUOTED.match(self._text, self._at)
        if match is None:
            raise ProtocolError(f"the quotes of {what} do not close")
        self._at = match.end()
        return _ESCAPED.sub(rb"\1", match[1]) if b"\\" in match[1] else match[1]

    def _literal(self) -> bytes:
        literal = announced(self._text)
        if literal is None or self._text.rfind(b"{") != self._at or self._index + 2 >= len(self._pieces):
            raise ProtocolError("a literal is wanted at the end of its line")
        octets = self._pieces[self._index + 1]
        if len(octets) != literal.size:
            raise ProtocolError("a literal is not as long as announced")
        self._index += 2
        self._text = self._pieces[self._index]
        self._at = 0
        return octets

    def _name(self, raw: bytes, what: str) -> str:
        if len(raw) > MAX_NAME:
            raise ProtocolError(f"{what} has a name of more than {MAX_NAME} octets")
        name = _decoded(raw, what)
        if _NO_NAME.search(name):
            raise ProtocolError(f"{what} has a control character in its name")
        if self.utf8 or "&" not in name:
            return name
        name = decode_utf7(raw)
        if _NO_NAME.search(name):
            raise ProtocolError(f"{what} has a control character in its name")
        return name

    def _number(self, what: str, least: int, most: int) -> int:
        digits = self._match(_DIGITS, what).lstrip(b"0")
        number = int(digits or b"0") if len(digits) <= 19 else most + 1
        if not least <= number <= most:
            raise ProtocolError(f"{what} is wanted from {least} to {most}")
        return number


def _inbox_known(name: str) -> str:
    return "INBOX" if name.lower() == "inbox" else name  # upper() would make one of a dotless i, too


def _set(raw: bytes, what: str) -> SequenceSet:
    try:
        return SequenceSet.parse(raw.decode("ascii"))
    except ValueError as error:
        raise ProtocolError(f"{what} are wanted as numbers from 1 to {MAX_NUMBER}") from error


def _month(name: bytes) -> int:
    return _MONTH.get(name.upper(), 0)  # 0 is in no calendar


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{what} is not in UTF-8") from error


def _without_nul(octets: bytes, what: str) -> bytes:
    if b"\0" in octets:
        raise ProtocolError(f"NUL in {what}")
    return octets
