"""Header fields written: folded, encoded, and nothing in them that could end one early (RFC 5322, 2.2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote_from_bytes

from webmail.mail import encoded_words
from webmail.mail.addresses import Person, valid, wire_address
from webmail.mail.headers import MESSAGE_ID

WIDTH = 78  # characters of a line, RFC 5322, 2.1.1
MAX_TOKEN = 60  # characters of a word or quoted string that is written plainly; longer ones are encoded

_ENDS = re.compile(r"[\r\n\x00]")
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTABLE = re.compile(r"[ -~]*")
_EXTENDED_SAFE = "!#$&+^`{}|"  # RFC 5987's attr-char beyond letters, digits and -._~


def refuse_line_ends(*values: str) -> None:
    """ValueError for CR, LF or NUL: no value may begin another field."""
    if any(_ENDS.search(value) for value in values):
        raise ValueError("CR, LF or NUL in the value of a header field")


def unstructured(name: str, text: str) -> str:
    """RFC 5322, 3.6.5; RFC 2047 where the text is more than plain words."""
    refuse_line_ends(text)
    plain = _PLAIN.fullmatch(text) and "=?" not in text
    return fold(name, text.split(" ") if plain else encoded_words.encode(text))


def people(name: str, group: Iterable[Person], *, utf8: bool) -> str:
    """RFC 5322, 3.6.3; "" for nobody. A person without address is written as an empty group (half typed)."""
    boxes = [_mailbox(person, utf8=utf8) for person in group]
    if not boxes:
        return ""
    for box in boxes[:-1]:
        box[-1] += ","
    return fold(name, [token for box in boxes for token in box])


def _mailbox(person: Person, *, utf8: bool) -> list[str]:
    refuse_line_ends(person.name, person.address)
    if not person.address:
        *words, last = _phrase(person.name)
        return [*words, f"{last}:;"]
    if not valid(person.address):
        raise ValueError("not an address")
    address = wire_address(person.address)
    if not address.isascii() and not utf8:
        raise ValueError("an address that needs SMTPUTF8")
    return [*_phrase(person.name), f"<{address}>"] if person.name else [address]


def _phrase(name: str) -> list[str]:
    if "=?" in name or len(name) > MAX_TOKEN or not _QUOTABLE.fullmatch(name):
        return encoded_words.encode(name)
    if _ATOMS.fullmatch(name):
        return [name]
    return [quoted(name)]


def quoted(text: str) -> str:
    """A quoted string (RFC 5322, 3.2.4) of printable ASCII."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ids(name: str, message_ids: Iterable[str]) -> str:
    """RFC 5322, 3.6.4; "" for none."""
    tokens = list(message_ids)
    if not all(MESSAGE_ID.fullmatch(token) for token in tokens):
        raise ValueError("not a Message-ID")
    return fold(name, tokens) if tokens else ""


def fold(name: str, tokens: Iterable[str]) -> str:
    """One field from tokens that a blank may separate, so also a line's end; ends in CRLF."""
    lines, line = list[str](), f"{name}:"
    for token in tokens:
        if len(line) + 1 + len(token.encode()) > WIDTH and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join([*lines, line]) + "\r\n"


def parameters(name: str, value: str, *params: str) -> str:
    """A field with parameters (RFC 2045, 5.1), each on a line of its own where it does not fit."""
    tokens = [value, *params]
    return fold(name, [f"{token};" for token in tokens[:-1]] + tokens[-1:])


def filename(name: str) -> list[str]:
    """`filename` for Content-Disposition: plain, or in RFC 2231's segments."""
    if name.isascii() and _QUOTABLE.fullmatch(name):
        return [f"filename={quoted(name)}"]
    segments = _segments("".join(_extended(char) for char in name))
    if len(segments) == 1:
        return [f"filename*=utf-8''{segments[0]}"]
    charset = ["utf-8''", *[""] * len(segments)]
    return [f"filename*{n}*={charset[n]}{segment}" for n, segment in enumerate(segments)]


def _extended(char: str) -> str:
    return quote_from_bytes(char.encode(), safe=_EXTENDED_SAFE)


def _segments(text: str) -> list[str]:
    """Pieces of at most 50 characters, none ending inside a %XX."""
    pieces = list[str]()
    while len(text) > 50:
        percent = text.rfind("%", 48, 50)
        cut = percent if percent >= 0 else 50
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def content_name(name: str) -> str:
    """`name` for Content-Type, as clients expect it that know no RFC 2231: RFC 2047 inside quotes."""
    if name.isascii() and _QUOTABLE.fullmatch(name):
        return f"name={quoted(name)}"
    return 'name="' + "\r\n ".join(encoded_words.encode(name)) + '"'
