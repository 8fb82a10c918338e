"""What a client may ask a message for (RFC 9051, 6.4.5): FETCH items, made or checked by their grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from webmail.wire.imap_line import Line

_PART = r"[1-9]\d{0,9}(?:\.[1-9]\d{0,9}){0,100}"
_NAMES = r"\([A-Za-z0-9!#$&'+._`|~-]+(?: [A-Za-z0-9!#$&'+._`|~-]+)*\)"  # field names that are atoms
_TEXT = rf"(?:HEADER|TEXT|MIME|HEADER\.FIELDS(?:\.NOT)? {_NAMES})"
_SECTION = rf"\[(?:{_PART}(?:\.{_TEXT})?|{_TEXT})?\]"
_PARTIAL = r"(?:<\d{1,19}\.[1-9]\d{0,18}>)?"
_WORDS = (
    "UID|FLAGS|INTERNALDATE|ENVELOPE|BODYSTRUCTURE|BODY|MODSEQ|RFC822\\.SIZE|RFC822\\.HEADER|RFC822\\.TEXT|RFC822"
    "|SAVEDATE|EMAILID|THREADID|PREVIEW|X-GM-MSGID|X-GM-THRID|X-GM-LABELS"
)

_ITEM = re.compile(
    rf"(?:{_WORDS}|BODY(?:\.PEEK)?{_SECTION}{_PARTIAL}"
    rf"|BINARY(?:\.PEEK)?\[(?:{_PART})?\]{_PARTIAL}|BINARY\.SIZE\[(?:{_PART})?\])",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FetchItem:
    """One item, checked. ValueError if it is none."""

    text: str

    def __post_init__(self) -> None:
        if not _ITEM.fullmatch(self.text):
            raise ValueError("not a FETCH item")

    def write(self, line: Line) -> None:
        line.text(self.text.encode("ascii"))


def body(section: str = "", start: int | None = None, count: int | None = None) -> str:
    """BODY.PEEK of a section such as "1.2" or "2.MIME"; with start and count only those octets."""
    return f"BODY.PEEK[{section}]{_window(start, count)}"


def binary(section: str, start: int | None = None, count: int | None = None) -> str:
    """BINARY.PEEK (RFC 3516): the part with its transfer encoding taken off by the server."""
    return f"BINARY.PEEK[{section}]{_window(start, count)}"


def header_fields(
    names: Iterable[str], section: str = "", start: int | None = None, count: int | None = None
) -> str:
    """Only these fields of the header, of the message or of the message that a part holds."""
    prefix = f"{section}." if section else ""
    return f"BODY.PEEK[{prefix}HEADER.FIELDS ({' '.join(names)})]{_window(start, count)}"


def reply_key(item: str) -> str:
    """The item's name in Fetch.sections: `BODY.PEEK[1]<0.512>` is answered as `BODY[1]<0>`."""
    name = item.upper().replace(".PEEK", "", 1)
    return re.sub(r"<(\d+)\.\d+>\Z", r"<\1>", name)


def _window(start: int | None, count: int | None) -> str:
    return "" if start is None or count is None else f"<{start:d}.{count:d}>"
