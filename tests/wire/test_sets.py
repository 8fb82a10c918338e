"""Sets of numbers: compact, exact, never expanded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire.imap_sets import MAX_NUMBER, SequenceSet

NUMBERS = st.sets(st.integers(1, 40) | st.integers(1, MAX_NUMBER))


@given(NUMBERS)
def test_a_set_has_its_numbers_and_no_others(numbers: set[int]) -> None:
    made = SequenceSet.of(numbers)
    assert list(made) == sorted(numbers)
    assert made.count() == len(numbers)
    assert all(number in made for number in numbers)
    assert bool(made) == bool(numbers)
    assert SequenceSet.parse(str(made)) == made


@given(NUMBERS, st.integers(1, 60))
def test_its_pieces_are_short_and_together_the_set(numbers: set[int], room: int) -> None:
    made = SequenceSet.of(numbers)
    pieces = list(made.pieces(room))
    assert list(itertools.chain(*pieces)) == sorted(numbers)
    assert all(len(str(piece)) <= room or len(piece.ranges) == 1 for piece in pieces)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("", ""),
        ("3", "3"),
        ("1,2,3", "1:3"),
        ("5:3", "3:5"),
        ("2:4,3:9,11", "2:9,11"),
        ("9,1,5", "1,5,9"),
        ("*", "*"),
        ("*:4", "4:*"),
        ("4:*,7", "4:*"),
        ("*,4:*", "4:*"),
        ("4294967295,*", "4294967295,*"),
        ("1:4294967295", "1:4294967295"),
    ],
)
def test_parsing(said: str, text: str) -> None:
    assert str(SequenceSet.parse(said)) == text


@pytest.mark.parametrize(
    "said",
    [
        "0",
        "1:0",
        "4294967296",
        "99999999999",
        "-1",
        "a",
        "1,",
        ",1",
        "1:",
        ":1",
        "1:2:3",
        " 1",
        "1\n",
        "١",
        "**",
    ],
)
def test_what_is_no_set(said: str) -> None:
    with pytest.raises(ValueError, match="number"):
        SequenceSet.parse(said)


@pytest.mark.parametrize("number", [0, -1, MAX_NUMBER + 1, MAX_NUMBER + 2])
def test_what_is_no_number(number: int) -> None:
    with pytest.raises(ValueError, match="number"):
        SequenceSet.of([number])


@pytest.mark.parametrize("ranges", [((5, 4),), ((1, 2), (3, 4)), ((1, 5), (4, 9)), ((5, 6), (1, 2))])
def test_ranges_ascend_and_do_not_touch(ranges: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="range"):
        SequenceSet(ranges)


def test_a_set_up_to_the_last_message_has_no_list() -> None:
    assert str(SequenceSet.since(5)) == "5:*"
    with pytest.raises(ValueError, match=r"\*"):
        list(SequenceSet.since(5))


def test_four_milliards_cost_nothing_until_they_are_taken() -> None:
    everything = SequenceSet.parse("1:4294967295")
    assert everything.count() == MAX_NUMBER
    assert next(iter(everything)) == 1
