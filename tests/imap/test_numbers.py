"""Sequence numbers are those that each client was told (RFC 9051, 7.5.1), whatever others do."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter


@pytest.fixture
def pair(alice: Client, another: Another) -> tuple[Client, Client]:
    """Two clients in INBOX with the messages 1 to 5; nothing is recent any more."""
    alice.fills("INBOX", *(letter(str(number)) for number in range(1, 6)))
    alice.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    other = another(alice)
    other.ok("SELECT INBOX")
    return alice, other


def expunge(client: Client, uids: str) -> None:
    client.ok(f"UID STORE {uids} +FLAGS.SILENT (\\Deleted)")
    client.ok(f"UID EXPUNGE {uids}")


@pytest.mark.parametrize(
    "command",
    [
        "FETCH 1 UID",
        "STORE 1 +FLAGS.SILENT (\\Seen)",
        "SEARCH ALL",
        "SORT (DATE) UTF-8 ALL",
        "THREAD REFERENCES UTF-8 ALL",
    ],
)
def test_no_expunge_is_told_where_numbers_are_named(pair: tuple[Client, Client], command: str) -> None:
    client, other = pair
    expunge(other, "2")
    assert not [line for line in client.ok(command) if "EXPUNGE" in line]
    assert client.ok("NOOP") == ["* 2 EXPUNGE"]


@pytest.mark.parametrize(
    "command",
    [
        "UID FETCH 1 UID",
        "UID STORE 1 +FLAGS.SILENT (\\Seen)",
        "UID SEARCH ALL",
        "NOOP",
        "CHECK",
        "STATUS Sent (MESSAGES)",
        "UID COPY 1 Sent",
        "CREATE More",
    ],
)
def test_expunges_are_told_with_other_commands(pair: tuple[Client, Client], command: str) -> None:
    client, other = pair
    expunge(other, "2")
    assert "* 2 EXPUNGE" in client.ok(command)


def test_numbers_stay_until_an_expunge_is_told(pair: tuple[Client, Client]) -> None:
    client, other = pair
    expunge(other, "1,3")
    answer = client.ok("FETCH 1:5 UID")
    assert answer == ["* 2 FETCH (UID 2)", "* 4 FETCH (UID 4)", "* 5 FETCH (UID 5)"]
    assert answer.code == "EXPUNGEISSUED"
    answer = client.no("STORE 1:2 +FLAGS (\\Seen)", "EXPUNGEISSUED")
    assert answer == ["* 2 FETCH (FLAGS (\\Seen))"]
    assert client.ok("STORE 1:2 +FLAGS.SILENT (\\Seen)").code == "EXPUNGEISSUED"
    assert client.ok("SEARCH ALL") == ["* SEARCH 2 4 5"]
    assert client.ok("SEARCH 1:4") == ["* SEARCH 2 4"]
    assert client.ok("SORT (REVERSE SUBJECT) UTF-8 ALL") == ["* SORT 5 4 2"]
    assert client.ok("THREAD ORDEREDSUBJECT UTF-8 ALL") == ["* THREAD (2)(4)(5)"]
    assert client.ok("NOOP") == ["* 3 EXPUNGE", "* 1 EXPUNGE"]
    assert client.ok("FETCH 1:* UID") == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 4)", "* 3 FETCH (UID 5)"]


def test_new_mail_is_told_while_expunges_wait(pair: tuple[Client, Client]) -> None:
    client, other = pair
    expunge(other, "2")
    other.fills("INBOX", letter("6"))
    assert client.ok("FETCH 1 UID") == ["* 6 EXISTS", "* 0 RECENT", "* 1 FETCH (UID 1)"]
    assert client.ok("FETCH 6 UID") == ["* 6 FETCH (UID 6)"]
    expunge(other, "6")
    other.fills("INBOX", letter("7"))
    assert client.ok("SEARCH 3:*") == [
        "* 7 EXISTS",
        "* 0 RECENT",
        "* SEARCH 3 4 5 7",
    ]
    assert client.ok("NOOP") == ["* 6 EXPUNGE", "* 2 EXPUNGE"]
    assert client.ok("FETCH 4:5 UID") == ["* 4 FETCH (UID 5)", "* 5 FETCH (UID 7)"]


def test_flags_are_told_by_the_numbers_of_the_moment(pair: tuple[Client, Client]) -> None:
    client, other = pair
    expunge(other, "1")
    other.ok("UID STORE 3 +FLAGS.SILENT (\\Flagged)")
    assert client.ok("FETCH 5 UID") == ["* 3 FETCH (FLAGS (\\Flagged))", "* 5 FETCH (UID 5)"]
    other.ok("UID STORE 3 +FLAGS.SILENT (\\Seen)")
    assert client.ok("NOOP") == ["* 1 EXPUNGE", "* 2 FETCH (FLAGS (\\Flagged \\Seen))"]


def test_what_came_and_went_unseen_is_never_told(pair: tuple[Client, Client]) -> None:
    client, other = pair
    other.fills("INBOX", letter("6"))
    expunge(other, "6")
    assert client.ok("NOOP") == []
    other.fills("INBOX", letter("7"))
    assert client.ok("NOOP") == ["* 6 EXISTS", "* 0 RECENT"]
    assert client.ok("FETCH 6 UID") == ["* 6 FETCH (UID 7)"]


def test_one_s_own_expunge_tells_those_of_others_too(pair: tuple[Client, Client]) -> None:
    client, other = pair
    expunge(other, "2")
    client.ok("FETCH 1 UID")
    client.ok("STORE 4 +FLAGS.SILENT (\\Deleted)")
    assert client.ok("EXPUNGE") == ["* 4 EXPUNGE", "* 2 EXPUNGE"]
    assert client.ok("FETCH 1:* UID") == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 3)", "* 3 FETCH (UID 5)"]


def test_a_number_that_is_gone_moves_nothing_else(pair: tuple[Client, Client]) -> None:
    client, other = pair
    expunge(other, "2")
    client.ok("FETCH 1 UID")
    answer = client.ok("MOVE 2:3 Trash")
    assert answer.like("* OK [COPYUID … 3 1] …", "* 3 EXPUNGE", "* 2 EXPUNGE")
    assert client.ok("FETCH 1:* UID") == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 4)", "* 3 FETCH (UID 5)"]


def test_numbers_above_the_last_are_refused(pair: tuple[Client, Client]) -> None:
    client, _ = pair
    for command in ("FETCH 6 UID", "FETCH 1,6 UID", "STORE 6 +FLAGS ()", "COPY 6 Sent", "MOVE 5:6 Sent"):
        client.bad(command)
    assert client.ok("FETCH *:5 UID") == ["* 5 FETCH (UID 5)"]
    assert client.ok("FETCH 4:* UID") == ["* 4 FETCH (UID 4)", "* 5 FETCH (UID 5)"]


def test_an_empty_mailbox_has_no_last_message(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    assert alice.ok("UID FETCH * UID") == []
    assert alice.ok("SEARCH 1:*") == ["* SEARCH"]
    assert alice.asks("FETCH * UID").end.startswith(("BAD ", "OK "))
