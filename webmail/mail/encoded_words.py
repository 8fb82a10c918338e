"""Words of other alphabets inside header fields (RFC 2047): read as met, written as they should be."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from webmail.mail import charsets

_HEAD = re.compile(rb"=\?([^?=\s]{1,75})\?([bBqQ])\?")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(slots=True)
class _Run:
    """Neighbouring words of one charset, joined before decoding: some senders cut inside a character."""

    charset: bytes
    data: bytes = b""
    rest: bytes = b""  # base64 that ends inside a group: some cut even there

    def add(self, encoding: bytes, text: bytes) -> None:
        if encoding in b"qQ":
            self._close()
            self.data += _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), text.replace(b"_", b" "))
            return
        clean = text.translate(None, _NOT_BASE64)
        if (len(clean) + text.count(b"=")) % 4 == 0:
            self._close()  # what was left before lacked its padding
        clean = self.rest + clean
        whole = len(clean) & ~3
        self.data += binascii.a2b_base64(clean[:whole])
        self.rest = clean[whole:]
        if b"=" in text:
            self._close()

    def _close(self) -> None:
        rest, self.rest = self.rest, b""
        if len(rest) > 1:  # six bits are no octet
            self.data += binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))

    def text(self) -> str:
        self._close()
        return charsets.decode(self.data, self.charset)


def decode(raw: bytes) -> str:
    """The text of a field, RFC 2047 words decoded wherever they stand; never raises; linear."""
    if b"=?" not in raw:
        return charsets.decode(raw)
    runs: list[_Run] = []
    position = 0
    for start, end, charset, head, text in _words(raw):
        gap = raw[position:start]
        beside = position > 0 and not gap.strip()  # blanks between two words are not part of the text
        if not beside:
            runs.append(_Run(b"", gap))
        if not beside or runs[-1].charset != charset:
            runs.append(_Run(charset))
        runs[-1].add(head, text)
        position = end
    runs.append(_Run(b"", raw[position:]))
    return "".join(run.text() for run in runs)


def _words(raw: bytes) -> Iterator[tuple[int, int, bytes, bytes, bytes]]:
    """Start, end, charset in lower case, encoding and encoded text of each word."""
    heads = list(_HEAD.finditer(raw))
    close = -1
    for number, head in enumerate(heads):
        if close < head.end():  # asked once per closing mark, so that a bomb of heads stays linear
            close = raw.find(b"?=", head.end())
        if close < 0:
            return
        if number + 1 < len(heads) and heads[number + 1].start() < close:
            continue  # never closed: another word begins first
        charset = head[1].partition(b"*")[0].lower()  # RFC 2231, section 5: a language may follow
        yield head.start(), close + 2, charset, head[2], raw[head.end() : close]


MAX_WORD = 64  # characters of one word; RFC 2047 allows 75, but 76 for the line with the name of its field
_ROOM = MAX_WORD - len("=?utf-8?q??=")
_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def encode(text: str) -> list[str]:
    """Words of at most `MAX_WORD` characters, to be separated by blanks; none ends inside a character.

    Fit for phrases and unstructured fields alike (RFC 2047, 5); base64 only where it is shorter by far.
    """
    quoted = [_quoted(char) for char in text]
    as_base64 = sum(map(len, quoted)) * 9 > len(text.encode()) * 16  # that is: by a third shorter
    write = _word_b if as_base64 else _word_q
    lengths = [len(char.encode()) for char in text] if as_base64 else [len(char) for char in quoted]
    room = _ROOM // 4 * 3 if as_base64 else _ROOM
    return [write(piece) for piece in _pieces(text, lengths, room)]


def _pieces(text: str, lengths: list[int], room: int) -> Iterator[str]:
    start = used = 0
    for position, length in enumerate(lengths):
        if used + length > room:
            yield text[start:position]
            start, used = position, 0
        used += length
    if start < len(text):
        yield text[start:]


def _quoted(char: str) -> str:
    if char == " ":
        return "_"
    return "".join(chr(octet) if octet in _LITERAL else f"={octet:02X}" for octet in char.encode())


def _word_q(piece: str) -> str:
    return f"=?utf-8?q?{''.join(map(_quoted, piece))}?="


def _word_b(piece: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(piece.encode()).decode('ascii')}?="
