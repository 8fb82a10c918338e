"""Addresses as people: what a message names, and what a person typed into To, Cc and Bcc."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TYPED = 262_144  # characters of one address field; 10,000 recipients fit
MAX_LOCAL = 64  # octets, RFC 5321, 4.5.3.1.1
MAX_ADDRESS = 254  # octets, RFC 5321, 4.5.3.1.3 without the angle brackets
MAX_LABEL = 63  # octets, RFC 1035, 2.3.4

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+")
_QUOTED_LOCAL = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?")
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f\"(),:;<>@\[\\\].]*")
_DOTS = re.compile("[\u3002\uff0e\uff61]")  # full stops that people type in IDNs, RFC 5895, 2
_SEPARATORS = ",;\n\r"


class BadAddress(ValueError):
    """A piece of what was typed is not an address; `text` is that piece."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Person:
    """A name (may be "") and an addr-spec ("" for a group's name); `str()` is what one would type."""

    name: str
    address: str

    def __str__(self) -> str:
        if not self.address:
            return self.name
        if not self.name:
            return self.address
        name = self.name
        if not _PLAIN_NAME.fullmatch(name):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name} <{self.address}>"


def parse_recipients(text: str) -> tuple[Person, ...]:
    """People typed as `a@b`, `Name <a@b>`, `"Name, with comma" <a@b>`; between them comma, semicolon, line.

    Raises BadAddress for the first piece that is not an address; empty pieces are passed over.
    """
    if len(text) > MAX_TYPED:
        raise BadAddress(text[:80] + "…")
    return tuple(_person(piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Split at separators outside quotes and angle brackets."""
    start, quoted, angled, escaped = 0, False, False, False
    for position, char in enumerate(text):
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = not text[start:position].strip() or text[position - 1] in " \t<"
        elif char in _SEPARATORS and not (angled and char in ",;"):
            if text[start:position].strip():
                yield text[start:position].strip()
            start, angled = position + 1, False
        elif char in "<>":
            angled = char == "<"
    if text[start:].strip():
        yield text[start:].strip()


def _person(piece: str) -> Person:
    name, address = "", piece
    if piece.endswith(">"):
        name, opened, address = piece[:-1].rpartition("<")
        if not opened:
            raise BadAddress(piece)
        name, address = name.strip(), address.strip()
    if name.startswith('"'):
        if len(name) < 2 or not name.endswith('"'):
            raise BadAddress(piece)
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not valid(address) or any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        raise BadAddress(piece)
    return Person(" ".join(name.split()), address)


def valid(address: str) -> bool:
    """Is it an addr-spec (RFC 5322, 3.4.1; RFC 6531, 3.3) that may go to the wire as it is?"""
    local, at, domain = address.rpartition("@")
    if not at or len(address) > MAX_ADDRESS or len(local.encode("utf-8", "replace")) > MAX_LOCAL:
        return False
    if local.startswith('"'):
        good = _QUOTED_LOCAL.fullmatch(local) is not None
    else:
        good = all(_ATOM.fullmatch(atom) and _printable(atom) for atom in local.split("."))
    return good and bool(ascii_domain(domain))


def _printable(text: str) -> bool:
    return text.isascii() or all(unicodedata.category(char)[0] in "LMNPS" for char in text)


def ascii_domain(domain: str) -> str:
    """A domain in the letters of the DNS (A-labels, RFC 5890), a literal as it is; "" if it is neither."""
    if domain.startswith("["):
        return domain if _is_literal(domain) else ""
    if len(domain) > MAX_ADDRESS:
        return ""  # before it is normalised, which takes a time that grows with the square
    if not domain.isascii():
        domain = _DOTS.sub(".", unicodedata.normalize("NFKC", domain.lower()))
    labels = [_ascii_label(label) for label in domain.split(".")]
    joined = ".".join(labels)
    return joined if all(labels) and len(joined) <= MAX_ADDRESS - 2 else ""


def _ascii_label(label: str) -> str:
    if len(label) > MAX_LABEL:
        return ""
    if not label.isascii():
        if any(unicodedata.category(char)[0] not in "LMN" and char != "-" for char in label):
            return ""
        if unicodedata.category(label[0])[0] == "M":
            return ""
        label = "xn--" + label.encode("punycode").decode("ascii")
    return label if len(label) <= MAX_LABEL and _LABEL.fullmatch(label) else ""


def _is_literal(domain: str) -> bool:
    inner = domain[1:-1]
    try:
        if inner.lower().startswith("ipv6:"):
            ipaddress.IPv6Address(inner[5:])
        else:
            ipaddress.IPv4Address(inner)
    except ValueError:
        return False
    return domain.endswith("]") and "%" not in inner


def wire_address(address: str) -> str:
    """The form for SMTP and header fields: domain in A-labels unless the local part needs SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}" if local.isascii() and not domain.isascii() else address
