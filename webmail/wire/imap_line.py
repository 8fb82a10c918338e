"""A command of IMAP while it is written: pieces to be sent one by one (RFC 9051, 2.2.1 and 4.3)."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

LiteralStyle = Literal["sync", "plus", "minus"]  # RFC 9051, 4.3; LITERAL+ and LITERAL-, RFC 7888

MAX_MINUS = 4096  # octets of a non-synchronising literal under LITERAL- (RFC 7888, 5)


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
