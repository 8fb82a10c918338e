"""Content-Type and Content-Disposition: a value with parameters, kept as it was written (RFC 2045, 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_PARAMS = 128  # of one field, the segments of RFC 2231 counted; Dovecot's own limit for those

_TOKEN = rb'[^\x00-\x20\x7f()<>@,;:\\"/\[\]?=]'  # RFC 2045, 5.1; octets above 127 are met
_VALUE = re.compile(rb"\s*+(%b++)(?:\s*+/\s*+(%b++))?" % (_TOKEN, _TOKEN))
_PARAM = re.compile(
    rb';\s*+([^\s=;"()]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)|([^\s;"()]*+))', re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

Params = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class ContentType:
    """Names as they were written; `media` is `type/subtype` in lower case."""

    type: bytes
    subtype: bytes
    params: Params
    media: str

    def param(self, name: bytes) -> bytes:
        """The first of that name, given in lower case; b"" if there is none."""
        return next((value for key, value in self.params if key.lower() == name), b"")


_ASCII = ((b"charset", b"us-ascii"),)
PLAIN = ContentType(b"text", b"plain", _ASCII, "text/plain")  # RFC 2045, 5.2
MESSAGE = ContentType(b"message", b"rfc822", (), "message/rfc822")  # RFC 2046, 5.1.5
OPAQUE = ContentType(b"application", b"octet-stream", (), "application/octet-stream")


def parse(raw: bytes, default: ContentType = PLAIN) -> ContentType:
    """The default for what is no type at all; `text` alone is text/plain (RFC 2045, 5.2)."""
    match = _VALUE.match(raw)
    if match is None or not (match[2] or match[1].lower() == b"text"):
        return default
    type_, subtype, params = match[1], match[2] or b"plain", parameters(raw)
    lower = type_.lower()
    if lower == b"text" and not any(name.lower() == b"charset" for name, _ in params):
        params += _ASCII
    return ContentType(type_, subtype, params, (lower + b"/" + subtype.lower()).decode("latin-1"))


# RFC 2183, 2
def disposition(raw: bytes | None) -> tuple[bytes, Params] | None:
    """Its type, `attachment` if it has none that can be read (2.8), and parameters; None without a field."""
    if raw is None:
        return None
    match = _VALUE.match(raw)
    return (match[1] if match else b"attachment"), parameters(raw)


def parameters(raw: bytes) -> Params:
    """Names and values in their order, RFC 2231 left as written; what is no parameter is passed over."""
    found = []
    for match in _PARAM.finditer(raw):
        name, quoted, plain = match.groups()
        if quoted is not None and b"\\" in quoted:
            quoted = _ESCAPED.sub(rb"\1", quoted)
        found.append((name, plain if quoted is None else quoted))
        if len(found) == MAX_PARAMS:
            break
    return tuple(found)
