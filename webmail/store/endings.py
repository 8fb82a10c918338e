"""Ends of lines: CR LF in the store, LF in most files; blocks that are never cut between the two."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webmail.mail.index import Octets

BLOCK = 256 * 1024  # octets in memory at once

_IRREVERSIBLE = re.compile(rb"(?<!\r)\n|\r\r\n")
_BARE = re.compile(rb"(?<!\r)\n")


def blocks(octets: Octets, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        stop = min(start + BLOCK, end)
        while stop < end and octets[stop - 1] == 0x0D:
            stop += 1
        yield octets[start:stop]
        start = stop


def reversible(octets: Octets) -> bool:
    """Whether LF in place of each CR LF can be told back exactly by `crlf`."""
    return _IRREVERSIBLE.search(octets) is None


def lf(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n")


def crlf(block: bytes) -> bytes:
    return _BARE.sub(b"\r\n", block)


def first_is_bare(octets: Octets, start: int, end: int) -> bool:
    """Whether the first line ends in LF alone: then the text came out of a file of this system."""
    at = octets.find(b"\n", start, end)
    return at >= 0 and (at == start or octets[at - 1] != 0x0D)
