"""Content-Transfer-Encodings undone piece by piece (RFC 2045, section 6), whatever junk is inside."""

from __future__ import annotations

import binascii
from typing import Protocol

PIECE = 262_144  # octets that are decoded in one go: no other thread runs meanwhile
MAX_LINE = 65_536  # octets of a quoted-printable line that are held back; RFC 2045 allows 76

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
_NOT_BASE64 = bytes(set(range(256)) - _BASE64)
_READ_OTHERWISE = (b"==", b" \r", b" \n", b"\t\r", b"\t\n")  # by the C library than by us


class _Decoding(Protocol):
    def feed(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


class Decoder:
    """Undoes one part's encoding; unknown encodings pass through. Holds at most `MAX_LINE` octets."""

    def __init__(self, encoding: str) -> None:
        self._decoding: _Decoding = _DECODINGS.get(encoding.strip().lower(), _Identity)()

    def feed(self, data: bytes) -> bytes:
        return self._decoding.feed(data)

    def finish(self) -> bytes:
        return self._decoding.finish()


def decode(data: bytes, encoding: str) -> bytes:
    """All of it at once."""
    if encoding.strip().lower() == "quoted-printable" and _is_plain(data):
        return binascii.a2b_qp(data)  # in a tenth of the time
    decoder = Decoder(encoding)
    pieces = [decoder.feed(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    return b"".join([*pieces, decoder.finish()])


def _is_plain(quoted: bytes) -> bool:
    """No blanks at a line's end, no CR without LF, no = without meaning."""
    ends_blank = quoted.endswith((b" ", b"\t"))
    bare = quoted.count(b"\r") != quoted.count(b"\r\n")
    return not ends_blank and not bare and not any(odd in quoted for odd in _READ_OTHERWISE)


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _Base64:
    """RFC 2045, 6.8. Padding closes a group; what follows begins anew, as some senders join pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        *closed, rest = (self._rest + data.translate(None, _NOT_BASE64)).split(b"=")
        out = b"".join(_closed(piece) for piece in closed if piece)
        whole = len(rest) & ~3
        self._rest = rest[whole:]
        return out + binascii.a2b_base64(rest[:whole])

    def finish(self) -> bytes:
        rest, self._rest = self._rest, b""
        return _closed(rest)


def _closed(group: bytes) -> bytes:
    if len(group) % 4 == 1:  # six bits are no octet
        group = group[:-1]
    return binascii.a2b_base64(group + b"=" * (-len(group) % 4))


class _QuotedPrintable:
    """RFC 2045, 6.7: line by line, because blanks at a line's end do not count."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        *lines, rest = (self._rest + data).split(b"\n")
        out = b"".join(map(_line, lines))
        if len(rest) > MAX_LINE:
            keep = rest[-2:]  # perhaps the beginning of =XX
            out += _unescape(rest[:-2])
            rest = keep
        self._rest = rest
        return out

    def finish(self) -> bytes:
        rest, self._rest = self._rest, b""
        return _unescape(rest.rstrip(b" \t").removesuffix(b"="))


def _line(line: bytes) -> bytes:
    end = b"\r\n" if line.endswith(b"\r") else b"\n"
    text = line.rstrip(b" \t\r")
    if text.endswith(b"="):
        return _unescape(text[:-1])
    return _unescape(text) + end


def _unescape(text: bytes) -> bytes:
    if b"=" not in text:
        return text
    # a2b_qp would take = before CR for a soft break and drop the line
    return binascii.a2b_qp(text.replace(b"=\r", b"=3D\r"))


_DECODINGS: dict[str, type[_Base64 | _QuotedPrintable]] = {
    "base64": _Base64,
    "quoted-printable": _QuotedPrintable,
}
