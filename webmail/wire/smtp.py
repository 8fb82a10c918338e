"""SMTP's grammar for who hands mail over: addresses on the command line, and the lines of a message."""

from __future__ import annotations

import ipaddress
import re

MAX_ADDRESS = 254  # octets, RFC 5321 4.5.3.1.3 without the angle brackets
MAX_LOCAL_PART = 64  # octets, 4.5.3.1.1

_UTF8 = r"\x80-\ud7ff\ue000-\U0010ffff"  # RFC 6531 3.3; surrogates are no characters
_ATEXT = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~\-{_UTF8}]"
_LET_DIG = rf"[A-Za-z0-9{_UTF8}]"
_LABEL = rf"{_LET_DIG}(?:[A-Za-z0-9\-{_UTF8}]{{0,61}}{_LET_DIG})?"
_LOCAL_PART = re.compile(rf'{_ATEXT}+(?:\.{_ATEXT}+)*|"(?:[ !#-\[\]-~{_UTF8}]|\\[ -~])*"')
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f:.]+)\]")
_CONTROLS = re.compile(r"[\x80-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\s]")


class BadAddress(ValueError):
    """Not a mailbox as RFC 5321 4.1.2 (with RFC 6531 3.3) writes it."""


class BadLines(ValueError):
    """Not lines that end in CR LF, or NUL among them."""


def path(address: str, *, utf8: bool = False) -> bytes:
    """`<address>` for MAIL and RCPT: strict, so that no address brings in parameters or another address.

    `utf8`: whether letters beyond ASCII are allowed (SMTPUTF8). Raises BadAddress.
    """
    local_part, _, domain = address.rpartition("@")
    if not (address.isascii() or utf8) or not _LOCAL_PART.fullmatch(local_part):
        raise BadAddress(address)
    if not _DOMAIN.fullmatch(domain) and not _is_literal(domain):
        raise BadAddress(address)
    encoded = address.encode()
    if len(encoded) > MAX_ADDRESS or len(local_part.encode()) > MAX_LOCAL_PART:
        raise BadAddress(address)
    if _CONTROLS.search(domain) or _CONTROLS.search(local_part.replace(" ", "")):
        raise BadAddress(address)
    return b"<" + encoded + b">"


def _is_literal(domain: str) -> bool:
    # RFC 5321 4.1.3
    literal = _LITERAL.fullmatch(domain)
    if literal is None:
        return False
    try:
        return ipaddress.ip_address(literal[2]).version == (6 if literal[1] else 4)
    except ValueError:
        return False


class Lines:
    """Dot-stuffing (RFC 5321 4.5.2) of a message that comes in blocks, cut anywhere.

    Refuses CR and LF that stand alone: some MTAs take them for an end of line and others not, so
    that a dot between them could end the message where we don't mean it. Raises BadLines.
    """

    def __init__(self) -> None:
        self._held = b""  # a CR at the end of a block waits for its LF
        self._at_start = True

    def feed(self, block: bytes) -> bytes:
        """The block as it goes on the wire; its last byte may come with the next."""
        data = self._held + block
        self._held = b"\r" if data.endswith(b"\r") else b""
        data = data.removesuffix(b"\r")
        ends = data.count(b"\r\n")
        if data.count(b"\n") != ends or data.count(b"\r") != ends or b"\0" in data:
            raise BadLines
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        if self._at_start and data.startswith(b"."):
            stuffed = b"." + stuffed
        if data:
            self._at_start = data.endswith(b"\r\n")
        return stuffed

    def finish(self) -> bytes:
        """What ends the last line if nothing has yet."""
        if self._held:
            raise BadLines
        return b"" if self._at_start else b"\r\n"
