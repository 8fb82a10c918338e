"""The raw header block of a message or a part: cut into fields, and fields chosen from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

MAX_FIELD = 262_144  # octets of one field that are read; 10,000 recipients fit
WINDOW = 131_072  # octets of a header that are looked through in one go
MAX_FIELDS = 10_000  # of one header that are read; mail has some thirty

_FIELD_END = re.compile(rb"\n(?![ \t])")


# RFC 5322, 2.2
def split(block: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case and unfolded values, in their order; lines that are no field are passed over.

    Values are without blanks at either end, at most `MAX_FIELD` octets long, and hold no LF.
    """
    fields = []
    unfolded = block.replace(b"\r\n", b"\n").replace(b"\n\t", b"\n ").replace(b"\n ", b" ")
    for line in unfolded.split(b"\n", MAX_FIELDS)[:MAX_FIELDS]:
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t").lower()
        if colon and name.split() == [name]:
            fields.append((name, value[:MAX_FIELD].strip(b" \t\r")))
    return fields


# RFC 9051, 6.4.5: HEADER.FIELDS and HEADER.FIELDS.NOT
def select(block: bytes, names: Collection[bytes], *, negate: bool = False) -> bytes:
    """The fields of these names as they stand in the block, or all others; ended by an empty line."""
    wanted = {name.lower() for name in names}
    fields = [*_lines(block)]
    rest = fields.pop().removesuffix(b"\r")  # a field only where the empty line is missing
    kept = [field + b"\n" for field in fields if _is_chosen(field, wanted, negate)]
    if _is_chosen(rest, wanted, negate):
        kept.append(rest + b"\r\n")
    return b"".join(kept) + b"\r\n"


def _lines(block: bytes) -> Iterator[bytes]:
    """Split where fields end, piece by piece: no other thread runs while one is looked through."""
    start = 0
    while cut := _FIELD_END.search(block, start + WINDOW):
        yield from _FIELD_END.split(block[start : cut.start()])
        start = cut.end()
    yield from _FIELD_END.split(block[start:])


def _is_chosen(field: bytes, names: Collection[bytes], negate: bool) -> bool:
    name, colon, _ = field.partition(b":")
    return bool(colon) and (name.rstrip(b" \t").lower() in names) is not negate
