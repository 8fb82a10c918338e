"""Sets of UIDs or sequence numbers (RFC 9051, sequence-set), compact and never expanded by a parser."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from operator import sub
from typing import TypeAlias

MAX_NUMBER = 2**32 - 1  # nz-number: what a UID or sequence number may be
STAR = 2**32  # stands for `*`, the last message: above every number
LINE_ROOM = 7000  # octets of a set in one command; servers read lines of 8 KiB at least (RFC 7162, 4)

_RANGE = re.compile(r"(\d{1,10}|\*)(?::(\d{1,10}|\*))?\Z", re.ASCII)
_SINGLES = re.compile(r"\d{1,10}(?:,\d{1,10})++", re.ASCII)


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges (first, last), both included, ascending, neither touching nor overlapping."""

    ranges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not all(1 <= first <= last <= STAR for first, last in self.ranges):
            raise ValueError("a range of numbers from 1 to 4294967295 is wanted")
        if any(_touch(before[1], after[0]) for before, after in pairwise(self.ranges)):
            raise ValueError("ranges of a set ascend and do not touch")

    @classmethod
    def of(cls, numbers: Iterable[int]) -> SequenceSet:
        """The set of these numbers, in any order. ValueError for one that is no UID."""
        return cls.joined((_checked(number), number) for number in numbers)

    @classmethod
    def since(cls, first: int) -> SequenceSet:
        """`first:*`. Holds the last message even where that is below first (RFC 9051, seq-range)."""
        return cls(((first, STAR),))

    @classmethod
    def joined(cls, ranges: Iterable[tuple[int, int]]) -> SequenceSet:
        """The set of all that the ranges hold, which may come in any order and overlap."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            if merged and _touch(merged[-1][1], first):
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def parse(cls, text: str) -> SequenceSet:
        """From `2,4:7,9:*`; the empty text is the empty set. ValueError for anything else."""
        if _SINGLES.fullmatch(text):  # as many clients say thousands of UIDs
            return cls(tuple(runs(sorted({_checked(int(number)) for number in text.split(",")}))))
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

    @property
    def open_ended(self) -> bool:
        """Whether it says `*`."""
        return bool(self.ranges) and self.ranges[-1][1] == STAR

    def resolve(self, last: int) -> SequenceSet:
        """The set with the number of the last message for `*`; without it where there is no message: 0.

        `5:*` holds the last message also where that is below 5 (RFC 9051, seq-range).
        """
        if not self.open_ended:
            return self
        first = self.ranges[-1][0]
        end = [(min(first, last), max(first, last) if first != STAR else last)] if last else []
        return SequenceSet.joined([*self.ranges[:-1], *end])

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


class Saved(Enum):
    """`$` where a set may stand: what the last SEARCH saved (RFC 5182, 2.1)."""

    RESULT = "$"


Numbers: TypeAlias = SequenceSet | Saved


@dataclass(frozen=True, slots=True)
class Page:
    """RFC 9394, partial-range: `1:500` are the first results, `-1:-100` the last; both ends included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first * self.last <= 0 or max(abs(self.first), abs(self.last)) > MAX_NUMBER:
            raise ValueError("two numbers of one sign are wanted")

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"

    def of(self, count: int) -> slice:
        """Which of that many results, in ascending order, the page holds."""
        near, far = sorted((abs(self.first), abs(self.last)))
        if self.first > 0:
            return slice(near - 1, far)
        return slice(max(count - far, 0), max(count - near + 1, 0))


def indexes(numbers: SequenceSet, uids: Sequence[int]) -> list[range]:
    """Where in the ascending uids those of a resolved set stand; each range of the set by bisection."""
    found: list[range] = []
    start = 0
    for first, last in numbers.ranges:
        start = bisect_left(uids, first, start)
        end = bisect_right(uids, last, start)
        if start < end:
            found.append(range(start, end))
        start = end
    return found


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches (first, last) of numbers that follow each other by one, in the order in which they come."""
    if not numbers:
        return []
    steps = map(sub, numbers[1:], numbers)
    starts = [0, *[at for at, step in enumerate(steps, 1) if step != 1], len(numbers)]
    return [(numbers[start], numbers[end - 1]) for start, end in pairwise(starts)]


def compact(numbers: Sequence[int]) -> bytes:
    """The numbers as a sequence-set, in their order: `1:3,5`. Empty for none, which IMAP cannot say."""
    return ",".join(
        [f"{first}:{last}" if first != last else str(first) for first, last in runs(numbers)]
    ).encode("ascii")


def _range(piece: str) -> tuple[int, int]:
    match = _RANGE.match(piece)
    if match is None:
        raise ValueError("not a set of numbers")
    first = _number(match[1])
    last = first if match[2] is None else _number(match[2])
    return min(first, last), max(first, last)


def _touch(last: int, first: int) -> bool:
    """Whether a range up to last and one from first are one; `*` is next to no number."""
    return first <= last or (first == last + 1 and first != STAR)


def _number(text: str) -> int:
    return STAR if text == "*" else _checked(int(text))


def _checked(number: int) -> int:
    if not 1 <= number <= MAX_NUMBER:
        raise ValueError("a number from 1 to 4294967295 is wanted")
    return number


def _text(first: int, last: int) -> str:
    left = "*" if first == STAR else str(first)
    if first == last:
        return left
    return f"{left}:{'*' if last == STAR else last}"


def common(one: SequenceSet, other: SequenceSet) -> SequenceSet:
    """The numbers that are in both sets, neither of which says `*`."""
    found: list[tuple[int, int]] = []
    left, right = 0, 0
    while left < len(one.ranges) and right < len(other.ranges):
        (first, last), (begin, end) = one.ranges[left], other.ranges[right]
        if max(first, begin) <= min(last, end):
            found.append((max(first, begin), min(last, end)))
        if last < end:
            left += 1
        else:
            right += 1
    return SequenceSet(tuple(found))
