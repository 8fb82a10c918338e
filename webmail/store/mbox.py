"""The format mboxrd: messages behind lines that begin with `From `, which are quoted inside of them.

Before each such line, and at the end of the file, exactly one line end belongs to the format and not to the
message. Flags stand in the fields Status, X-Status and X-Keywords, as other programs have them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from webmail.errors import BadRequest
from webmail.mail.index import Octets

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")

# RFC 4155, default mbox; the time is in UTC if no zone is said
_FROM = re.compile(
    rb"^From (?:[^\n]*? )??(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? {1,2}(" + b"|".join(_MONTHS) + rb") {1,2}"
    rb"(\d{1,2}) {1,2}(\d{1,2}):(\d\d)(?::(\d\d))?(?: [A-Z]{2,5}| [+-]\d{4})? (\d{4})( [+-]\d{4})?[^\n]*\n?",
    re.MULTILINE,
)
_QUOTED = re.compile(rb"^>++From ", re.MULTILINE)
_TO_QUOTE = re.compile(rb"^>*+From ", re.MULTILINE)
_BLANK = re.compile(rb"^\r?\n", re.MULTILINE)
_STATUS = re.compile(
    rb"^(Status|X-Status|X-Keywords|X-UID|X-IMAPbase|X-IMAP):([^\n]*\n(?:[ \t][^\n]*\n)*)",
    re.MULTILINE | re.IGNORECASE,
)
_LETTERS = {
    (b"status", b"R"): "\\Seen",
    (b"x-status", b"A"): "\\Answered",
    (b"x-status", b"F"): "\\Flagged",
    (b"x-status", b"D"): "\\Deleted",
    (b"x-status", b"T"): "\\Draft",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A message in the file: octets `start` to `end` without those of `cuts`; `when` in seconds, if told."""

    start: int
    end: int
    cuts: tuple[tuple[int, int], ...]
    flags: tuple[str, ...]
    when: int | None


def messages(octets: Octets) -> Iterator[Found]:
    """The messages of a file. Raises BadRequest if it begins with something else."""
    if len(octets) and _FROM.match(octets) is None:
        raise BadRequest("this is no mbox: it does not begin with a line “From sender date”")
    before: re.Match[bytes] | None = None
    for line in _FROM.finditer(octets):
        if before is not None:
            yield from _found(octets, before, line.start())
        before = line
    if before is not None:
        yield from _found(octets, before, len(octets))


def _found(octets: Octets, line: re.Match[bytes], end: int) -> Iterator[Found]:
    """Nothing for the pseudo-message in which some programs keep what concerns the whole file."""
    start, end = line.end(), _without_line_end(octets, line, end)
    blank = _BLANK.search(octets, start, end)
    fields = list(_STATUS.finditer(octets, start, blank.start() if blank else end))
    if any(field[1].lower() == b"x-imap" for field in fields):
        return
    quotes = [(quoted.start(), quoted.start() + 1) for quoted in _QUOTED.finditer(octets, start, end)]
    cuts = sorted([field.span() for field in fields] + quotes)
    yield Found(start, end, tuple(cuts), tuple(_flags(fields)), _when(line))


def _without_line_end(octets: Octets, line: re.Match[bytes], end: int) -> int:
    size = 2 if line[0].endswith(b"\r\n") and octets[end - 2 : end] == b"\r\n" else 1
    return max(line.end(), end - size) if octets[end - 1 : end] == b"\n" else end


def _flags(fields: Sequence[re.Match[bytes]]) -> Iterator[str]:
    for field in fields:
        name, value = field[1].lower(), field[2]
        if name == b"x-keywords":
            yield from value.decode("ascii", "replace").split()
        else:
            yield from (flag for (of, letter), flag in _LETTERS.items() if of == name and letter in value)


def _when(line: re.Match[bytes]) -> int | None:
    month, *numbers, zone = line.groups()
    day, hour, minute, second, year = (int(number or 0) for number in numbers)
    try:
        moment = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) - _offset(zone)


def _offset(zone: bytes | None) -> int:
    if zone is None:
        return 0
    minutes = int(zone[2:4]) * 60 + int(zone[4:6])
    return (-minutes if zone[1:2] == b"-" else minutes) * 60


def from_line(when: int, line_end: bytes) -> bytes:
    return b"From MAILER-DAEMON " + time.asctime(time.gmtime(when)).encode("ascii") + line_end


def to_quote(octets: Octets) -> Iterator[int]:
    """Where a `>` has to be put before a line of a message."""
    return (line.start() for line in _TO_QUOTE.finditer(octets))


def status(flags: Sequence[str], line_end: bytes) -> bytes:
    """The fields that tell these flags."""
    letters = {
        name: b"".join(letter for (of, letter), flag in _LETTERS.items() if of == name and flag in flags)
        for name in (b"status", b"x-status")
    }
    keywords = " ".join(flag for flag in flags if not flag.startswith("\\")).encode("ascii")
    lines = [b"Status: " + letters[b"status"] + b"O"]
    if letters[b"x-status"]:
        lines.append(b"X-Status: " + letters[b"x-status"])
    if keywords:
        lines.append(b"X-Keywords: " + keywords)
    return b"".join(line + line_end for line in lines)
