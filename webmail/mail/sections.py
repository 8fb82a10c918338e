"""The sections of a message by their numbers, as offsets: what answers BODY[…] and BINARY[…] without parsing.

find(sections, "1.2.MIME") -> (start, end) · pack(sections) -> bytes · unpack(bytes) -> sections
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webmail.mail.entities import Entity

_VERSION = b"\x01"
_FIELDS = 8  # of one section when packed
_WHATS = frozenset(("HEADER", "MIME", "TEXT"))
_TOKEN = re.compile(r"[!-~]{1,64}")
_ENCODING = re.compile(rb"\s*+([!#-'*+./0-9A-Z^_`a-z{|}~-]++)\s*+(?:[;(].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Section:
    """Offsets into the message's octets; type, charset and encoding in lower case.

    `text` is where the body begins of the message that this section holds, or is; -1 if it is none.
    """

    number: str  # "1.2"; "" is the whole message
    start: int  # of its MIME header
    body: int
    end: int
    text: int
    encoding: str
    type: str  # "text/plain"
    charset: str  # "" if none is given, or none that can be one


# RFC 9051, 6.4.5.1
def number(entities: Sequence[Entity]) -> tuple[Section, ...]:
    """The whole message, then every part that has a number of its own.

    A multipart that is a message's body has none: its parts are numbered right below the message.
    A message's body that is no multipart is its part 1.
    """
    root = entities[0]
    sections = [Section("", 0, root.body, root.end, root.body, "", "", "")]
    numbers = _numbers(entities)
    texts = {entity.parent: entity.body for entity in entities if entities[entity.parent].is_message}
    for index, entity in enumerate(entities):
        if numbers[index]:
            sections.append(_section(numbers[index], entity, texts.get(index, -1)))
    return tuple(sections)


def _numbers(entities: Sequence[Entity]) -> list[str]:
    """For each entity its number, "" if it has none."""
    numbers: list[str] = []
    prefixes: list[str] = []  # of what each entity holds
    parts = [0] * len(entities)  # met so far
    for entity in entities:
        prefix = prefixes[entity.parent] if numbers else ""
        if not numbers or entities[entity.parent].is_message:
            own = "" if entity.is_multipart else f"{prefix}1"
        else:
            parts[entity.parent] += 1
            own = f"{prefix}{parts[entity.parent]}"
        numbers.append(own)
        prefixes.append(f"{own}." if own else prefix)
    return numbers


def _section(number: str, entity: Entity, text: int) -> Section:
    charset = entity.type.param(b"charset").decode("ascii", "ignore").lower()
    media = entity.type.media
    return Section(
        number,
        entity.start,
        entity.body,
        entity.end,
        text,
        encoding(entity.mime.get(b"content-transfer-encoding")).decode("ascii").lower(),
        media if _TOKEN.fullmatch(media) else "application/octet-stream",
        charset if _TOKEN.fullmatch(charset) else "",
    )


# RFC 2045, 6.1
def encoding(raw: bytes | None) -> bytes:
    """The Content-Transfer-Encoding as it is written; 7bit where none is."""
    match = _ENCODING.fullmatch(raw) if raw else None
    return match[1][:64] if match else b"7bit"


def find(sections: Sequence[Section], specifier: str) -> tuple[int, int] | None:
    """Start and end of "", "1.2", "1.2.MIME", "HEADER", "TEXT", "2.HEADER" …; None if there is no such.

    HEADER and TEXT are of a message only: the whole one, or one that the part of that number holds.
    """
    number, what = _taken_apart(specifier)
    part = next((each for each in sections if each.number == number), None)
    if part is None:
        return None
    if not what:
        return (part.body, part.end) if part.number else (0, part.end)
    if what == "MIME":
        return (part.start, part.body) if part.number else None
    if part.text < 0:
        return None
    start = part.body if part.number else 0
    return (start, part.text) if what == "HEADER" else (part.text, part.end)


def _taken_apart(specifier: str) -> tuple[str, str]:
    number, dot, what = specifier.rpartition(".")
    if what.upper() in _WHATS and bool(dot) is bool(number):
        return number, what.upper()
    return specifier, ""


def pack(sections: Iterable[Section]) -> bytes:
    """A line for each, behind an octet that tells the form."""
    lines = [
        f"{s.number} {s.start} {s.body} {s.end} {s.text} {s.encoding} {s.type} {s.charset}" for s in sections
    ]
    return _VERSION + "\n".join(lines).encode("ascii")


def unpack(packed: bytes) -> tuple[Section, ...]:
    """The inverse of pack; ValueError for what it never made."""
    if packed[:1] != _VERSION:
        raise ValueError("sections in an unknown form")
    return tuple([_unpacked(line.split(" ")) for line in packed[1:].decode("ascii").split("\n")])


def _unpacked(words: list[str]) -> Section:
    if len(words) != _FIELDS:
        raise ValueError("a section has eight fields")
    number, start, body, end, text, encoding, type_, charset = words
    return Section(number, int(start), int(body), int(end), int(text), encoding, type_, charset)
