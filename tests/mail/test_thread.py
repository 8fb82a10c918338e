"""Threads by the letter of RFC 5256, and those that are made to take long."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timing import quickest
from webmail.mail.thread import Message, print_threads, thread_orderedsubject, thread_references

COUNT = 10_000


def message(number: int, *references: int, subject: str = "", reply: bool = False, sent: int = 0) -> Message:
    """Its Message-ID is its number; it was sent in that order if nothing else is said."""
    return Message(number, number, references, sent or number, subject, reply)


def threads(*messages: Message) -> bytes:
    return print_threads(thread_references(messages))


def answer(number: int, *references: int, subject: str) -> Message:
    return message(number, *references, subject=subject, reply=True)


REFERENCES = [
    ("nothing", (), b""),
    ("no references", (message(1), message(2)), b"(1)(2)"),
    ("a chain", (message(1), message(2, 1), message(3, 1, 2)), b"(1 2 3)"),
    ("two answers", (message(1), message(2, 1), message(3, 1)), b"(1 (2)(3))"),
    ("answers further down", (message(1), message(2, 1), message(3, 2), message(4, 2)), b"(1 2 (3)(4))"),
    ("the answer came first", (message(1, 2), message(2)), b"(2 1)"),
    ("brothers by date", (message(1), message(2, 1, sent=9), message(3, 1, sent=5)), b"(1 (3)(2))"),
    ("threads by date", (message(1, sent=9), message(2, sent=5)), b"(2)(1)"),
    ("of the same date by number", (message(2, sent=5), message(1, sent=5)), b"(1)(2)"),
    ("nobody knows when", (message(1), message(2)._replace(sent=None)), b"(2)(1)"),
    ("a missing parent of one", (message(1, 9),), b"(1)"),
    ("a missing parent of two", (message(1, 9), message(2, 9)), b"((1)(2))"),
    ("a missing one in between", (message(1), message(2, 1, 9), message(3, 1, 9)), b"(1 (2)(3))"),
    ("missing ones above missing ones", (message(1, 8, 9), message(2, 8), message(3, 8, 9)), b"((1)(2)(3))"),
    ("a missing thread by its first child", (message(1), message(2, 9, sent=-1), message(3, 9)), b"((2)(3))(1)"),
    ("a link that is there is kept", (message(1, 7, 8), message(2, 6, 8)), b"((1)(2))"),
    ("its own references count more than others'", (message(1), message(2, 1, 3), message(3), message(4, 3)), b"(1)(3 (2)(4))"),
    ("itself", (message(1, 1), message(2, 1, 2)), b"(1)(2)"),
    ("a circle", (message(1, 2), message(2, 1)), b"(2 1)"),
    ("a circle of three", (message(1, 3), message(2, 1), message(3, 2)), b"(3 1 2)"),
    ("a circle of missing ones", (message(1, 7, 8, 7), message(2, 8, 7, 8)), b"((1)(2))"),
    ("the same Message-ID twice", (message(1), message(2)._replace(message_id=1), message(3, 1)), b"(1 3)(2)"),
    ("no Message-ID", (Message(1, None, (), 1, "", False), Message(2, None, (), 2, "", False)), b"(1)(2)"),
    ("an answer without references", (message(1, subject="a"), answer(2, subject="a")), b"(1 2)"),
    ("an answer that came first", (answer(1, subject="a"), message(2, subject="a")), b"(2 1)"),
    ("two of the same subject", (message(1, subject="a"), message(2, subject="a")), b"((1)(2))"),
    ("three of the same subject", tuple(message(n, subject="a") for n in (1, 2, 3)), b"((1)(2)(3))"),
    ("two answers to what is missing", (answer(1, subject="a"), answer(2, subject="a")), b"((1)(2))"),
    ("no subject joins nothing", (message(1), answer(2, subject="")), b"(1)(2)"),
    ("an answer to a missing thread", (message(1, 9, subject="a"), message(2, 9), answer(3, subject="a")), b"((1)(2)(3))"),
    ("two missing threads of a subject", (message(1, 8, subject="a"), message(2, 8), message(3, 9, subject="a"), message(4, 9)), b"((1)(2)(3)(4))"),
    ("a child that joins comes by its date", (message(1, subject="a"), message(4, 1), answer(3, subject="a")), b"(1 (3)(4))"),
    ("the example of the RFC", (message(2), message(3), message(6, 3), message(4, 6), message(23, 4), message(44, 6), message(7, 44), message(96, 7)), b"(2)(3 6 (4 23)(44 7 96))"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "messages", "expected"), REFERENCES)
def test_references(said: str, messages: Sequence[Message], expected: bytes) -> None:
    assert threads(*messages) == expected


def test_orderedsubject() -> None:
    messages = [
        message(1, subject="b", sent=5),
        message(2, subject="a", sent=6),
        message(3, subject="b", sent=4),
        message(4, subject="b", sent=7),
        message(5, subject="c", sent=1),
        message(6, subject="a", sent=8),
    ]
    assert print_threads(thread_orderedsubject(messages)) == b"(5)(3 (1)(4))(2 6)"


NUMBERS = st.integers(0, 9)
MESSAGES = st.lists(
    st.tuples(
        NUMBERS | st.none(),
        st.lists(NUMBERS, max_size=4),
        st.integers(0, 5) | st.none(),
        st.sampled_from(["", "a", "b"]),
        st.booleans(),
    ),
    max_size=12,
).map(lambda rows: [Message(number, *row) for number, row in enumerate(rows, 1)])


@settings(max_examples=1000)
@given(MESSAGES)
def test_every_message_is_in_the_answer_once(messages: list[Message]) -> None:
    for make in (thread_references, thread_orderedsubject):
        tree = make(messages)
        numbers = [number for _, number in tree if number]
        assert sorted(numbers) == [each.number for each in messages]
        assert all(
            0 <= depth <= before + 1 for (depth, _), (before, _) in zip(tree, [(-1, 0), *tree], strict=False)
        )
        assert all(depth == 0 for depth, number in tree if not number)
        printed = print_threads(tree)
        assert printed.count(b"(") == printed.count(b")")
        assert sorted(map(int, printed.replace(b"(", b" ").replace(b")", b" ").split())) == sorted(numbers)


@given(MESSAGES, st.randoms(use_true_random=False))
def test_dates_and_numbers_alone_decide_on_the_order(messages: list[Message], chance: random.Random) -> None:
    shuffled = messages[:]
    chance.shuffle(shuffled)
    assert thread_orderedsubject(shuffled) == thread_orderedsubject(messages)


def ids(count: int, links: Sequence[Sequence[int]], subject: str = "") -> list[Message]:
    return [Message(number + 1, number, links[number], number, subject, False) for number in range(count)]


CHANCE = random.Random(7)
SHUFFLED = CHANCE.sample(range(COUNT), COUNT)
HOSTILE = {
    "a chain": ids(COUNT, [(number - 1,) for number in range(COUNT)]),
    "a chain backwards": ids(COUNT, [(number + 1,) for number in range(COUNT)]),
    "a circle": ids(COUNT, [((number + 1) % COUNT,) for number in range(COUNT)]),
    "a chain in any order": [Message(n, i, (i - 1,), n, "a", False) for n, i in enumerate(SHUFFLED)],
    "each to itself": ids(COUNT, [(number,) for number in range(COUNT)], "a"),
    "one Message-ID for all": [Message(number, 1, (1, 2, 1), number, "a", True) for number in range(COUNT)],
    "100,000 references": [Message(1, 1, range(100_000), 1, "", False)],
    "references to anything": ids(COUNT, [CHANCE.sample(range(COUNT), 100) for _ in range(COUNT)]),
    "references to what is missing": ids(COUNT, [[*range(COUNT, COUNT + 100)]] * COUNT),
    "a chain of missing ones": ids(COUNT, [(COUNT + n, COUNT + n + 1) for n in range(COUNT)]),
    "deep ones below each other again and again": ids(
        COUNT, [(number - 1, (number * 7919) % COUNT, 0, number - 1) for number in range(COUNT)]
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_references_take_long_or_a_stack(name: str) -> None:
    """CVE-2026-40014, CVE-2026-40017: references that took a server's time and memory."""
    start = time.process_time()
    tree = thread_references(HOSTILE[name])
    printed = print_threads(tree)
    assert time.process_time() - start < 2
    assert sum(1 for _, number in tree if number) == len({each.number for each in HOSTILE[name]} - {0})
    assert printed


def test_10_000_messages_are_joined_at_once() -> None:
    chance = random.Random(5)
    links: list[list[int]] = []
    for number in range(COUNT):
        before = number - 1 - chance.randrange(min(number, 300)) if number else 0
        links.append([*links[before][-20:], before] if number and chance.random() < 0.45 else [])
    messages = [
        Message(number + 1, number, links[number], number, f"s{chance.randrange(4_000)}", bool(links[number]))
        for number in range(COUNT)
    ]
    assert (
        quickest(lambda: print_threads(thread_references(messages))) < 0.2
    )  # 0.02 on a machine with nothing else to do
