"""FETCH replies as values (RFC 9051, 7.5.2). Nothing here raises: what has no sense is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from webmail.wire.imap_replies import Fetch
from webmail.wire.imap_structure import envelope, structure
from webmail.wire.imap_tokens import Value, frozen, integer, octets, text, texts

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = {name: f"{number:02}" for number, name in enumerate(_MONTHS, 1)}


def fetch(seq: int, items: list[Value]) -> Fetch:
    """Names and values by turns, as they stand between the parentheses of a FETCH reply."""
    known: dict[str, Any] = {}
    sections: dict[str, bytes | None] = {}
    others: dict[str, object] = {}
    for key, value in _pairs(items):
        if (reader := _READERS.get(key)) is not None:
            known[reader.field] = reader.read(value)
        elif key.startswith(("BODY[", "BINARY[", "RFC822")):
            sections[key] = octets(value)
        elif key:
            others[key] = frozen(value)
    return Fetch(seq, sections=sections, others=others, **known)


def _pairs(items: list[Value]) -> Iterator[tuple[str, Value]]:
    """`BODY[HEADER.FIELDS (TO CC)]<0>` comes as a name, a list and the rest of the name."""
    rest = iter(items)
    for name in rest:
        key = text(name).upper()
        if "[" in key and "]" not in key:
            fields = next(rest, None)
            names = " ".join(map(text, fields)) if isinstance(fields, list) else text(fields)
            key = f"{key} ({names}){text(next(rest, None))}".upper()
        yield key, next(rest, None)


def date_time(value: Value) -> datetime | None:
    """RFC 9051, date-time: ` 1-Feb-2026 08:05:00 +0100`, also without the blank in front."""
    said = text(value).rjust(26)
    month = _MONTH.get(said[3:6].lower())
    day = said[:2].replace(" ", "0")
    try:
        when = datetime.fromisoformat(f"{said[7:11]}-{month}-{day}T{said[12:20]}{said[21:]}")
    except ValueError:
        return None
    return when if when.tzinfo else None


def _number(value: Value) -> int | None:
    return None if value is None else integer(value)


def _modseq(value: Value) -> int | None:
    return integer(value[0]) if isinstance(value, list) and value else None


class _Reader(NamedTuple):
    field: str
    read: Callable[[Value], object]


_READERS: Mapping[str, _Reader] = {
    "UID": _Reader("uid", _number),
    "FLAGS": _Reader("flags", texts),
    "ENVELOPE": _Reader("envelope", envelope),
    "BODYSTRUCTURE": _Reader("structure", structure),
    "BODY": _Reader("structure", structure),
    "INTERNALDATE": _Reader("internaldate", date_time),
    "RFC822.SIZE": _Reader("size", _number),
    "MODSEQ": _Reader("modseq", _modseq),  # RFC 7162, 7
}
