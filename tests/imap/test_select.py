"""Opening and leaving mailboxes: SELECT, EXAMINE, CLOSE, UNSELECT, CHECK, and what is recent."""

from __future__ import annotations

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter


def test_select_tells_all_that_there_is_to_know(alice: Client) -> None:
    alice.fills("INBOX", letter("One"), flags="\\Seen $Work")
    alice.fills("INBOX", letter("Two"))
    answer = alice.ok("SELECT INBOX")
    assert answer.like(
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work \\*)] …",
        "* 2 EXISTS",
        "* 2 RECENT",
        "* OK [UNSEEN 2] …",
        "* OK [UIDVALIDITY …] …",
        "* OK [UIDNEXT 3] …",
        "* OK [HIGHESTMODSEQ …] …",
        "* OK [MAILBOXID (…)] …",
    )
    assert answer.code == "READ-WRITE"


def test_examine_looks_only(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter(), flags="\\Deleted")
    answer = alice.ok("EXAMINE INBOX")
    assert answer.code == "READ-ONLY"
    assert answer.among("* OK [PERMANENTFLAGS …").startswith("* OK [PERMANENTFLAGS ()]")
    assert alice.ok("FETCH 1 BODY[TEXT]").like("* 1 FETCH (BODY[TEXT] …)")
    assert alice.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Deleted \\Recent))"]
    for refused in (
        "STORE 1 +FLAGS \\Seen",
        "EXPUNGE",
        "UID EXPUNGE 1",
        "MOVE 1 Trash",
        "REPLACE 1 INBOX {1+}\r\nx",
    ):
        alice.no(refused)
    alice.ok("COPY 1 Trash")
    alice.ok("CLOSE")
    assert another(alice).ok("STATUS INBOX (MESSAGES)") == ["* STATUS INBOX (MESSAGES 1)"]


def test_a_mailbox_that_is_not_there_cannot_be_opened_and_leaves_none_open(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    alice.no("SELECT Nowhere", "NONEXISTENT")
    alice.bad("CHECK")


def test_a_select_that_is_no_command_leaves_the_mailbox_open(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    alice.bad("SELECT")
    alice.bad("SELECT INBOX (FAST)")
    alice.ok("CHECK")


def test_inbox_has_any_case(alice: Client) -> None:
    alice.fills("iNbOx", letter())
    assert "* 1 EXISTS" in alice.ok("SELECT inbox")
    assert alice.ok('STATUS "InBox" (MESSAGES)') == ["* STATUS INBOX (MESSAGES 1)"]


def test_close_expunges_without_a_word(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("Goes"), flags="\\Deleted")
    alice.fills("INBOX", letter("Stays"))
    other = another(alice)
    alice.ok("SELECT INBOX")
    other.ok("SELECT INBOX")
    assert alice.ok("CLOSE") == []
    alice.bad("CLOSE")
    assert other.ok("NOOP") == ["* 1 EXPUNGE"]


def test_unselect_expunges_nothing(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("Stays"), flags="\\Deleted")
    other = another(alice)
    other.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    assert alice.ok("UNSELECT") == []
    alice.bad("UNSELECT")
    assert other.ok("NOOP") == []


def test_select_of_another_mailbox_expunges_nothing(alice: Client) -> None:
    alice.fills("INBOX", letter("Stays"), flags="\\Deleted")
    alice.ok("SELECT INBOX")
    alice.ok("SELECT Sent")
    assert "* 1 EXISTS" in alice.ok("SELECT INBOX")


def test_check_tells_what_became_different(alice: Client, another: Another) -> None:
    alice.ok("SELECT INBOX")
    another(alice).fills("INBOX", letter())
    assert alice.ok("CHECK") == ["* 1 EXISTS", "* 1 RECENT"]


# RFC 3501, 2.3.2


def test_recent_messages_are_told_to_one_client(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter())
    other, third = another(alice), another(alice)
    assert "* 1 RECENT" in other.ok("EXAMINE INBOX")
    assert "* 1 RECENT" in alice.ok("SELECT INBOX")
    assert "* 0 RECENT" in third.ok("SELECT INBOX")
    assert alice.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Recent))"]
    assert third.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS ())"]


def test_status_counts_recent_messages_and_takes_none(alice: Client) -> None:
    alice.fills("INBOX", letter(), letter())
    assert alice.ok("STATUS INBOX (RECENT)") == ["* STATUS INBOX (RECENT 2)"]
    assert alice.ok("STATUS INBOX (RECENT)") == ["* STATUS INBOX (RECENT 2)"]
    alice.ok("SELECT INBOX")
    assert alice.ok("STATUS INBOX (RECENT)") == ["* STATUS INBOX (RECENT 0)"]


def test_what_comes_while_a_client_looks_on_is_recent_for_it(alice: Client, another: Another) -> None:
    other = another(alice)
    alice.ok("SELECT INBOX")
    other.fills("INBOX", letter())
    assert alice.ok("NOOP") == ["* 1 EXISTS", "* 1 RECENT"]
    assert "* 0 RECENT" in other.ok("SELECT INBOX")


def test_recent_cannot_be_set_and_does_not_stay(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    alice.bad("STORE 1 +FLAGS (\\Recent)")
    assert alice.ok("STORE 1 FLAGS (\\Seen)") == ["* 1 FETCH (FLAGS (\\Seen \\Recent))"]
    assert "* 0 RECENT" in alice.ok("SELECT INBOX")
    assert alice.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Seen))"]


def test_copies_are_recent_where_they_came(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    alice.ok("COPY 1 Archive")
    assert alice.ok("STATUS Archive (RECENT)") == ["* STATUS Archive (RECENT 1)"]
