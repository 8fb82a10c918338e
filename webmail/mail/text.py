"""Plain text of messages: decoded, shown as HTML, quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from webmail.mail import charsets
from webmail.mail.flowed import Line, flow, lines, unflow
from webmail.mail.links import MAX_LINKS, linkify
from webmail.mail.readable import from_html

__all__ = ["decode_text", "flow", "from_html", "quote", "to_html", "unflow"]

MAX_TEXT = 2_097_152  # characters of one text that are shown
MAX_LINES = 100_000  # of one text that are shown; each costs some 3 µs
MAX_STEPS = 20_000  # into and out of quotation; each costs far more octets than its mark

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def decode_text(data: bytes, charset: bytes | str | None) -> str:
    """The text of a part, lines ended by LF, without controls; never raises."""
    text = charsets.decode(data, charset).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)


def to_html(text: str, *, flowed: bool = False, delsp: bool = False) -> str:
    """Text as safe HTML: escaped, addresses linked, quotation as nested blockquotes, lines ended by <br>."""
    paragraphs = lines(text[:MAX_TEXT], flowed=flowed, delsp=delsp)
    shown = "".join(_blocks(islice(paragraphs, MAX_LINES)))
    whole = len(text) <= MAX_TEXT and next(paragraphs, None) is None
    return shown if whole else f"{shown}…"


def _blocks(paragraphs: Iterator[Line]) -> Iterator[str]:
    depth, room, steps = 0, MAX_LINKS, 0
    for line in paragraphs:
        wanted = line.depth if steps < MAX_STEPS else depth
        steps += abs(wanted - depth)
        yield "<blockquote>" * (wanted - depth) or "</blockquote>" * (depth - wanted)
        depth = wanted
        shown, made = linkify(line.text, room)
        room -= made
        yield f"{shown}<br>\n"
    yield "</blockquote>" * depth


def quote(text: str) -> str:
    """Each line behind a `>`, as an answer has it."""
    return "\n".join(_quoted(line) for line in text.rstrip("\n").split("\n"))


def _quoted(line: str) -> str:
    if not line:
        return ">"
    return f">{line}" if line.startswith(">") else f"> {line}"
