"""What a message is made of, as a server tells it: ENVELOPE and BODYSTRUCTURE (RFC 9051, 7.5.2).

Nothing here raises: servers send what they were sent, and a message with a broken structure gives what
can be told of it instead of taking the whole list of messages down with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from types import MappingProxyType

from webmail.wire.imap_replies import Address, Envelope, Part
from webmail.wire.imap_tokens import Value, integer, octets

MAX_PARTS = 10_000  # of one message; as many as Dovecot parses

_NONE: Mapping[str, bytes] = MappingProxyType({})
_HOLDS_MESSAGE = {"rfc822", "global"}  # RFC 6532, 3.7


def envelope(value: Value) -> Envelope | None:
    if not isinstance(value, list):
        return None
    date, subject, from_, sender, reply_to, to, cc, bcc, in_reply_to, message_id = _padded(value, 10)
    authors = addresses(from_)
    return Envelope(
        octets(date),
        octets(subject),
        authors,
        authors if sender == from_ else addresses(sender),  # most often the same as From
        authors if reply_to == from_ else addresses(reply_to),
        addresses(to),
        addresses(cc),
        addresses(bcc),
        octets(in_reply_to),
        octets(message_id),
    )


def addresses(value: Value) -> tuple[Address, ...]:
    """Members and marks of groups as they came: (NIL NIL "group" NIL) begins one, all NIL ends it."""
    if not isinstance(value, list):
        return ()
    return tuple(Address(*map(octets, _padded(item, 4))) for item in value if isinstance(item, list))


def structure(value: Value) -> Part | None:
    """The tree of parts, numbered as BODY[section] wants them (RFC 9051, 6.4.5.1).

    A multipart that is the body of a message/rfc822 part "3" has no number of its own: its section is
    "3.TEXT", and its parts are "3.1", "3.2". Of more than MAX_PARTS parts the rest is left out.
    """
    return _Tree().part(value, "", "1", "") if isinstance(value, list) else None


class _Tree:
    """One walk over a body structure; `left` is how many parts may still come."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_PARTS

    def part(self, value: Value, many: str, single: str, prefix: str) -> Part:
        """Its section is `many` if it is a multipart, else `single`; `prefix` begins its parts’ sections."""
        self.left -= 1
        values = value if isinstance(value, list) else []
        if _is_multipart(values):
            return self._multipart(values, many, prefix)
        return self._single(values, single)

    def _multipart(self, values: list[Value], section: str, prefix: str) -> Part:
        bodies = list(takewhile(_is_list, values))
        at = len(bodies) or int(values[0] is None)  # NIL may stand where the parts ought to be
        subtype, *extension = values[at:] or [None]
        disposition, disposition_params = _disposition(extension)
        return Part(
            section,
            "multipart",
            _word(subtype, "mixed"),
            _params(extension[0] if extension else None),
            disposition=disposition,
            disposition_params=disposition_params,
            parts=tuple(
                self.part(body, f"{prefix}{number}", f"{prefix}{number}", f"{prefix}{number}.")
                for number, body in enumerate(bodies, 1)
                if self.left > 0
            ),
        )

    def _single(self, values: list[Value], section: str) -> Part:
        media, minor, params, id_, description, encoding, size = _padded(values, 7)
        type_, subtype, rest = _word(media, "application"), _word(minor, "octet-stream"), values[7:]
        inner: Envelope | None = None
        parts: tuple[Part, ...] = ()
        if type_ == "message" and subtype in _HOLDS_MESSAGE and len(rest) > 1 and isinstance(rest[0], list):
            inner = envelope(rest[0])
            parts = (self.part(rest[1], f"{section}.TEXT", f"{section}.1", f"{section}."),)
            rest = rest[2:]
        counts_lines = (type_ == "text" or parts) and rest and _is_number(rest[0])
        disposition, disposition_params = _disposition(rest)
        return Part(
            section,
            type_,
            subtype,
            _params(params),
            octets(id_),
            octets(description),
            _word(encoding, "7bit"),
            integer(size),
            integer(rest[0]) if counts_lines else None,
            disposition,
            disposition_params,
            inner,
            parts,
        )


def _is_list(value: Value) -> bool:
    return isinstance(value, list)


def _is_multipart(values: list[Value]) -> bool:
    """Also one without parts, which servers send as ("mixed" (params) …) or (NIL "mixed" …)."""
    if not values or isinstance(values[0], list):
        return bool(values)
    second = values[1] if len(values) > 1 else None
    return isinstance(second, list) or (values[0] is None and second is not None and len(values) < 7)


def _disposition(extension: list[Value]) -> tuple[str | None, Mapping[str, bytes]]:
    """Behind the MD5, before which there may be lines, or behind the parameters of a multipart."""
    for value in extension[1:3]:
        if isinstance(value, list) and len(value) == 2 and not isinstance(value[1], bytes):
            return _word(value[0], "attachment"), _params(value[1])
        if isinstance(value, bytes) and value.lower() in {b"inline", b"attachment"}:
            return _word(value, ""), _NONE
    return None, _NONE


def _params(value: Value) -> Mapping[str, bytes]:
    if not isinstance(value, list) or not value:
        return _NONE
    return {_word(name, ""): octets(text) or b"" for name, text in zip(value[::2], value[1::2], strict=False)}


def _word(value: Value, default: str) -> str:
    word = octets(value)
    return word.decode("latin-1").lower() if word else default


def _is_number(value: Value) -> bool:
    return (octets(value) or b"").isdigit()


def _padded(values: list[Value], length: int) -> list[Value]:
    return values if len(values) == length else (values + [None] * length)[:length]
