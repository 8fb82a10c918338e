"""Patterns of LIST: what they match, at a cost that no pattern can raise."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire.imap_ask_list import MAX_PATTERN, Pattern


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("*", ["", "a", "a/b"], []),
        ("%", ["", "a"], ["a/b", "/"]),
        ("", [""], ["a"]),
        ("a/%", ["a/", "a/b"], ["a", "a/b/c", "b/a"]),
        ("a*", ["a", "a/b/c", "ab"], ["b", "ba"]),
        ("%/%", ["a/b", "/"], ["a", "a/b/c"]),
        ("*b", ["b", "a/b", "abb"], ["a", "ba"]),
        ("a%b*c", ["abc", "axbc", "axb/c"], ["a/bc", "ab"]),
        ("%*%", ["", "a/b"], []),
        ("INBOX", ["INBOX"], ["inbox", "INBOX/x"]),
        ("ä.?", ["ä.?"], ["äx?"]),
    ],
)
def test_patterns(pattern: str, matched: list[str], others: list[str]) -> None:
    found = Pattern([pattern], "/")
    assert [name for name in [*matched, *others] if found.matches(name)] == matched


def test_any_of_several_patterns() -> None:
    found = Pattern(["a%", "", "*/z"], "/")
    names = ["", "a", "ab", "a/z", "b", "b/z", "a/b"]
    assert [name for name in names if found.matches(name)] == ["", "a", "ab", "a/z", "b/z"]
    assert not Pattern([], "/").matches("")


@given(st.lists(st.text("ab/*%", max_size=6), max_size=4), st.text("ab/", max_size=8))
def test_as_a_regular_expression_has_it(patterns: list[str], name: str) -> None:
    wild = {"*": ".*", "%": "[^/]*"}
    expressions = ["".join(wild.get(sign, re.escape(sign)) for sign in pattern) for pattern in patterns]
    wanted = any(re.fullmatch(expression, name) for expression in expressions)
    assert Pattern(patterns, "/").matches(name) == wanted


@pytest.mark.parametrize(
    "patterns",
    [
        ["*a" * (MAX_PATTERN // 2)],
        ["%a*" * (MAX_PATTERN // 3)],
        ["*" * MAX_PATTERN],
        ["*a*b"] * (MAX_PATTERN // 4),
    ],
    ids=["stars", "both", "only stars", "many"],
)
def test_wildcards_in_their_hundreds_do_not_stall(patterns: list[str]) -> None:
    """CVE-2026-33607 of Dovecot."""
    found = Pattern(patterns, "/")
    start = time.process_time()
    for _ in range(100):
        found.matches("a" * 1000 + "c")
    assert time.process_time() - start < 2
