"""Text whose lines may be joined again: format=flowed (RFC 3676), read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_QUOTES = 20  # levels; deeper quotation is shown at the last
WIDTH = 72  # characters of a line that is written, RFC 3676, 4.2
SIGNATURE = "-- "

_QUOTES = re.compile(r"(?:> ?){1,1000}")  # a bounded piece: other threads wait for each


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph or a fixed line: its text without quote marks, and how deep it is quoted."""

    depth: int
    text: str


def lines(text: str, *, flowed: bool = False, delsp: bool = False) -> Iterator[Line]:
    """The paragraphs of a text in order."""
    raw = text.split("\n")
    if raw and not raw[-1]:
        raw.pop()
    if flowed:
        yield from _join(raw, delsp=delsp)
    else:
        yield from map(_fixed, raw)


def _fixed(line: str) -> Line:
    """`> > text`, `>> text`; the blank after the marks belongs to them."""
    depth = end = 0
    while marks := _QUOTES.match(line, end):
        depth, end = depth + marks[0].count(">"), marks.end()
    return Line(min(depth, MAX_QUOTES), line[end:])


def _join(raw: list[str], *, delsp: bool) -> Iterator[Line]:
    depth, pieces = 0, list[str]()
    for line in raw:
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing, RFC 3676, 4.4
        if pieces and (level != depth or content == SIGNATURE):
            yield Line(min(depth, MAX_QUOTES), "".join(pieces))  # improperly ended, 4.5
            pieces = []
        depth = level
        if content.endswith(" ") and content != SIGNATURE:
            pieces.append(content[:-1] if delsp else content)
        else:
            yield Line(min(depth, MAX_QUOTES), "".join([*pieces, content]))
            pieces = []
    if pieces:
        yield Line(min(depth, MAX_QUOTES), "".join(pieces))


def unflow(text: str, *, delsp: bool = False) -> str:
    """Flowed text with each paragraph on one line, quotation marked by `> ` per level."""
    return "\n".join(_marked(line) for line in lines(text, flowed=True, delsp=delsp))


def _marked(line: Line) -> str:
    if not line.depth:
        return line.text
    return ">" * line.depth + (f" {line.text}" if line.text else "")


def flow(text: str) -> str:
    """Text as typed, made flowed: broken at blanks near `WIDTH`, space-stuffed, one LF per line.

    Lines that begin with `>` are quotation. Words are never broken; blanks at the end of a typed line go,
    except in the signature's mark.
    """
    return "".join(f"{line}\n" for typed in text.split("\n") for line in _flow_line(typed))


def _flow_line(typed: str) -> Iterator[str]:
    line = _fixed(typed) if typed.startswith(">") else Line(0, typed)
    prefix = ">" * line.depth
    body = line.text if line.text == SIGNATURE else line.text.rstrip(" ")
    for piece in _broken(body, WIDTH - len(prefix)):
        stuffed = bool(prefix and piece) or piece.startswith((" ", ">", "From "))
        yield prefix + (" " if stuffed else "") + piece


def _broken(text: str, width: int) -> Iterator[str]:
    """Pieces that end in a blank, except the last; none is only blanks."""
    if len(text) <= width + 6 or text == SIGNATURE:  # 78 at most, RFC 3676, 4.2
        yield text
        return
    start, end = 0, len(text)
    while end - start > width:
        cut = text.rfind(" ", start + 1, start + width)
        if cut < 0 or not text[start:cut].strip():
            cut = text.find(" ", start + width)
        if cut < 0:
            break
        while cut + 1 < end and text[cut + 1] == " ":
            cut += 1
        yield text[start : cut + 1]
        start = cut + 1
    yield text[start:]
