"""From the octets of one reply to nested values: one split, one loop, no recursion.

    "quoted", {n} literal → bytes · atom → str (Latin-1, lossless) · number → int · NIL → None · ( … ) → list

Servers write strings where numbers ought to be and the other way round: octets, text and integer take either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias

from webmail.wire import ProtocolError

Value: TypeAlias = "int | str | bytes | list[Value] | None"

MAX_NESTING = 100  # parentheses in each other; Dovecot and Postfix stop at 100 levels of MIME
MAX_DIGITS = 20  # of a number; 2**64 has twenty. Longer runs of digits stay text
MAX_REMEMBERED = 32  # octets of a stretch worth remembering; a longer one comes once

# Where a quote does not close, the second alternative takes the rest: no octet is looked at twice
_STRING = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|".*', re.DOTALL)
_ESCAPED = re.compile(rb'\\(["\\])')
_PARENTHESIS = re.compile(rb"([()])")
_LITERAL = re.compile(rb"(?<=[ (])~?\{(\d{1,20})\+?\}\r?\n")


class _Mark(Enum):
    OPEN = "("
    CLOSE = ")"


_OPEN: Final = _Mark.OPEN
_CLOSE: Final = _Mark.CLOSE
_Step: TypeAlias = "_Mark | tuple[int | str | None, ...]"


def values(raw: bytes, start: int = 0) -> list[Value]:
    """What stands from start to the end of a reply. ProtocolError if parentheses or quotes do not close."""
    stack: list[list[Value]] = []
    current: list[Value] = []
    outsides, strings = _pieces(raw, start)
    for outside, string in zip(outsides, strings, strict=True):
        for step in _remembered(outside) if len(outside) <= MAX_REMEMBERED else _steps(outside):
            if step is _OPEN:
                if len(stack) == MAX_NESTING:
                    raise ProtocolError(f"more than {MAX_NESTING} parentheses in each other")
                stack.append(current)
                current = []
            elif step is _CLOSE:
                if not stack:
                    raise ProtocolError("a parenthesis closes that never opened")
                inner, current = current, stack.pop()
                current.append(inner)
            else:
                current += step
        if string is not None:
            current.append(string)
    if stack:
        raise ProtocolError("a parenthesis never closes")
    return current


def _pieces(raw: bytes, start: int) -> tuple[list[bytes], list[bytes | None]]:
    """What stands outside of strings, and the string behind each: quoted, a literal, None at the end."""
    outsides: list[bytes] = []
    strings: list[bytes | None] = []
    for line, literal in _lines(raw, start):
        pieces = _STRING.split(line)
        quoted = pieces[1::2]
        if quoted and quoted[-1] is None:
            raise ProtocolError("a quoted string never closes")
        outsides += pieces[::2]
        strings += map(_unescaped, quoted) if _ESCAPED.search(line) else quoted
        strings.append(literal)
    return outsides, strings


def _unescaped(string: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", string) if b"\\" in string else string


def _lines(raw: bytes, start: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Each line of the reply, and the literal that it announced."""
    while True:
        end = raw.find(b"\n", start)
        found = literal_at(raw, start, end) if end >= 0 else None
        if found is None:
            if 0 <= end < len(raw) - 1:
                raise ProtocolError("a line ends inside a reply")
            yield raw[start:], None
            return
        stop, size = found
        literal = raw[end + 1 : end + 1 + size]
        if len(literal) < size:
            raise ProtocolError("a literal is shorter than announced")
        yield raw[start:stop], literal
        start = end + 1 + size


def literal_at(raw: bytes | bytearray, start: int, end: int) -> tuple[int, int] | None:
    """If the line that begins at start and has its LF at end announces a literal: where, and its size."""
    if raw[end - 1 : end] != b"}" and raw[end - 2 : end] != b"}\r":
        return None
    brace = raw.rfind(b"{", start, end)
    if brace > start and raw[brace - 1 : brace] == b"~":  # literal8 (RFC 3516, 4.4)
        brace -= 1
    match = _LITERAL.match(raw, max(brace, start))
    return (match.start(), int(match[1])) if match else None


def _steps(outside: bytes) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    for stretch in _PARENTHESIS.split(outside):
        if stretch == b"(":
            steps.append(_OPEN)
        elif stretch == b")":
            steps.append(_CLOSE)
        elif words := stretch.split():
            steps.append(tuple(map(_atom, words)))
    return tuple(steps)


_remembered = lru_cache(maxsize=1024)(_steps)  # stretches such as `) NIL NIL (` come again and again


def _atom(word: bytes) -> str | int | None:
    if word.isdigit() and len(word) <= MAX_DIGITS and (len(word) == 1 or not word.startswith(b"0")):
        return int(word)  # only as it would be printed again, so that str() of it is the word
    return None if len(word) == 3 and word.upper() == b"NIL" else word.decode("latin-1")


def octets(value: Value) -> bytes | None:
    """An nstring, also where a server sent an atom or a number in its place; None for NIL and lists."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("latin-1")
    return b"%d" % value if isinstance(value, int) else None


def text(value: Value) -> str:
    """The same as text; empty for NIL and lists."""
    if isinstance(value, str) and value.isascii():
        return value
    return (octets(value) or b"").decode("utf-8", "replace")


def texts(value: Value) -> tuple[str, ...]:
    """The texts of a list that are not empty; without any for what is no list."""
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()


def integer(value: Value) -> int:
    """A number, also in quotes; 0 for what is none."""
    if isinstance(value, int):
        return value
    digits = octets(value) or b""
    return int(digits) if digits.isdigit() and len(digits) <= MAX_DIGITS else 0


def frozen(value: Value) -> object:
    """The value with tuples for lists."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value
