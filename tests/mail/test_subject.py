"""Base subjects by the letter of RFC 5256, 2.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.subject import MAX_SUBJECT, extract

BASES = [
    ("", "", False),
    ("hello", "hello", False),
    ("  two\t words \r\n here ", "two words here", False),
    ("Re: hello", "hello", True),
    ("RE:hello", "hello", True),
    ("re : hello", "hello", True),
    ("Fw: hello", "hello", True),
    ("fwd: hello", "hello", True),
    ("fwdd: hello", "fwdd: hello", False),
    ("Reply: hello", "Reply: hello", False),
    ("Re[2]: hello", "hello", True),
    ("Re [2] : hello", "hello", True),
    ("Re[2]hello", "Re[2]hello", False),
    ("Re: Fwd: re: hello", "hello", True),
    ("[list] hello", "hello", False),
    ("[list] Re: hello", "hello", True),
    ("Re: [list] hello", "hello", True),
    ("[a] [b]Re: [c] Fw[d]: hello", "hello", True),
    ("[only]", "[only]", False),
    ("[a] [b]", "[b]", False),
    ("Re: [only]", "[only]", True),
    ("[list] Re:", "", True),
    ("Re:", "", True),
    ("hello (fwd)", "hello", True),
    ("hello (FWD) (fwd)  ", "hello", True),
    ("(fwd)", "", True),
    ("[a] (fwd)", "[a]", True),
    ("hello(fwd)", "hello", True),
    ("[fwd: hello]", "hello", True),
    ("[fwd: [fwd: Re: hello (fwd)] (fwd)]", "hello", True),
    ("Re: [Fwd: hello]", "hello", True),
    ("[fwd: hello", "[fwd: hello", False),
    ("[[a]] hello", "[[a]] hello", False),
    ("[a[b]c] hello", "[a[b]c] hello", False),
    ("Réf: hello", "Réf: hello", False),
]


@pytest.mark.parametrize(("subject", "base", "answers"), BASES)
def test_base(subject: str, base: str, answers: bool) -> None:
    assert extract(subject) == (base, answers)


@given(st.lists(st.sampled_from(["re", "fwd", "fw", ":", " ", "[", "]", "(fwd)", "a", "[fwd:"]), max_size=25))
def test_a_base_has_nothing_left_to_take_away(words: list[str]) -> None:
    base, _ = extract("".join(words))
    assert extract(base) == (base, False)


def test_only_the_first_line_of_a_subject_counts() -> None:
    assert extract("a" * 100_000)[0] == "a" * MAX_SUBJECT
