"""Messages told in few words, for those whose envelope or structure is more than our reader takes.

Anybody can send a header of a million addresses, or ten thousand parts with long names. Such a message is
to lie among the others, not to hide them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import getaddresses

from webmail.wire.imap_fetch_items import header_fields
from webmail.wire.imap_replies import Address, Envelope, Fetch, Part

WINDOW = 2048  # octets of each field: a subject, the first of the people
NAMES = (
    *("DATE", "SUBJECT", "FROM", "SENDER", "REPLY-TO", "TO", "CC", "BCC", "IN-REPLY-TO", "MESSAGE-ID"),
    "REFERENCES",
)
ROW = (
    *("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    *(header_fields((name,), start=0, count=WINDOW) for name in NAMES),
)

_END = re.compile(rb"\r?\n(?![ \t])")


def told(reply: Fetch) -> Fetch:
    """A reply to ROW as if to the usual question; the one part is the whole body as it lies there."""
    fields = dict(filter(None, map(_field, reply.sections.values())))
    references = fields.get("REFERENCES")
    return replace(
        reply,
        envelope=_envelope(fields),
        structure=Part("TEXT", "text", "plain", encoding="8bit", size=reply.size or 0),
        sections={"REFERENCES": references} if references else {},
    )


def _field(octets: bytes | None) -> tuple[str, bytes] | None:
    """The first field of a block, unfolded; a list that is cut ends with its last whole member."""
    name, colon, value = _END.split(octets or b"", maxsplit=1)[0].partition(b":")
    if not colon:
        return None
    if len(octets or b"") >= WINDOW and b"," in value:
        value = value.rpartition(b",")[0]
    return name.strip().decode("latin-1").upper(), b" ".join(value.split())


def _envelope(fields: Mapping[str, bytes]) -> Envelope:
    authors = _addresses(fields.get("FROM"))
    return Envelope(
        fields.get("DATE"),
        fields.get("SUBJECT"),
        authors,
        _addresses(fields.get("SENDER")) or authors,
        _addresses(fields.get("REPLY-TO")) or authors,
        _addresses(fields.get("TO")),
        _addresses(fields.get("CC")),
        _addresses(fields.get("BCC")),
        fields.get("IN-REPLY-TO"),
        fields.get("MESSAGE-ID"),
    )


def _addresses(value: bytes | None) -> tuple[Address, ...]:
    pairs = getaddresses([(value or b"").decode("latin-1")])
    return tuple(_address(name, address) for name, address in pairs if address)


def _address(name: str, address: str) -> Address:
    local, _, host = address.rpartition("@")
    return Address(*(it.encode("latin-1") for it in (name, "", local, host)))
