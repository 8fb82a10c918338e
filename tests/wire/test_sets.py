"""Sets of numbers: compact, exact, never expanded."""

from __future__ import annotations

import itertools
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import quickest
from webmail.wire.imap_sets import MAX_NUMBER, STAR, Page, SequenceSet, common, compact, indexes, runs

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


@pytest.mark.parametrize(
    ("said", "last", "resolved"),
    [
        ("1:*", 5, "1:5"),
        ("7:*", 5, "5:7"),
        ("*", 5, "5"),
        ("*", 0, ""),
        ("3:*", 0, ""),
        ("1,3:*", 0, "1"),
        ("1,9:*", 5, "1,5:9"),
        ("2:4,*", 5, "2:5"),
        ("2:4", 9, "2:4"),
        ("", 9, ""),
    ],
)
def test_the_last_message_takes_the_place_of_the_star(said: str, last: int, resolved: str) -> None:
    assert str(SequenceSet.parse(said).resolve(last)) == resolved


SETS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60) | st.just(STAR)).map(sorted), max_size=6)


@given(SETS, st.sets(st.integers(1, 50)))
def test_the_places_of_a_set_among_uids(ranges: list[list[int]], uids: set[int]) -> None:
    ascending = array("I", sorted(uids))
    said = SequenceSet.joined((first, last) for first, last in ranges)
    numbers = said.resolve(max(uids, default=0))
    found = indexes(numbers, ascending)
    wanted = [at for at, uid in enumerate(ascending) if uid in numbers]
    assert list(itertools.chain(*found)) == wanted
    assert len(found) <= len(numbers.ranges)


@given(st.sets(st.integers(1, 60) | st.integers(1, MAX_NUMBER)))
def test_numbers_are_said_as_a_set(numbers: set[int]) -> None:
    ascending = sorted(numbers)
    assert compact(ascending).decode() == str(SequenceSet.of(numbers))
    assert compact(array("I", ascending)) == compact(ascending)


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_what_two_sets_have_in_common(one: set[int], other: set[int]) -> None:
    assert common(SequenceSet.of(one), SequenceSet.of(other)) == SequenceSet.of(one & other)


def test_numbers_in_another_order_keep_it() -> None:
    assert compact([5, 3, 4, 4, 9]) == b"5,3:4,4,9"
    assert runs([]) == []
    assert compact([]) == b""


def test_ten_thousand_numbers_are_said_at_once() -> None:
    ascending = list(range(1, 20_000, 2))
    assert quickest(lambda: compact(ascending)) < 0.02  # 2 ms are the aim


def test_a_wide_set_and_many_uids_meet_at_once() -> None:
    uids = array("I", range(1, 100_000))
    everything = SequenceSet.parse("1:4294967295")
    assert indexes(everything, uids) == [range(99_999)]
    assert quickest(lambda: indexes(everything, uids)) < 0.01


@pytest.mark.parametrize(
    ("page", "held"),
    [
        (Page(1, 3), [0, 1, 2]),
        (Page(3, 1), [0, 1, 2]),
        (Page(4, 9), [3, 4]),
        (Page(6, 9), []),
        (Page(-1, -2), [3, 4]),
        (Page(-2, -1), [3, 4]),
        (Page(-4, -9), [0, 1]),
        (Page(-6, -9), []),
        (Page(-5, -5), [0]),
    ],
)
def test_pages_of_five_results(page: Page, held: list[int]) -> None:
    assert list(range(5))[page.of(5)] == held
    assert list(range(0))[page.of(0)] == []


@pytest.mark.parametrize(
    ("first", "last"), [(0, 1), (1, 0), (-1, 1), (1, MAX_NUMBER + 1), (-1, -MAX_NUMBER - 1)]
)
def test_what_is_no_page(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="sign"):
        Page(first, last)
