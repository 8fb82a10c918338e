"""Header fields as a person reads them: decoded, one line, without what could deceive the eye."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from webmail.mail import charsets, encoded_words
from webmail.mail.addresses import BadAddress, Person, parse_recipients, valid, wire_address
from webmail.wire.imap_replies import Address

__all__ = [
    "MESSAGE_ID",
    "BadAddress",
    "Person",
    "clean",
    "decode",
    "fields",
    "message_ids",
    "parse_date",
    "parse_recipients",
    "people",
    "valid",
    "wire_address",
]

MAX_FIELD = 65_536  # octets of one field that are read; more is no subject and no name
MAX_BLOCK = 262_144  # octets of a header block that are shown
MAX_FIELDS = 1_000  # fields of a block that are shown
MAX_PEOPLE = 1_000  # addresses of one field that are shown
MAX_IDS = 1_000  # Message-IDs of one References field that are read
MAX_DATE = 128  # octets; a date has about 40

_ELLIPSIS = "…"
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_BREAK = re.compile(rb"\r?\n(?![ \t])")
_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]{0,20}(?=:)")
_PLAIN_LOCAL = re.compile(rb"[A-Za-z0-9._+=-]{1,64}")
_PLAIN_HOST = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.-]{0,253}")
_DOT_ATOM = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\]]+")


def _invisible() -> dict[int, str | None]:
    """Controls, and what makes text run against its own direction or hides in it."""
    drop = [*range(0x20), *range(0x7F, 0xA0), 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    drop += [*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)]
    table: dict[int, str | None] = dict.fromkeys(drop)
    return table | dict.fromkeys((0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), " ")


_INVISIBLE = _invisible()


def clean(text: str) -> str:
    """One line without controls, bidirectional overrides and doubled blanks."""
    if text.isascii() and text.isprintable() and "  " not in text:  # nearly always, and ten times as fast
        return text.strip()
    return " ".join(text.translate(_INVISIBLE).split())


def decode(raw: bytes | None) -> str:
    """The text of an unstructured field (RFC 2047, junk guessed), one clean line; never raises.

    Only the first 64 KiB are read; a cut one ends in an ellipsis.
    """
    if not raw:
        return ""
    if len(raw) > MAX_FIELD:
        return clean(encoded_words.decode(raw[:MAX_FIELD])) + _ELLIPSIS
    return clean(encoded_words.decode(raw))


def people(addresses: tuple[Address, ...]) -> tuple[Person, ...]:
    """The people of an envelope's field; a group's members in place, an empty group by its name alone."""
    return tuple(_people(addresses[:MAX_PEOPLE]))


def _people(addresses: tuple[Address, ...]) -> Iterator[Person]:
    group: str | None = None  # RFC 9051, 7.5.2: a group begins with a mailbox without host, ends with neither
    for address in addresses:
        if address.host is not None:
            group = None
            yield Person(decode(address.name), _addr_spec(address.mailbox or b"", address.host))
        elif address.mailbox is not None:
            group = decode(address.mailbox)
        elif group is not None:
            yield Person(group, "")
            group = None


def _addr_spec(mailbox: bytes, host: bytes) -> str:
    """RFC 2047 words are not decoded here: what merely looks like an address must not become one."""
    if _PLAIN_LOCAL.fullmatch(mailbox) and _PLAIN_HOST.fullmatch(host):
        return f"{mailbox.decode('ascii')}@{host.decode('ascii')}"
    local = clean(charsets.decode(mailbox[:MAX_FIELD]))
    domain = clean(charsets.decode(host[:MAX_FIELD]))
    if local and not _DOT_ATOM.fullmatch(local):
        local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if domain in {"", "MISSING_DOMAIN", ".MISSING-HOST-NAME."}:  # what Dovecot and UW say for no host
        return local
    return f"{local}@{domain}"


def fields(block: bytes) -> tuple[tuple[str, str], ...]:
    """Names and decoded values of a header block, in its order; lines that are no field are passed over."""
    return tuple(_fields(block[:MAX_BLOCK]))


def _fields(block: bytes) -> Iterator[tuple[str, str]]:
    for line in _BREAK.split(block, maxsplit=MAX_FIELDS)[:MAX_FIELDS]:
        name = _NAME.match(line)
        if name:
            yield name[0].decode("ascii").rstrip(), decode(line[name.end() + 1 :])


def message_ids(raw: bytes | str | None) -> tuple[str, ...]:
    """The Message-IDs of a field, each with its angle brackets (RFC 5322, 3.6.4); the rest is passed over."""
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw or ""
    return tuple(MESSAGE_ID.findall(text[:MAX_BLOCK]))[:MAX_IDS]


def parse_date(raw: bytes | str | None) -> datetime | None:
    """The moment of a Date field (RFC 5322, 3.3, and its wild forms), aware; None if it tells none."""
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw or ""
    text = " ".join(text[:MAX_DATE].split())
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment if 1900 < moment.year < 9000 else None  # so that any time zone can be applied
    return None
