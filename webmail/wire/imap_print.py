"""Values as an IMAP server prints them: strings, names of mailboxes, flags, dates (RFC 9051, 4 and 9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from time import gmtime

from webmail.wire.imap_utf7 import encode_utf7
from webmail.wire.imap_values import MAX_QUOTED

_PLAIN = re.compile(rb"[A-Za-z0-9$&'+,\-./:;=@_#]+")  # of ASTRING-CHAR those that no client ever got wrong
_NOT_QUOTED = re.compile(rb"[\r\n\x80-\xff]")
_NOT_QUOTED_UTF8 = re.compile(rb"[\r\n]")
_QUOTED_SPECIAL = re.compile(rb'(["\\])')
_DAY = 86_400  # seconds
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def string(value: str | bytes, *, utf8: bool = False) -> bytes:
    """Quoted where that can be, else a literal. `utf8`: text beyond ASCII may be quoted too (RFC 6855, 3).

    ValueError for NUL, which no string of IMAP holds.
    """
    octets = value.encode("utf-8") if isinstance(value, str) else value
    if b"\0" in octets:
        raise ValueError("NUL cannot be sent")
    not_quoted = _NOT_QUOTED_UTF8 if utf8 and isinstance(value, str) else _NOT_QUOTED
    if len(octets) > MAX_QUOTED or not_quoted.search(octets):
        return b"{%d}\r\n%s" % (len(octets), octets)
    return b'"' + _QUOTED_SPECIAL.sub(rb"\\\1", octets) + b'"'


def nstring(value: str | bytes | None, *, utf8: bool = False) -> bytes:
    return b"NIL" if value is None else string(value, utf8=utf8)


def nstring8(value: bytes | None) -> bytes:
    """As an nstring, or as a literal8 where it holds NUL (RFC 3516, 4.4)."""
    if value is not None and b"\0" in value:
        return b"~{%d}\r\n%s" % (len(value), value)
    return nstring(value)


def astring(value: str | bytes, *, utf8: bool = False) -> bytes:
    octets = value.encode("utf-8") if isinstance(value, str) else value
    if _PLAIN.fullmatch(octets) and octets.upper() != b"NIL":
        return octets
    return string(value, utf8=utf8)


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """In modified UTF-7, or UTF-8 once UTF8=ACCEPT or IMAP4rev2 is enabled (RFC 9051, 5.1)."""
    return astring(name, utf8=True) if utf8 else astring(encode_utf7(name))


def flag_list(flags: Iterable[str]) -> bytes:
    """Flags as they are stored, which were checked when they came."""
    return b"(" + " ".join(flags).encode("ascii") + b")"


def date_time(seconds: int, zone: int = 0) -> bytes:
    """RFC 9051, date-time, in quotes: seconds since 1970 in UTC, shown at `zone` minutes east of it.

    The year has to be one from 1 to 9999.
    """
    days, rest = divmod(seconds + zone * 60, _DAY)
    return b'"%b %02d:%02d:%02d %b"' % (_date(days), rest // 3600, rest // 60 % 60, rest % 60, _zone(zone))


@lru_cache(maxsize=4096)  # a mailbox has many messages of one day
def _date(days: int) -> bytes:
    when = gmtime(days * _DAY)
    return f"{when.tm_mday:2}-{_MONTHS[when.tm_mon - 1]}-{when.tm_year:04}".encode("ascii")


@lru_cache(maxsize=256)
def _zone(zone: int) -> bytes:
    hours, minutes = divmod(abs(zone), 60)
    return b"%c%02d%02d" % (b"-" if zone < 0 else b"+", hours, minutes)
