"""One spelling for texts that differ in case, width or composition only: what SEARCH and SORT compare."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

MAX_RUN = 256  # characters normalised at once: marks are put in order in a time that grows with the square


# RFC 5051, 2: i;unicode-casemap. Its title case is mapped to by no more than case folding is.
def fold(text: str) -> str:
    """For stored texts and for keys alike, so that a search is `fold(key) in folded`; idempotent."""
    if text.isascii():
        return text.lower()
    if len(text) <= MAX_RUN:
        return normalize("NFKD", text).casefold()
    return "".join([normalize("NFKD", run).casefold() for run in _runs(text)])


def _runs(text: str) -> Iterator[str]:
    """Cut behind a blank where there is one, because no mark in front of it moves behind it."""
    start = 0
    while start < len(text):
        end = start + MAX_RUN
        if end < len(text):
            end = text.rfind(" ", start, end) + 1 or end
        yield text[start:end]
        start = end
