"""Texts that differ in case, width or composition only are one."""

from __future__ import annotations

import time
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.fold import MAX_RUN, fold

SAME = [
    ("ABC", "abc"),
    ("Straße", "STRASSE"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("Å", "A\u030a"),
    ("\u212b", "å"),
    ("ﬁn", "FIN"),
    ("Ｗｅｂ", "web"),
    ("ℌ", "h"),
    ("Ǆ", "ǆ"),
    ("①", "1"),
    ("カ\u3099", "ガ"),
    ("각", "\u1100\u1161\u11a8"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_letter_is_found_without_its_accent_but_is_not_the_same() -> None:
    assert fold("u") in fold("Über")
    assert fold("uber") != fold("Über")


@given(st.text() | st.text("aÄß\u0301\u0316 ﬁ漢", max_size=3 * MAX_RUN))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text("aÄß\u0301 ﬁ漢"), st.text())
def test_what_stands_in_a_text_is_found_in_it(before: str, key: str, behind: str) -> None:
    """Between blanks, that is: a mark belongs to the letter in front of it."""
    assert fold(f" {key} ") in fold(f"{before} {key} {behind}")


@given(st.text("aÄ 漢\u0301", min_size=MAX_RUN, max_size=5 * MAX_RUN))
def test_long_texts_are_folded_as_short_ones(text: str) -> None:
    assert fold(text) == normalize("NFKD", text).casefold()


def test_a_million_marks_take_no_minutes() -> None:
    """Putting marks in order takes a time that grows with the square of their number."""
    start = time.process_time()
    fold("\u0301\u0316" * 500_000)
    assert time.process_time() - start < 2
