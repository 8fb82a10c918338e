"""Parts that are binary made fit for the wire: what holds NUL is in no literal but that of BINARY[…]."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence

from webmail.mail import sections
from webmail.mail.entities import Octets, scan
from webmail.mail.sections import Section

LINE = 57  # octets of a line in base64, which has 76 then (RFC 2045, 6.8)
BLOCK = LINE * 4096  # octets that are encoded at once

_FIELD = re.compile(rb"^content-transfer-encoding:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


# RFC 3516, 4.4
def with_nul(octets: Octets) -> list[Section]:
    """The parts that say that they are binary, and are, in their order."""
    found = sections.number(scan(octets))
    return [part for part in found if part.encoding == "binary" and _is_binary(octets, part)]


def _is_binary(octets: Octets, part: Section) -> bool:
    composite = part.type.startswith(("multipart/", "message/"))
    return not composite and octets.find(b"\0", part.body, part.end) >= 0


def encoded(octets: Octets, parts: Sequence[Section]) -> Iterator[bytes]:
    """The message in blocks, with these of its parts in base64."""
    at = 0
    for part in parts:
        yield from _blocks(octets, at, part.start)
        header = octets[part.start : part.body]
        yield _FIELD.sub(b"Content-Transfer-Encoding: base64\r\n", header, count=1)
        for block in _blocks(octets, part.body, part.end):
            lines = (block[start : start + LINE] for start in range(0, len(block), LINE))
            yield b"".join([binascii.b2a_base64(line, newline=False) + b"\r\n" for line in lines])
        at = part.end
    yield from _blocks(octets, at, len(octets))


def _blocks(octets: Octets, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, BLOCK):
        yield octets[at : min(at + BLOCK, end)]
