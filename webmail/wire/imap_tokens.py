"""From the octets of one reply to nested values: one regular expression, one loop, no recursion.

"quoted", {n} literal → bytes · atom → str (Latin-1, lossless) · number → int · NIL → None · ( … ) → list
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from webmail.wire import ProtocolError

Value: TypeAlias = "int | str | bytes | list[Value] | None"

MAX_NESTING = 100  # parentheses in each other; Dovecot and Postfix stop at 100 levels of MIME
MAX_DIGITS = 20  # of a number; 2**64 has twenty. Longer runs of digits stay text

# Every alternative is possessive and an unclosed quote runs to the end of the line, so that no input is
# looked at twice. A section such as [HEADER.FIELDS (TO CC)] belongs to its atom although it has blanks.
_QUOTED = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
_SECTION = rb'\[[A-Za-z0-9.]*+(?: \((?:[^()\["\\\n]|' + _QUOTED + rb")*+\))?+\]"
_TOKEN = re.compile(_QUOTED + rb'?|[()]|(?:[^ ()"\[\t\r\n]++|' + _SECTION + rb"|\[)++")
_WHOLE_QUOTED = re.compile(_QUOTED)
_ESCAPED = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"(?<=[ (])~?\{(\d{1,10})\+?\}\r?\n")

_QUOTE, _OPEN, _CLOSE, _ZERO, _BRACE = b'"()0}'


def literal_at(raw: bytes | bytearray, start: int, end: int) -> tuple[int, int] | None:
    """If the line that begins at start and has its LF at end announces a literal: where, and its size."""
    if raw[end - 1] != _BRACE and raw[end - 2 : end] != b"}\r":
        return None
    brace = raw.rfind(b"{", start, end)
    if brace > start and raw[brace - 1 : brace] == b"~":
        brace -= 1
    match = _LITERAL.match(raw, max(brace, start))
    return (match.start(), int(match[1])) if match else None


def values(raw: bytes, start: int = 0) -> list[Value]:
    """What stands from start to the end of a reply. ProtocolError if parentheses or quotes do not close."""
    stack: list[list[Value]] = []
    current: list[Value] = []
    for begin, stop, literal in _stretches(raw, start):
        for token in _TOKEN.findall(raw, begin, stop):
            first = token[0]
            if first == _QUOTE:
                current.append(_unquoted(token))
            elif first == _OPEN:
                stack.append(current)
                current = []
                if len(stack) > MAX_NESTING:
                    raise ProtocolError(f"more than {MAX_NESTING} parentheses in each other")
            elif first == _CLOSE:
                if not stack:
                    raise ProtocolError("a parenthesis closes that never opened")
                stack[-1].append(current)
                current = stack.pop()
            else:
                current.append(_atom(token))
        if literal is not None:
            current.append(literal)
    if stack:
        raise ProtocolError("a parenthesis never closes")
    return current


def _stretches(raw: bytes, start: int) -> Iterator[tuple[int, int, bytes | None]]:
    """Each stretch of plain text, from and to, with the literal that follows it."""
    while True:
        end = raw.find(b"\n", start)
        found = literal_at(raw, start, end) if end >= 0 else None
        if found is None:
            if 0 <= end < len(raw) - 1:
                raise ProtocolError("a line ends inside a reply")
            yield start, len(raw), None
            return
        stop, size = found
        if end + 1 + size > len(raw):
            raise ProtocolError("a literal is shorter than announced")
        yield start, stop, raw[end + 1 : end + 1 + size]
        start = end + 1 + size


def _unquoted(token: bytes) -> bytes:
    if b"\\" in token:
        if not _WHOLE_QUOTED.fullmatch(token):
            raise ProtocolError("a quoted string never closes")
        return _ESCAPED.sub(rb"\1", token[1:-1])
    if len(token) == 1 or token[-1] != _QUOTE:
        raise ProtocolError("a quoted string never closes")
    return token[1:-1]


def _atom(token: bytes) -> str | int | None:
    if token.isdigit() and len(token) <= MAX_DIGITS and (token[0] != _ZERO or len(token) == 1):
        return int(token)  # only as it would be printed again: str() of it is the atom
    if len(token) == 3 and token.upper() == b"NIL":
        return None
    return token.decode("latin-1")


def octets(value: Value) -> bytes | None:
    """An nstring, also where a server sent an atom or a number in its place; None for NIL and lists."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("latin-1")
    return None if value is None or isinstance(value, list) else b"%d" % value


def text(value: Value) -> str:
    """The same as text for comparing and showing; empty for NIL and lists."""
    return (octets(value) or b"").decode("utf-8", "replace")


def integer(value: Value) -> int:
    """A number, also in quotes; 0 for what is none."""
    if isinstance(value, int):
        return value
    digits = octets(value) or b""
    return int(digits) if digits.isdigit() and len(digits) <= MAX_DIGITS else 0


def frozen(value: Value) -> object:
    """The value with tuples for lists."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value
