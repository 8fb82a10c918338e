"""Mailbox names in modified UTF-7 (RFC 3501, 5.1.3): exact on the way out, forgiving on the way in."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

_SHIFTED = re.compile(r"[^ -~]+|&")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def encode_utf7(name: str) -> bytes:
    """The name as ASCII. ValueError for a lone surrogate, which no encoding has."""
    return _SHIFTED.sub(_shift, name).encode("ascii")


def decode_utf7(raw: bytes) -> str:
    """The exact inverse of encode_utf7. An ASCII name that it could not have made is kept as it is.

    So a name in bad encoding never looks like the name of another mailbox. Careless servers send
    octets above 127: they are shown as UTF-8, else as Latin-1.
    """
    text = decode_utf8(raw)
    if "&" not in text or not text.isascii():
        return text
    try:
        name = _UNSHIFTED.sub(_unshift, text)
        exact = encode_utf7(name) == raw and not _CONTROL.search(name)
    except ValueError:  # bad base64, half a character, half a surrogate pair
        return text
    return name if exact else text


def decode_utf8(raw: bytes) -> str:
    """A name in UTF8=ACCEPT mode (RFC 6855, 3); never fails, never gives a control character."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    octets = b2a_base64(match[0].encode("utf-16-be"), newline=False)
    return "&" + octets.rstrip(b"=").replace(b"/", b",").decode("ascii") + "-"


def _unshift(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    octets = match[1].replace(",", "/")
    return a2b_base64(octets + "=" * (-len(octets) % 4)).decode("utf-16-be")
