"""COPY and MOVE, by number and by UID, and what others hear of them."""

from __future__ import annotations

from tests.imap.conftest import Another, Shared
from tests.imap.service import Service
from tests.imap.talk import Client, letter


def test_copy_takes_flags_and_dates_along(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("One"), flags="\\Seen work")
    alice.fills("INBOX", letter("Two"), flags="$Forwarded")
    alice.fills("Archive", letter("There"), flags="play $Forwarded")
    alice.ok("SELECT INBOX")
    other = another(alice)
    other.ok("SELECT Archive")
    dates = alice.ok("FETCH 1:2 INTERNALDATE")
    answer = alice.ok("COPY 1:2 Archive")
    assert answer == []
    assert answer.code == f"COPYUID {alice.number('Archive', 'UIDVALIDITY')} 1:2 2:3"
    assert other.ok("NOOP").like("* FLAGS (…play $Forwarded work)", "…", "* 3 EXISTS", "* 3 RECENT")
    assert other.ok("FETCH 2:3 FLAGS") == [
        "* 2 FETCH (FLAGS (\\Seen work \\Recent))",
        "* 3 FETCH (FLAGS ($Forwarded \\Recent))",
    ]
    assert [line[8:] for line in other.ok("FETCH 2:3 INTERNALDATE")] == [line[8:] for line in dates]


def test_copy_into_the_mailbox_itself_makes_another_message(alice: Client) -> None:
    alice.fills("INBOX", letter("One"))
    alice.ok("SELECT INBOX")
    assert alice.ok("COPY 1 INBOX") == ["* 2 EXISTS", "* 2 RECENT"]


def test_copy_says_where_a_mailbox_could_be_made(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    alice.no("COPY 1 Nowhere", "TRYCREATE")
    alice.no("UID COPY 1 Nowhere", "TRYCREATE")
    alice.no("MOVE 1 Nowhere", "TRYCREATE")


def test_copy_wants_messages_that_there_are(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    alice.bad("COPY 2 Archive")
    alice.bad("COPY 1:2 Archive")
    answer = alice.ok("UID COPY 7:9 Archive")
    assert (answer, answer.code) == ([], "")
    assert alice.number("Archive", "MESSAGES") == 0


def test_copy_of_what_is_gone_says_so(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"))
    alice.ok("SELECT INBOX")
    other = another(alice)
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS \\Deleted")
    other.ok("EXPUNGE")
    assert other.ok("SEARCH UID 1") == ["* SEARCH"]
    answer = alice.ok("COPY 1 Archive")
    assert answer == ["* 1 EXPUNGE", "* 1 RECENT"]
    assert answer.code == "EXPUNGEISSUED"
    assert alice.number("Archive", "MESSAGES") == 0


def test_move_takes_messages_away(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"), letter("Three"), flags="\\Seen")
    alice.ok("SELECT INBOX")
    here, there = another(alice), another(alice)
    here.ok("SELECT INBOX")
    there.ok("SELECT Trash")
    validity = alice.number("Trash", "UIDVALIDITY")
    assert alice.ok("MOVE 1,3 Trash").like(
        f"* OK [COPYUID {validity} 1,3 1:2] …", "* 3 EXPUNGE", "* 1 EXPUNGE", "* 1 RECENT"
    )
    assert here.ok("NOOP") == ["* 3 EXPUNGE", "* 1 EXPUNGE"]
    assert there.ok("NOOP") == ["* 2 EXISTS", "* 2 RECENT"]
    assert there.ok("FETCH 1 (UID FLAGS)") == ["* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))"]


def test_move_by_uid(alice: Client) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"))
    alice.ok("SELECT INBOX")
    assert alice.ok("UID MOVE 2:* Trash").like("* OK [COPYUID … 2 1] …", "* 2 EXPUNGE", "* 1 RECENT")
    assert alice.ok("UID MOVE 2 Trash") == []


def test_move_into_the_mailbox_itself_gives_new_uids(alice: Client) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"))
    alice.ok("SELECT INBOX")
    assert alice.ok("MOVE 1 INBOX").like("* OK [COPYUID … 1 3] …", "* 1 EXPUNGE", "* 2 EXISTS", "* 2 RECENT")
    assert alice.ok("UID FETCH 1:* UID") == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 3)"]


def test_a_message_whose_file_is_gone_is_neither_copied_nor_moved_to_somebody_else(
    alice: Client, bob: Client, shared: Shared, imap: Service
) -> None:
    """What was expunged by another process while it was copied ended the command by SERVERBUG."""
    bob.ok(f"SELECT {shared('lrte')}")
    account = imap.opened(alice.uid)
    (file, *_) = sorted(account.place.glob("bodies/?/*"))
    file.unlink()
    for command in ("COPY 1:* INBOX", "MOVE 1:* INBOX"):
        assert "COPYUID" in " ".join([*(answer := bob.ok(command)), answer.end])
    assert bob.number("INBOX", "MESSAGES") == 2
    assert alice.number("Work", "MESSAGES") == 1
