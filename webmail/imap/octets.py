"""Octets of messages for FETCH: small ones in memory, large ones as ranges of files, many one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeAlias

from webmail.i18n import N_
from webmail.imap.answers import No
from webmail.mail import header_block, sections
from webmail.mail.entities import MAX_HEADERS
from webmail.mail.sections import Section as Part
from webmail.mail.transfer import Decoder
from webmail.store.bodies import opened
from webmail.wire.imap_ask_fetch import BinarySize, Section

SMALL = 256 * 1024  # octets that are read at once; more is sent from the file, block by block
BLOCK = 256 * 1024  # octets of a block
NO_NUL = b"\x80"  # stands for NUL, which no literal may hold (RFC 9051, 9, CHAR8); Dovecot says the same
MOST = 1024 * 1024  # octets of one message's answers that are made at once; the rest as it is sent
DECODED = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})  # RFC 3516, 4.3


@dataclass(frozen=True, slots=True)
class Range:
    """Octets of an open file that are still to be read; whoever has sent them closes it."""

    file: IO[bytes]
    start: int
    size: int

    def block(self, at: int) -> bytes:
        block = os.pread(self.file.fileno(), min(BLOCK, self.size - at), self.start + at)
        return block.replace(b"\0", NO_NUL)

    def close(self) -> None:
        self.file.close()


class Rest:
    """Pieces that are made one by one, each once those before it are sent; to be closed with their file."""

    def __init__(self, body: Message | IO[bytes], items: Iterator[list[Piece]]) -> None:
        self._body = body
        self._items = items

    def made(self) -> list[Piece]:
        """The next item; nothing once there is none."""
        return next(self._items, [])

    def close(self) -> None:
        self._body.close()


Piece: TypeAlias = "bytes | Range | Rest"


@dataclass(slots=True)
class Message:
    """One message's body while its sections are answered; the file is opened when it is first needed."""

    account: Path
    name: str
    size: int
    packed: bytes
    raw: bytes = b""  # its header, if all of it was read from the database
    _parts: Sequence[Part] = ()
    _file: IO[bytes] | None = None
    _sizes: dict[str, int] = field(default_factory=dict)  # of decoded parts

    @property
    def parts(self) -> Sequence[Part]:
        self._parts = self._parts or sections.unpack(self.packed)
        return self._parts

    @property
    def file(self) -> IO[bytes]:
        if self._file is None:
            self._file = opened(self.account, self.name)
        return self._file

    def lend(self) -> IO[bytes]:
        """The same file for somebody else, who closes it."""
        return os.fdopen(os.dup(self.file.fileno()), "rb", buffering=0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def decoded_size(self, part: Part) -> int:
        """Octets that the part has without its transfer encoding; it is decoded once to know."""
        if part.number not in self._sizes:
            self._sizes[part.number] = sum(map(len, _decoded(self.file, part)))
        return self._sizes[part.number]

    def octets(self, start: int, size: int) -> bytes:
        if start + size <= len(self.raw):
            return self.raw[start : start + size]
        return os.pread(self.file.fileno(), size, start)


def answers(body: Message, wanted: Sequence[Section | BinarySize]) -> list[Piece]:
    """The items of one FETCH answer, each behind a space. Raises FileNotFoundError, No (UNKNOWN-CTE)."""
    _require_decodable(body, wanted)
    items = (_item(body, item) for item in wanted)
    pieces: list[Piece] = []
    held = 0
    with ExitStack() as stack:
        stack.callback(body.close)
        for made in items:
            pieces += made
            held += sum(map(_weight, made))
            if held > MOST:
                body.file.fileno()  # open from here on: what has been said could not be taken back
                stack.pop_all()
                return [*pieces, Rest(body, items)]
    return pieces


def _require_decodable(body: Message, wanted: Sequence[Section | BinarySize]) -> None:
    for item in wanted:
        if isinstance(item, BinarySize) or item.decoded:
            _part(body, item.part)


def _weight(piece: Piece) -> int:
    """Octets that a piece holds; an open file is as dear as what is small enough to be none."""
    return len(piece) if isinstance(piece, bytes) else SMALL


def _item(body: Message, item: Section | BinarySize) -> list[Piece]:
    said = _binary_size(body, item) if isinstance(item, BinarySize) else _section(body, item)
    return [b" ", *said]


# RFC 9051, 6.4.5: BODY[section]<partial>
def _section(body: Message, item: Section) -> list[Piece]:
    if item.decoded:
        return _binary(body, item)
    found = _found(body, f"{item.part}.HEADER".lstrip(".") if item.fields else item.name)
    if found is None:
        return [item.label, b" NIL"]
    if item.fields:
        return _fields(body, item, *found)
    start, size = _windowed(item, *found)
    if size > SMALL:
        return [b"%b {%d}\r\n" % (item.label, size), Range(body.lend(), start, size)]
    octets = body.octets(start, size).replace(b"\0", NO_NUL)
    return [b"%b {%d}\r\n" % (item.label, len(octets)), octets]


def _found(body: Message, specifier: str) -> tuple[int, int] | None:
    return sections.find(body.parts, specifier) if specifier else (0, body.size)


def _windowed(item: Section, start: int, end: int) -> tuple[int, int]:
    """First octet and how many, of what a section is."""
    if item.window is None:
        return start, end - start
    first, count = item.window
    first = min(first, end - start)
    return start + first, min(count, end - start - first)


def _fields(body: Message, item: Section, start: int, end: int) -> list[Piece]:
    names = {name.encode() for name in item.fields}
    header = body.octets(start, min(end - start, MAX_HEADERS))
    chosen = header_block.select(header, names, negate=item.what.endswith(".NOT"))
    first, size = _windowed(item, 0, len(chosen))
    octets = chosen[first : first + size].replace(b"\0", NO_NUL)
    return [b"%b {%d}\r\n%b" % (item.label, size, octets)]


# RFC 3516, 4.3: BINARY[part]<partial>
def _binary(body: Message, item: Section) -> list[Piece]:
    part = _part(body, item.part)
    if part is None:
        return [item.label, b" NIL"]
    start, size = _windowed(item, 0, body.decoded_size(part))
    if size <= SMALL:
        octets = b"".join(_window(_decoded(body.file, part), start, size))
        return [b"%b %b{%d}\r\n%b" % (item.label, b"~" if b"\0" in octets else b"", size, octets)]
    file = body.lend()
    blocks = _window(_decoded(file, part), start, size)
    return [b"%b ~{%d}\r\n" % (item.label, size), Rest(file, ([block] for block in blocks))]


# RFC 3516, 4.3: BINARY.SIZE
def _binary_size(body: Message, item: BinarySize) -> list[Piece]:
    part = _part(body, item.part)
    if part is None:
        return [item.label, b" 0"]
    return [b"%b %d" % (item.label, body.decoded_size(part))]


def _part(body: Message, number: str) -> Part | None:
    part = next((part for part in body.parts if part.number == number), None)
    if part is not None and part.number and part.encoding not in DECODED:
        raise No(N_("The transfer encoding of this part is not known."), b"UNKNOWN-CTE")
    return part


def _decoded(file: IO[bytes], part: Part) -> Iterator[bytes]:
    """Decoded anew for whoever asks: kept somewhere, a few commands could fill any memory and any disk."""
    decoder = Decoder(part.encoding if part.number else "")
    at, end = (part.body, part.end) if part.number else (0, part.end)
    while at < end:
        block = os.pread(file.fileno(), min(BLOCK, end - at), at)
        if not block:
            raise EOFError("a body is shorter than its row says")
        yield decoder.feed(block)
        at += len(block)
    yield decoder.finish()


def _window(blocks: Iterator[bytes], start: int, size: int) -> Iterator[bytes]:
    """So many octets from there on of all blocks together, which have them."""
    for block in blocks:
        taken = block[start : start + size]
        start, size = max(start - len(block), 0), size - len(taken)
        if taken:
            yield taken
        if not size:
            return
