"""Header blocks cut into fields, and fields chosen from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.header_block import MAX_FIELD, MAX_FIELDS, select, split

BLOCKS = [
    (b"", []),
    (b"\r\n", []),
    (b"A: 1\r\nB: 2\r\n\r\n", [(b"a", b"1"), (b"b", b"2")]),
    (b"A: 1\nB: 2\n\n", [(b"a", b"1"), (b"b", b"2")]),
    (b"A: 1\r\n 2\r\n\t3\r\nB:4", [(b"a", b"1 2 3"), (b"b", b"4")]),
    (b"A:\r\n 1\r\n \r\n 2\r\n", [(b"a", b"1  2")]),
    (b"A :1\r\nno field\r\n: nothing\r\nFrom ann: mbox\r\nB: 2\r\n", [(b"a", b"1"), (b"b", b"2")]),
    (b"A: 1:2\r\nA:\r\n", [(b"a", b"1:2"), (b"a", b"")]),
    (b"A\rB: 1\r\n", []),
    (b"X: a\rb\0\xff\r\n", [(b"x", b"a\rb\0\xff")]),
]


@pytest.mark.parametrize(("block", "fields"), BLOCKS)
def test_split(block: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    assert split(block) == fields


def test_too_long_and_too_many_fields_are_cut() -> None:
    assert split(b"A: " + b"x" * (2 * MAX_FIELD)) == [(b"a", b"x" * (MAX_FIELD - 1))]
    assert len(split(b"A: 1\r\n" * (2 * MAX_FIELDS))) == MAX_FIELDS


HEADER = b"To: a\r\nSubject: one\r\n two\r\nX-To: b\r\nTO : c\r\n\r\n"
CHOSEN = [
    ([b"subject"], False, b"Subject: one\r\n two\r\n\r\n"),
    ([b"TO"], False, b"To: a\r\nTO : c\r\n\r\n"),
    ([b"to", b"SUBJECT"], True, b"X-To: b\r\n\r\n"),
    ([b"from"], False, b"\r\n"),
    ([b"from"], True, HEADER),
]


@pytest.mark.parametrize(("names", "negate", "chosen"), CHOSEN)
def test_select(names: list[bytes], negate: bool, chosen: bytes) -> None:
    assert select(HEADER, names, negate=negate) == chosen


def test_select_where_the_empty_line_is_missing() -> None:
    assert select(b"A: 1\r\nB: 2", [b"b"]) == b"B: 2\r\n\r\n"
    assert select(b"A: 1\nB: 2\n", [b"a"]) == b"A: 1\n\r\n"
    assert select(b"", [b"a"]) == b"\r\n"


@given(
    st.lists(st.sampled_from([b"A: 1\r\n", b"B: 2\r\n 3\r\n", b"junk\r\n", b"C:\n"]), max_size=8).map(
        b"".join
    )
)
def test_what_is_chosen_and_what_is_not_make_all_fields(block: bytes) -> None:
    chosen, others = (select(block + b"\r\n", [b"a", b"C"], negate=negate) for negate in (False, True))
    assert sorted(split(chosen) + split(others)) == sorted(split(block))
    assert {name for name, _ in split(chosen)} <= {b"a", b"c"}


def test_fields_are_chosen_from_a_long_header_as_from_a_short_one() -> None:
    """It is looked through piece by piece."""
    fields = [b"Subject: %d\r\n  folded\r\n" % number for number in range(30_000)]
    others = [b"X-%d: %s\r\n" % (number, b"x" * (number % 200)) for number in range(30_000)]
    header = b"".join(b"".join(pair) for pair in zip(fields, others, strict=True)) + b"\r\n"
    assert select(header, [b"subject"]) == b"".join(fields) + b"\r\n"
    assert select(header, [b"subject"], negate=True) == b"".join(others) + b"\r\n"
