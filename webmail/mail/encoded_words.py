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
    data: bytearray


def decode(raw: bytes) -> str:
    """The text of a field, RFC 2047 words decoded wherever they stand; never raises; linear."""
    if b"=?" not in raw:
        return charsets.decode(raw)
    pieces: list[_Run] = []
    position = 0
    for start, end, charset, data in _words(raw):
        gap = raw[position:start]
        follows_word = position > 0
        if gap.strip() or not follows_word:  # blanks between two words are not part of the text
            pieces.append(_Run(b"", bytearray(gap)))
            follows_word = False
        if follows_word and pieces[-1].charset == charset:
            pieces[-1].data += data
        else:
            pieces.append(_Run(charset, bytearray(data)))
        position = end
    pieces.append(_Run(b"", bytearray(raw[position:])))
    return "".join(charsets.decode(bytes(run.data), run.charset) for run in pieces)


def _words(raw: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Start, end, charset in lower case and content of each word."""
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
        yield head.start(), close + 2, charset, _content(head[2], raw[head.end() : close])


def _content(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), text.replace(b"_", b" "))
    clean = text.translate(None, _NOT_BASE64)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:  # pragma: no cover  only the alphabet is left, in whole groups
        return text


MAX_WORD = 64  # characters of one word; RFC 2047 allows 75, but 76 for the line with the name of its field
_ROOM = MAX_WORD - len("=?utf-8?q??=")
_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def encode(text: str) -> list[str]:
    """Words of at most `MAX_WORD` characters, to be separated by blanks; none ends inside a character.

    Fit for phrases and unstructured fields alike (RFC 2047, section 5); in whichever encoding is shorter.
    """
    quoted = [_quoted(char) for char in text]
    as_base64 = sum(map(len, quoted)) > 4 * len(text.encode()) // 3
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
