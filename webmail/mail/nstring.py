"""Octets as strings of IMAP, for answers that are written once and sent often (RFC 9051, 4.3)."""

from __future__ import annotations

import re

_NUL = "\ufffd".encode()  # what stands for NUL, which no string can hold; Dovecot does the same
_PLAIN = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-!#-\[\]-\x7f]*+")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*+")
_SPECIAL = re.compile(rb'(["\\])')


def nstring(octets: bytes | None) -> bytes:
    """NIL, quoted, or a literal where octets above 127, CR or LF make quoting impossible."""
    if octets is None:
        return b"NIL"
    if _PLAIN.fullmatch(octets):
        return b'"%b"' % octets
    if _QUOTABLE.fullmatch(octets):
        return b'"%b"' % _SPECIAL.sub(rb"\\\1", octets)
    octets = octets.replace(b"\0", _NUL)
    return b"{%d}\r\n%b" % (len(octets), octets)
