"""Mod-sequences (RFC 7162, 3.1): what enables them, and what they are good for."""

from __future__ import annotations

import re

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Answer, Client, letter


@pytest.fixture
def box(alice: Client) -> Client:
    """INBOX with three messages that are not recent any more; mod-sequences are not enabled."""
    alice.fills("INBOX", letter("One"), letter("Two"), letter("Three"))
    alice.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    return alice


def modseqs(answer: Answer) -> list[int]:
    return [int(found[1]) for line in answer if (found := re.search(r"MODSEQ \((\d+)\)", line))]


def highest(answer: Answer) -> int:
    found = re.search(r"HIGHESTMODSEQ (\d+)", " ".join([*answer, answer.end]))
    assert found
    return int(found[1])


def test_select_always_tells_the_highest(box: Client) -> None:
    told = highest(box.ok("SELECT INBOX"))
    assert told == max(modseqs(box.ok("FETCH 1:3 MODSEQ")))
    assert highest(box.ok("EXAMINE INBOX")) == told


@pytest.mark.parametrize(
    "command",
    [
        "ENABLE CONDSTORE",
        "SELECT INBOX (CONDSTORE)",
        "EXAMINE INBOX (CONDSTORE)",
        "STATUS INBOX (HIGHESTMODSEQ)",
        "FETCH 1 (MODSEQ)",
        "FETCH 1 FLAGS (CHANGEDSINCE 1)",
        "SEARCH MODSEQ 1",
        "UID STORE 1 (UNCHANGEDSINCE 99) +FLAGS.SILENT \\Answered",
    ],
)
def test_who_asks_for_mod_sequences_is_told_them_from_then_on(
    box: Client, another: Another, command: str
) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS \\Flagged")
    assert box.ok("NOOP") == ["* 2 FETCH (FLAGS (\\Flagged))"]
    box.ok(command)
    other.ok("STORE 3 +FLAGS \\Flagged")
    assert box.ok("NOOP").like("* 3 FETCH (…FLAGS (\\Flagged)…MODSEQ (…))")


def test_enabling_late_tells_the_highest_as_select_would(box: Client) -> None:
    assert box.ok("ENABLE CONDSTORE").like("* OK [HIGHESTMODSEQ …] …", "* ENABLED CONDSTORE")
    assert box.ok("ENABLE CONDSTORE") == ["* ENABLED"]


def test_a_change_takes_the_next_number_and_the_same_for_all_it_changes(
    box: Client, another: Another
) -> None:
    before = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    first, second = modseqs(box.ok("STORE 1:2 +FLAGS (\\Seen)"))
    assert first == second > before
    assert modseqs(box.ok("STORE 3 +FLAGS.SILENT (\\Seen)")) > [first]
    other = another(box)
    other.fills("INBOX", letter())
    box.ok("NOOP")
    assert modseqs(box.ok("FETCH 4 MODSEQ")) == [highest(other.ok("SELECT INBOX"))]


def test_a_change_that_changes_nothing_takes_no_number(box: Client) -> None:
    before = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    box.ok("STORE 1 -FLAGS (\\Seen)")
    assert highest(box.ok("SELECT INBOX")) == before


def test_expunges_take_numbers_too(box: Client) -> None:
    box.ok("STORE 1 +FLAGS (\\Deleted)")
    before = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    box.ok("EXPUNGE")
    assert highest(box.ok("SELECT INBOX")) > before


def test_a_silent_store_tells_the_mod_sequence_alone(box: Client) -> None:
    box.ok("ENABLE CONDSTORE")
    assert box.ok("STORE 1 +FLAGS.SILENT (\\Seen)").like("* 1 FETCH (MODSEQ (…))")


# 3.1.3


def test_store_leaves_alone_what_changed_since(box: Client, another: Another) -> None:
    since = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    answer = box.ok(f"STORE 1:3 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\\Seen)")
    assert answer.code == "MODIFIED 2"
    assert answer.like(
        "* 1 FETCH (MODSEQ (…))", "* 2 FETCH (FLAGS (\\Flagged) MODSEQ (…))", "* 3 FETCH (MODSEQ (…))"
    )
    assert other.ok("NOOP") == ["* 1 FETCH (FLAGS (\\Seen))", "* 3 FETCH (FLAGS (\\Seen))"]


