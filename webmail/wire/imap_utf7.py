"""Mailbox names in modified UTF-7 (RFC 3501, 5.1.3): exact on the way out, forgiving on the way in."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

_SHIFTED = re.compile(r"[^ -~]+|&")
_UNSHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def encode_utf7(name: str) -> bytes:
    """The name as ASCII. ValueError for a lone surrogate, which no encoding has."""
    return _SHIFTED.sub(_shift, name).encode("ascii")


def decode_utf7(raw: bytes) -> str:
    """The exact inverse of encode_utf7; what that could not have made is kept as it is.

    So no two names of a server ever look the same to us, and none holds a control character: a name
    that was kept is shown, and asking for it finds nothing rather than another mailbox. Octets
    above 127 are read as UTF-8, which careless servers send, else as Latin-1.
    """
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        return decode_utf8(raw)
    if "&" not in text:
        return text
    try:
        name = _UNSHIFTED.sub(_unshift, text)
        exact = encode_utf7(name) == raw and not any(ord(character) < 32 for character in name)
    except ValueError:  # bad base64, half a character, half a surrogate pair
        return text
    return name if exact else text


def decode_utf8(raw: bytes) -> str:
    """A name in UTF8=ACCEPT mode (RFC 6855, 3); Latin-1 if it is not UTF-8, so that it shows as something."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


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
