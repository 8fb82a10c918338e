"""Sets of UIDs or sequence numbers (RFC 9051, sequence-set), compact and never expanded by a parser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_NUMBER = 2**32 - 1  # nz-number: what a UID or sequence number may be
STAR = 2**32  # stands for `*`, the last message: above every number
LINE_ROOM = 7000  # octets of a set in one command; servers read lines of 8 KiB at least (RFC 7162, 4)

_RANGE = re.compile(r"(\d{1,10}|\*)(?::(\d{1,10}|\*))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges (first, last), both included, ascending, neither touching nor overlapping."""

    ranges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        previous = -1
        for first, last in self.ranges:
            if not 1 <= first <= last <= STAR:
                raise ValueError("a range of numbers from 1 to 4294967295 is wanted")
            if first <= previous or (first == previous + 1 and first != STAR):
                raise ValueError("ranges of a set ascend and do not touch")
            previous = last

    @classmethod
    def of(cls, numbers: Iterable[int]) -> SequenceSet:
        """The set of these numbers, in any order. ValueError for one that is no UID."""
        return cls.joined((number, number) for number in numbers)

    @classmethod
    def since(cls, first: int) -> SequenceSet:
        """`first:*`. Holds the last message even where that is below first (RFC 9051, seq-range)."""
        return cls(((first, STAR),))

    @classmethod
    def joined(cls, ranges: Iterable[tuple[int, int]]) -> SequenceSet:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            end = merged[-1][1] if merged else -1
            if first <= end or (first == end + 1 and first != STAR):
                merged[-1] = (merged[-1][0], max(last, end))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def parse(cls, text: str) -> SequenceSet:
        """From `2,4:7,9:*`; the empty text is the empty set. ValueError for anything else."""
        return cls.joined(_range(piece) for piece in text.split(",")) if text else cls(())

    def __str__(self) -> str:
        return ",".join(_text(first, last) for first, last in self.ranges)

    def __iter__(self) -> Iterator[int]:
        """Each number, lazily: a server may name four milliards, so take no more than you asked for."""
        if self.ranges and self.ranges[-1][1] == STAR:
            raise ValueError("a set with * has no list of numbers")
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and any(first <= number <= last for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def count(self) -> int:
        """How many numbers, without making them; ask before iterating over what a server said."""
        return sum(last - first + 1 for first, last in self.ranges)

    def pieces(self, room: int = LINE_ROOM) -> Iterator[SequenceSet]:
        """The same numbers in sets whose text is at most `room` octets each."""
        part: list[tuple[int, int]] = []
        used = 0
        for first, last in self.ranges:
            size = len(_text(first, last)) + 1
            if part and used + size > room:
                yield SequenceSet(tuple(part))
                part, used = [], 0
            part.append((first, last))
            used += size
        if part:
            yield SequenceSet(tuple(part))


UidSet = SequenceSet


def _range(piece: str) -> tuple[int, int]:
    match = _RANGE.match(piece)
    if match is None:
        raise ValueError("not a set of numbers")
    first = _number(match[1])
    last = first if match[2] is None else _number(match[2])
    return min(first, last), max(first, last)


def _number(text: str) -> int:
    if text == "*":
        return STAR
    number = int(text)
    if not 1 <= number <= MAX_NUMBER:
        raise ValueError("a number from 1 to 4294967295 is wanted")
    return number


def _text(first: int, last: int) -> str:
    left = "*" if first == STAR else str(first)
    if first == last:
        return left
    return f"{left}:{'*' if last == STAR else last}"