def test_store_by_uid_names_uids_of_what_changed_since(box: Client, another: Another) -> None:
    box.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    box.ok("EXPUNGE")
    since = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 1:2 +FLAGS.SILENT (\\Flagged)")
    answer = box.ok(f"UID STORE 2:3 (UNCHANGEDSINCE {since}) FLAGS (\\Seen)")
    assert answer.code == "MODIFIED 2:3"
    assert answer.like("* 1 FETCH (UID 2 FLAGS (\\Flagged) …)", "* 2 FETCH (UID 3 FLAGS (\\Flagged) …)")


def test_store_since_the_beginning_changes_nothing(box: Client) -> None:
    answer = box.ok("STORE 1 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)")
    assert answer.code == "MODIFIED 1"
    assert box.ok("FETCH 1 FLAGS").like("* 1 FETCH (FLAGS ()…")


# 3.1.4


def test_fetch_of_what_changed_since(box: Client, another: Another) -> None:
    since = highest(box.ok("SELECT INBOX (CONDSTORE)"))
    assert box.ok(f"FETCH 1:* FLAGS (CHANGEDSINCE {since})") == []
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    box.ok("NOOP")
    assert box.ok(f"FETCH 1:* FLAGS (CHANGEDSINCE {since})").like("* 2 FETCH (FLAGS (\\Flagged) MODSEQ (…))")
    assert box.ok(f"UID FETCH 1:* FLAGS (CHANGEDSINCE {since})").like(
        "* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (…))"
    )
    assert len(box.ok("FETCH 1:* FLAGS (CHANGEDSINCE 1)")) == 3
    box.bad("FETCH 1 FLAGS (CHANGEDSINCE x)")
    box.bad("FETCH 1 FLAGS (WEATHER 1)")


def test_reading_tells_the_new_mod_sequence(box: Client) -> None:
    (before,) = modseqs(box.ok("FETCH 1 MODSEQ"))
    answer = box.ok("FETCH 1 BODY[TEXT]")
    assert max(modseqs(answer)) > before


# 3.1.5 and 3.1.6


def test_search_by_mod_sequence_tells_the_highest_of_what_it_found(box: Client) -> None:
    box.ok("ENABLE CONDSTORE")
    (first,) = modseqs(box.ok("STORE 3 +FLAGS (\\Seen)"))
    (second,) = modseqs(box.ok("STORE 1 +FLAGS (\\Seen)"))
    assert box.ok(f"SEARCH MODSEQ {first}") == [f"* SEARCH 1 3 (MODSEQ {second})"]
    assert box.ok(f"SEARCH MODSEQ {first} NOT 1") == [f"* SEARCH 3 (MODSEQ {first})"]
    assert box.ok(f'SEARCH MODSEQ "/flags/\\\\Seen" all {second}') == [f"* SEARCH 1 (MODSEQ {second})"]
    assert box.ok(f"SEARCH MODSEQ {second + 1}") == ["* SEARCH"]
    assert box.ok(f"UID SORT (REVERSE SUBJECT) UTF-8 MODSEQ {first}") == [f"* SORT 3 1 (MODSEQ {second})"]
    tag = box.begins(f"SEARCH RETURN (COUNT ALL) MODSEQ {first}")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") ALL 1,3 COUNT 2 MODSEQ {second}']
    tag = box.begins(f"SEARCH RETURN (MIN) MODSEQ {first}")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") MIN 1 MODSEQ {second}']


def test_status_tells_the_highest_of_a_mailbox(box: Client, another: Another) -> None:
    before = box.number("INBOX", "HIGHESTMODSEQ")
    another(box).fills("Archive", letter())
    assert box.number("INBOX", "HIGHESTMODSEQ") == before
    assert box.number("Archive", "HIGHESTMODSEQ") > before
