"""What messages are sorted and joined to threads by: the date they were sent, and their Message-IDs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate, takewhile

from webmail.mail.headers import parse_date

MAX_DATE = 128  # octets of a Date field; a date has about 40
MAX_ID = 998  # octets of a Message-ID, one line (RFC 5322, 2.1.1)
MAX_REFERENCES_SIZE = 16_384  # characters of them; THREAD reads those of a whole mailbox
MAX_REFERENCES = 100  # of one message: its thread's first and the last ones, which tell the parent

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400
_MONTHS = {name: n for n, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ZONES = {b"EST": -5, b"EDT": -4, b"CST": -6, b"CDT": -5, b"MST": -7, b"MDT": -6, b"PST": -8, b"PDT": -7}
_DATE = re.compile(
    rb"(?:[A-Za-z]+[ ,.]*)?(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{2,4})"
    rb"(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?)?(?: ?([+-]\d{4}|[A-Za-z]+))?"
)
_ID = re.compile(rb'<[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"(@))?([^<>"\x00-\x20]++)[ \t]*+>', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sent:
    """`moment` in seconds since 1970 UTC, for SORT; `day` in days since then as written, for SENTON."""

    moment: int
    day: int


# RFC 5256, 2.2
def sent(raw: bytes | None) -> Sent | None:
    """None if there is no date; a time that cannot be is midnight, a zone that cannot be is UTC."""
    text = b" ".join((raw or b"")[:MAX_DATE].split())
    match = _DATE.match(text)
    try:
        return _from_match(match) if match else _from_datetime(parse_date(text))
    except (ValueError, KeyError):
        return None


def _from_match(match: re.Match[bytes]) -> Sent:
    day, month, year, hour, minute, second, zone = match.groups()
    day_number = date(_full_year(year), _MONTHS[month.lower()], int(day)).toordinal() - _EPOCH
    return Sent(day_number * _DAY + _time(hour, minute, second) - _offset(zone), day_number)


def _from_datetime(moment: datetime | None) -> Sent | None:
    if moment is None:
        return None
    return Sent(int(moment.astimezone(UTC).timestamp()), moment.toordinal() - _EPOCH)


# RFC 5322, 4.3
def _full_year(digits: bytes) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _time(hour: bytes | None, minute: bytes, second: bytes | None) -> int:
    if hour is None or int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return 0
    return int(hour) * 3600 + int(minute) * 60 + int(second or 0)


def _offset(zone: bytes | None) -> int:
    """Seconds east of Greenwich (RFC 5322, 3.3 and 4.3)."""
    if zone is None or zone[:1].isalpha():
        return _ZONES.get((zone or b"").upper(), 0) * 3600
    hours, minutes = int(zone[1:3]), int(zone[3:])
    if hours > 23 or minutes > 59:
        return 0
    return (hours * 3600 + minutes * 60) * (-1 if zone[:1] == b"-" else 1)


# RFC 5256, 3, REFERENCES: what is quoted needlessly is the same Message-ID without the quotes
def message_ids(raw: bytes | None) -> list[str]:
    """The Message-IDs of a field, in angle brackets; what is none is passed over."""
    found = []
    for match in _ID.finditer(raw or b""):
        quoted, at, rest = match.groups()
        octets = rest if at is None else _ESCAPED.sub(rb"\1", quoted) + at + rest
        if len(octets) <= MAX_ID:
            found.append(f"<{octets.decode('utf-8', 'replace')}>")
    return found


# RFC 5256, 3, REFERENCES
def references(raw: bytes | None, in_reply_to: bytes | None) -> tuple[str, ...]:
    """The messages that this one goes back to, the first of the thread first, its parent last."""
    found = message_ids(raw) or message_ids(in_reply_to)[:1]
    if len(found) > MAX_REFERENCES:
        found = found[:1] + found[1 - MAX_REFERENCES :]
    sizes = accumulate(map(len, reversed(found)))
    fitting = sum(1 for _ in takewhile(MAX_REFERENCES_SIZE.__ge__, sizes))
    return tuple(found if fitting == len(found) else found[:1] + found[len(found) - fitting :])
