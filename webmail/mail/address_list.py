"""Address lists of header fields, read as ENVELOPE tells them (RFC 5322, 3.4; RFC 9051, 7.5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from webmail.wire.imap_replies import Address

MAX_ADDRESSES = 10_000  # of one message, and of those inside it; Dovecot's limit is ten times that

# A host that is NIL would say that a group begins; Dovecot says these words too, and clients know them.
NO_MAILBOX = b"MISSING_MAILBOX"
NO_HOST = b"MISSING_DOMAIN"

_ATOM = rb'[^\x00-\x20"(),:;<>@\[\\\]]'
_PLAIN = rb"%b++)@([A-Za-z0-9.\-]++" % _ATOM
_SIMPLE = re.compile(  # nearly all addresses: `Name <local@host>`, `"Name" <local@host>`, `local@host`
    rb'[ \t]*+(?:"([^"\\]*+)"[ \t]*+<(%b)>|((?:%b++[ \t]++)*+)<(%b)>|(?!=\?)(%b))[ \t]*+(?:,|\Z)'
    % (_PLAIN, _ATOM, _PLAIN, _PLAIN)
)
_TOKENS = re.compile(
    rb'"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)'
    rb"|(=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?=)"  # RFC 2047: whatever it holds is not syntax
    rb"|(\[[^\]]*+\]?|%b++)"
    rb"|([(),:;<>@])" % _ATOM,
    re.DOTALL,
)
_GROUP_END = Address(None, None, None, None)
_COMMENT = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def parse(raw: bytes, room: int = MAX_ADDRESSES) -> tuple[Address, ...]:
    """Members and marks of groups: (NIL NIL "group" NIL) begins one, all NIL ends it; never raises.

    `raw` is unfolded; of more than `room` addresses the rest is left out. Names are as they stand there,
    without quotes, their blanks squeezed.
    """
    found: list[Address] = []
    position = 0
    while position < len(raw):
        match = _SIMPLE.match(raw, position)
        if match is None:
            return _Reader(raw, room).read()
        if len(found) >= room:
            break
        found.append(_simple(match))
        position = match.end()
    return tuple(found)


def _simple(match: re.Match[bytes]) -> Address:
    quoted, local, host, phrase, local2, host2, local3, host3 = match.groups()
    if local3:
        return Address(None, None, local3, host3)
    if local2:
        return Address(_squeezed(phrase), None, local2, host2)
    return Address(_squeezed(quoted), None, local, host)


def _squeezed(name: bytes) -> bytes | None:
    return b" ".join(name.split()) or None


@dataclass(slots=True)
class _Reader:
    """One pass over the tokens of a list; what was read of an address is kept until a comma ends it."""

    raw: bytes
    room: int = MAX_ADDRESSES
    found: list[Address] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)  # a phrase, or what stands before @
    comment: bytes = b""  # names somebody where no phrase does
    name: bytes | None = None  # the phrase, once < was met
    route: bytes | None = None
    local: bytes | None = None  # once @ was met
    angled: bool = False
    closed: bool = False  # `>` was met
    grouped: bool = False

    def read(self) -> tuple[Address, ...]:
        for mark, word in self._tokens():
            if len(self.found) >= self.room:
                break
            self._take(mark, word)
        else:
            self._end_group()
        if self.grouped:
            self.found[self.room - 1 :] = [_GROUP_END] if self.room > 1 else []
        return tuple(self.found[: self.room])

    def _tokens(self) -> Iterator[tuple[bytes, bytes]]:
        """Either a special character or a word; comments are kept aside."""
        position = 0
        while match := _TOKENS.search(self.raw, position):
            quoted, encoded, atom, mark = match.groups()
            position = match.end()
            if mark == b"(":
                end = _after_comment(self.raw, position)
                self.comment = _unescaped(self.raw[position:end].removesuffix(b")"))
                position = end
            elif mark:
                yield mark, b""
            else:
                yield b"", encoded or atom or _unescaped(quoted)

    def _take(self, mark: bytes, word: bytes) -> None:
        match mark:
            case b"," if self._in_route() and not self.closed:
                self.words.append(b",")
            case b",":
                self._end_address()
            case b";":
                self._end_group()
            case b"<" if self.closed or not self.angled:
                self._open()
            case _ if self.closed:
                pass  # nothing more belongs to this address
            case b"":
                self.words.append(word)
            case b"@":
                self._at()
            case b":":
                self._colon()
            case b">":
                self.closed = self.angled
            case _:
                pass

    def _in_route(self) -> bool:
        return self.angled and self.words[:1] == [b"@"]

    def _open(self) -> None:
        if self.closed:
            self._end_address()  # the comma between two was forgotten
        self.name, self.words, self.angled = _squeezed(b" ".join(self.words)), [], True

    def _at(self) -> None:
        if self._in_route() or (self.angled and not self.words and self.local is None):
            self.words.append(b"@")  # of a route
        elif self.local is None:
            self.local = self._local_part()

    def _local_part(self) -> bytes:
        """What stands before @; whole words before it are a name whose brackets were forgotten."""
        start = max(len(self.words) - 1, 0)
        while start and (self.words[start].startswith(b".") or self.words[start - 1].endswith(b".")):
            start -= 1
        if not self.angled:
            self.name = _squeezed(b" ".join(self.words[:start]))
        local, self.words = b"".join(self.words[start:]), []
        return local

    def _colon(self) -> None:
        if self.angled:
            self.route, self.words = b"".join(self.words) or None, []
        elif self.local is None and not self.grouped and (name := _squeezed(b" ".join(self.words))):
            self.found.append(Address(None, None, name, None))
            self.grouped, self.words, self.comment = True, [], b""

    def _end_group(self) -> None:
        self._end_address()
        if self.grouped:
            self.found.append(_GROUP_END)
            self.grouped = False

    def _end_address(self) -> None:
        if self.angled or self.local is not None or self.words:
            self.found.append(self._address())
        self.words, self.comment, self.name, self.route, self.local = [], b"", None, None, None
        self.angled = self.closed = False

    def _address(self) -> Address:
        name, local, host = self.name, self.local, _dotted(self.words)
        if local is None and (self.angled or len(self.words) == 1):
            local, host = host, b""
        elif local is None:
            name, local, host = _squeezed(b" ".join(self.words)), b"", b""
        return Address(name or _squeezed(self.comment), self.route, local or NO_MAILBOX, host or NO_HOST)


def _dotted(words: list[bytes]) -> bytes:
    """The words that dots hold together; blanks around dots are obsolete, but were allowed."""
    end = 1
    while end < len(words) and (words[end].startswith(b".") or words[end - 1].endswith(b".")):
        end += 1
    return b"".join(words[:end])


def _after_comment(raw: bytes, position: int) -> int:
    """Comments nest (RFC 5322, 3.2.2); one without end takes all."""
    depth = 1
    for match in _COMMENT.finditer(raw, position):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return len(raw)


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", text) if b"\\" in text else text
