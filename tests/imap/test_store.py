"""STORE and EXPUNGE, and what others hear of them."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter


@pytest.fixture
def box(alice: Client) -> Client:
    """INBOX with three messages that are not recent any more."""
    alice.fills("INBOX", letter("One"), letter("Two"), letter("Three"))
    alice.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    return alice


def test_store_adds_removes_and_replaces_flags(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    assert box.ok("STORE 1:2 +FLAGS (\\Seen \\Flagged)") == [
        "* 1 FETCH (FLAGS (\\Flagged \\Seen))",
        "* 2 FETCH (FLAGS (\\Flagged \\Seen))",
    ]
    assert box.ok("STORE 1 -FLAGS \\Seen") == ["* 1 FETCH (FLAGS (\\Flagged))"]
    assert box.ok("STORE 2 FLAGS (\\Answered)") == ["* 2 FETCH (FLAGS (\\Answered))"]
    assert other.ok("NOOP") == ["* 1 FETCH (FLAGS (\\Flagged))", "* 2 FETCH (FLAGS (\\Answered))"]
    assert other.ok("NOOP") == []


def test_store_in_silence_tells_only_others(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    assert box.ok("STORE 1 +FLAGS.SILENT (\\Seen)") == []
    assert other.ok("NOOP") == ["* 1 FETCH (FLAGS (\\Seen))"]


def test_store_answers_also_where_nothing_changed(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    assert box.ok("STORE 1 -FLAGS (\\Seen)") == ["* 1 FETCH (FLAGS ())"]
    assert other.ok("NOOP") == []


def test_store_in_silence_tells_what_others_changed_meanwhile(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 1:2 +FLAGS.SILENT (\\Flagged)")
    assert "* 2 FETCH (FLAGS (\\Flagged))" in box.ok("STORE 1 +FLAGS.SILENT (\\Seen)")


def test_store_by_uid_answers_with_uids(box: Client) -> None:
    assert box.ok("UID STORE 2:* +FLAGS (\\Seen)") == [
        "* 2 FETCH (UID 2 FLAGS (\\Seen))",
        "* 3 FETCH (UID 3 FLAGS (\\Seen))",
    ]
    assert box.ok("UID STORE 77 +FLAGS (\\Seen)") == []


def test_store_makes_keywords(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    assert box.ok("STORE 1 +FLAGS ($Label1 Holiday)").like(
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 Holiday)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 Holiday \\*)] …",
        "* 1 FETCH (FLAGS ($Label1 Holiday))",
    )
    assert other.ok("NOOP").like(
        "* FLAGS (…)", "* OK [PERMANENTFLAGS (…)] …", "* 1 FETCH (FLAGS ($Label1 Holiday))"
    )
    assert box.ok("STORE 2 +FLAGS holiday") == ["* 2 FETCH (FLAGS (Holiday))"]


@pytest.mark.parametrize(
    "asked",
    [
        "1",
        "1 FLAGS",
        "1 +FLAGS ()x",
        "1 +FLAGS (\\Recent)",
        "1 +FLAGS (\\Wrong)",
        "4 +FLAGS ()",
        "0 FLAGS ()",
        "1 *FLAGS ()",
    ],
)
def test_store_refuses_what_cannot_be(box: Client, asked: str) -> None:
    box.bad(f"STORE {asked}")
    assert box.ok("FETCH 1:3 FLAGS") == [f"* {number} FETCH (FLAGS ())" for number in (1, 2, 3)]


def test_expunge_removes_what_is_deleted(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    box.ok("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    assert box.ok("EXPUNGE") == ["* 3 EXPUNGE", "* 1 EXPUNGE"]
    assert box.ok("EXPUNGE") == []
    assert other.ok("NOOP") == ["* 3 EXPUNGE", "* 1 EXPUNGE"]
    assert other.ok("FETCH 1 (UID)") == ["* 1 FETCH (UID 2)"]
    box.fills("INBOX", letter("Four"))
    assert other.ok("UID FETCH 3:* UID") == ["* 2 EXISTS", "* 0 RECENT", "* 2 FETCH (UID 4)"]


def test_expunge_by_uid_removes_only_those(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    box.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)")
    assert box.ok("UID EXPUNGE 2:*") == ["* 3 EXPUNGE", "* 2 EXPUNGE"]
    assert other.ok("CHECK") == ["* 3 EXPUNGE", "* 2 EXPUNGE", "* 1 FETCH (FLAGS (\\Deleted))"]
    box.ok("STORE 1 -FLAGS.SILENT (\\Deleted)")
    assert box.ok("UID EXPUNGE 1") == []
    box.bad("UID EXPUNGE")
