"""FETCH replies as values (RFC 9051, 7.5.2). Nothing here raises: what has no sense is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from webmail.wire.imap_replies import Fetch
from webmail.wire.imap_structure import envelope, structure
from webmail.wire.imap_tokens import Value, frozen, integer, octets, text

_DATE = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def fetch(seq: int, items: list[Value]) -> Fetch:
    """Names and values by turns, as they stand between the parentheses of a FETCH reply."""
    known: dict[str, Any] = {}
    sections: dict[str, bytes | None] = {}
    others: dict[str, object] = {}
    for name, value in zip(items[::2], items[1::2], strict=False):
        key = name.upper() if isinstance(name, str) else ""
        if key in _READERS:
            field, read = _READERS[key]
            known[field] = read(value)
        elif key.startswith(("BODY[", "BINARY[", "RFC822")):
            sections[key.replace('"', "")] = octets(value)
        elif key:
            others[key] = frozen(value)
    return Fetch(seq, sections=sections, others=others, **known)


def date_time(value: Value) -> datetime | None:
    """RFC 9051, date-time."""
    match = _DATE.fullmatch(text(value))
    if match is None or match[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second, hours, minutes = map(int, match.group(1, 3, 4, 5, 6, 8, 9))
    month = _MONTHS.index(match[2].lower()) + 1
    offset = timedelta(hours=hours, minutes=minutes)
    try:
        zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)  # 60 is a leap second
    except ValueError:  # the 31st of February, a zone of 99 hours
        return None


def _number(value: Value) -> int | None:
    return None if value is None else integer(value)


def _flags(value: Value) -> tuple[str, ...]:
    return tuple(map(text, value)) if isinstance(value, list) else ()


def _modseq(value: Value) -> int | None:
    return integer(value[0]) if isinstance(value, list) and value else None


_READERS: Mapping[str, tuple[str, Callable[[Value], object]]] = {
    "UID": ("uid", _number),
    "FLAGS": ("flags", _flags),
    "ENVELOPE": ("envelope", envelope),
    "BODYSTRUCTURE": ("structure", structure),
    "BODY": ("structure", structure),
    "INTERNALDATE": ("internaldate", date_time),
    "RFC822.SIZE": ("size", _number),
    "MODSEQ": ("modseq", _modseq),  # RFC 7162, 7
}
