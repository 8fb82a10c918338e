"""The base subject of a message: what SORT and THREAD compare (RFC 5256, 2.1)."""

from __future__ import annotations

import re

MAX_SUBJECT = 1_024  # characters that are looked at; a line has 998 (RFC 5322, 2.1.1)

_BLOB = r"\[[^\[\]]*+\] *+"
_LEADER = re.compile(rf" ++|(?:{_BLOB})*(?:re|fwd?) *+(?:{_BLOB})?:", re.IGNORECASE | re.ASCII)
_SINGLE_BLOB = re.compile(rf"{_BLOB}(?=.)", re.DOTALL)  # a subject that would be empty without it keeps it
_TRAILER = re.compile(r"(?: |(\(fwd\)))\Z", re.IGNORECASE | re.ASCII)
_FORWARDED = re.compile(r"\[fwd:(.*)\]", re.IGNORECASE | re.ASCII | re.DOTALL)


# RFC 5256, 2.1
def extract(subject: str) -> tuple[str, bool]:
    """The base of a decoded subject, and whether something said that it is an answer or was forwarded."""
    text = " ".join(subject[:MAX_SUBJECT].split())
    answers = False
    while True:
        text, said = _without_trailers(text)
        start, led = _leader_end(text)
        text, answers = text[start:], answers or said or led
        forwarded = _FORWARDED.fullmatch(text)
        if forwarded is None:
            return text, answers
        text, answers = forwarded[1], True


def _without_trailers(text: str) -> tuple[str, bool]:
    said = False
    while match := _TRAILER.search(text):
        text = text[: match.start()]
        said = said or match[1] is not None
    return text, said


def _leader_end(text: str) -> tuple[int, bool]:
    start, said = 0, False
    while match := _LEADER.match(text, start) or _SINGLE_BLOB.match(text, start):
        said = said or match[0].endswith(":")
        start = match.end()
    return start, said
