"""Answering and forwarding."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.headers import Person
from webmail.mail.reply import (
    MAX_REFERENCES,
    Recipients,
    forward_subject,
    forward_text,
    references,
    reply_recipients,
    reply_subject,
    reply_text,
)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Hello", "Re: Hello"),
        ("Re: Hello", "Re: Hello"),
        ("RE: re:Re : Hello", "Re: Hello"),
        ("Re[2]: Hello", "Re: Hello"),
        ("Re^3: Hello", "Re: Hello"),
        ("AW: Antw: SV: Hello", "Re: Hello"),
        ("回复：你好", "Re: 你好"),
        ("Fwd: Hello", "Re: Fwd: Hello"),
        ("[list] Re: Hello", "Re: [list] Re: Hello"),
        ("Regarding: Hello", "Re: Regarding: Hello"),
        ("Re", "Re: Re"),
        ("", "Re: "),
        ("Re:", "Re: "),
        ("a\r\nBcc: x", "Re: a Bcc: x"),
    ],
)
def test_reply_subject(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected
    assert reply_subject(reply_subject(subject)) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Hello", "Fwd: Hello"),
        ("Fwd: Hello", "Fwd: Hello"),
        ("FW: WG: fwd: Hello", "Fwd: Hello"),
        ("Re: Hello", "Fwd: Re: Hello"),
        ("Forward: Hello", "Fwd: Forward: Hello"),
    ],
)
def test_forward_subject(subject: str, expected: str) -> None:
    assert forward_subject(subject) == expected


def test_subjects_of_marks_take_linear_time() -> None:
    start = time.process_time()
    for mark in ("re:", "re", " ", "re[", "re [1", "fw :", "aw^1"):
        reply_subject(mark * 500_000)
        forward_subject(mark * 500_000)
    assert time.process_time() - start < 2


def people(*addresses: str) -> tuple[Person, ...]:
    return tuple(Person("", address) for address in addresses)


def answer(
    from_: Sequence[str],
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    reply_to: Sequence[str] = (),
    *,
    own: Sequence[str] = ("me@x",),
    everyone: bool = True,
) -> Recipients:
    return reply_recipients(
        from_=people(*from_),
        reply_to=people(*reply_to),
        to=people(*to),
        cc=people(*cc),
        own=own,
        everyone=everyone,
    )


def test_reply_goes_to_the_sender() -> None:
    assert answer(["a@x"], ["me@x", "b@x"], ["c@x"], everyone=False) == Recipients(people("a@x"), ())


def test_reply_to_comes_first() -> None:
    assert answer(["a@x"], reply_to=["r@x"], everyone=False).to == people("r@x")
    assert answer(["a@x"], reply_to=["me@x"], everyone=False).to == people("a@x")


def test_reply_all_leaves_us_out_and_nobody_twice() -> None:
    whom = answer(["a@x"], ["ME@X", "b@x", "a@x"], ["c@x", "B@x", "me@x", "c@x"])
    assert whom == Recipients(people("a@x", "b@x"), people("c@x"))


def test_own_addresses_with_a_domain_of_other_letters() -> None:
    assert answer(["a@x"], ["me@bücher.example"], own=["me@xn--bcher-kva.example"]).to == people("a@x")


def test_an_answer_to_ones_own_mail_goes_where_it_went() -> None:
    assert answer(["me@x"], ["a@x"], ["c@x"], everyone=False) == Recipients(people("a@x"), ())
    assert answer(["me@x"], ["a@x", "b@x"], ["c@x"]) == Recipients(people("a@x", "b@x"), people("c@x"))


def test_a_note_to_oneself_is_answered_to_oneself() -> None:
    assert answer(["me@x"], ["me@x"]) == Recipients(people("me@x"), ())
    assert answer(["me@x"], []) == Recipients(people("me@x"), ())


def test_groups_without_addresses_are_left_out() -> None:
    whom = reply_recipients(
        from_=people("a@x"),
        reply_to=(),
        to=(Person("undisclosed-recipients", ""),),
        cc=(),
        own=(),
        everyone=True,
    )
    assert whom == Recipients(people("a@x"), ())


def test_nobody_to_answer() -> None:
    assert answer([]) == Recipients((), ())


def test_references_grow_by_the_parent() -> None:
    assert references("<c@x>", "<a@x>\r\n <b@x>", "<b@x>") == ("<a@x>", "<b@x>", "<c@x>")
    assert references("<c@x>", "", "<b@x>") == ("<b@x>", "<c@x>")
    assert references("<c@x>", None, "<a@x> <b@x>") == ("<c@x>",)
    assert references("", "<a@x>", "") == ("<a@x>",)
    assert references("junk", "junk", "junk") == ()
    assert references("<a@x>", "<a@x> <b@x>", "") == ("<b@x>", "<a@x>")


def test_references_keep_the_first_and_the_last_twenty() -> None:
    chain = [f"<{number}@x>" for number in range(100_000)]
    kept = references("<new@x>", " ".join(chain), "")
    assert len(kept) == MAX_REFERENCES == 21
    assert kept[0] == "<0@x>"
    assert kept[-1] == "<new@x>"


NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_reply_text() -> None:
    text = "Hello\n> older\n\nbye\n-- \nAnn\nLee\n"
    assert reply_text(text, "Ann", NOON) == "On 2026-11-23 12:00, Ann wrote:\n> Hello\n>> older\n>\n> bye\n"
    assert reply_text("x", "Ann", "today", words="{who} schrieb {date}:") == "Ann schrieb today:\n> x\n"
    assert reply_text("x", "A\r\nB {date}", "today") == "On today, A B {date} wrote:\n> x\n"


def test_a_long_text_is_quoted_in_part() -> None:
    assert reply_text("x\n" * 1_000_000, "Ann", NOON).endswith("> […]\n")


def test_forward_text() -> None:
    header = [("From", "Ann <a@x>"), ("Cc", ""), ("Subject", "Hi\r\nthere")]
    assert forward_text("text", header) == (
        "---------- Forwarded message ----------\nFrom: Ann <a@x>\nSubject: Hi there\n\ntext\n"
    )


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_is_quoted_whole(text: str, who: str) -> None:
    first, *lines = reply_text(text, who, NOON).split("\n")
    assert first.startswith("On 2026")
    assert all(line.startswith(">") for line in lines[:-1])
