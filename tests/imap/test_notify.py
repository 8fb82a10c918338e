"""NOTIFY (RFC 5465): a client says what it wants to hear of, and hears of that by itself."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another, Shared
from tests.imap.talk import Client, letter


def heard(client: Client, count: int) -> list[str]:
    """So many lines, and then silence."""
    lines = [client.hears(2) for _ in range(count)]
    assert client.hears_nothing()
    return lines


def test_other_mailboxes_are_told_by_status(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
    other = another(alice)
    other.fills("Archive", letter(), flags="\\Deleted")
    (line,) = heard(alice, 1)
    assert line.startswith("* STATUS Archive (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ")
    other.ok("SELECT Archive")
    other.ok("STORE 1 +FLAGS (\\Seen)")
    assert heard(alice, 0) == []
    other.ok("EXPUNGE")
    (line,) = heard(alice, 1)
    assert line.startswith("* STATUS Archive (MESSAGES 0 UIDNEXT 2 ")


def test_changes_of_flags_are_told_to_whom_they_matter(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (MAILBOXES Archive (MessageNew MessageExpunge FlagChange))")
    other = another(alice)
    other.fills("Sent", letter())
    assert heard(alice, 0) == []
    other.fills("Archive", letter())
    heard(alice, 1)
    other.ok("SELECT Archive")
    other.ok("STORE 1 +FLAGS (\\Seen)")
    (line,) = heard(alice, 1)
    assert "UNSEEN 0" in line
    assert "HIGHESTMODSEQ" in line


def test_the_status_of_all_is_told_first_if_it_is_asked_for(alice: Client, another: Another) -> None:
    another(alice).fills("Archive", letter())
    answer = alice.ok("NOTIFY SET STATUS (MAILBOXES (Archive Sent) (MessageNew MessageExpunge))")
    assert answer.like("* STATUS Archive (MESSAGES 1 …)", "* STATUS Sent (MESSAGES 0 …)")
    assert heard(alice, 0) == []


def test_the_selected_mailbox_is_told_as_it_changes(alice: Client, another: Another) -> None:
    alice.ok("SELECT INBOX")
    alice.ok(
        "NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))"
    )
    other = another(alice)
    other.fills("INBOX", letter("Tea"))
    lines = heard(alice, 3)
    assert lines[:2] == ["* 1 EXISTS", "* 1 RECENT"]
    assert lines[2].startswith("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {")
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS (\\Deleted)")
    assert heard(alice, 1) == ["* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))"]
    other.ok("EXPUNGE")
    assert alice.hears(2) == "* 1 EXPUNGE"


def test_expunges_can_be_put_off(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"), flags="\\Deleted")
    other = another(alice)
    other.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    alice.ok("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))")
    other.ok("UID EXPUNGE 1")
    assert heard(alice, 0) == []
    assert alice.ok("NOOP") == ["* 1 EXPUNGE"]


def test_names_that_come_change_and_go_are_told(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (SUBTREE Work (MailboxName)) (MAILBOXES Other (MailboxName))")
    other = another(alice)
    other.ok("CREATE Work")
    assert heard(alice, 1) == ['* LIST () "/" Work']
    other.ok("CREATE Work/Below")
    assert heard(alice, 1) == ['* LIST () "/" Work/Below']
    other.ok("RENAME Work/Below Work/Above")
    assert heard(alice, 1) == ['* LIST () "/" Work/Above ("OLDNAME" (Work/Below))']
    other.ok("DELETE Work/Above")
    assert heard(alice, 1) == ['* LIST (\\NonExistent) "/" Work/Above']
    other.ok("CREATE Elsewhere")
    assert heard(alice, 0) == []


def test_subscriptions_and_annotations_are_told(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (PERSONAL (SubscriptionChange MailboxMetadataChange ServerMetadataChange))")
    other = another(alice)
    other.ok("UNSUBSCRIBE Archive")
    assert heard(alice, 1) == ['* LIST () "/" Archive']
    other.ok("SUBSCRIBE Archive")
    assert heard(alice, 1) == ['* LIST (\\Subscribed) "/" Archive']
    other.ok('SETMETADATA Archive (/private/comment "x")')
    assert heard(alice, 1) == ["* METADATA Archive /private/comment"]
    other.ok('SETMETADATA "" (/private/comment "x")')
    assert heard(alice, 1) == ['* METADATA "" /private/comment']


def test_the_first_group_that_fits_counts(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (MAILBOXES Archive NONE) (PERSONAL (MessageNew MessageExpunge))")
    other = another(alice)
    other.fills("Archive", letter())
    assert heard(alice, 0) == []
    other.fills("Sent", letter())
    assert heard(alice, 1)[0].startswith("* STATUS Sent ")


def test_notify_none_ends_it(alice: Client, another: Another) -> None:
    alice.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
    alice.ok("NOTIFY NONE")
    another(alice).fills("Archive", letter())
    assert heard(alice, 0) == []
    alice.ok("NOTIFY SET (INBOXES (MessageNew MessageExpunge))")
    another(alice).fills("INBOX", letter())
    assert heard(alice, 1)[0].startswith("* STATUS INBOX ")
    alice.ok("UNAUTHENTICATE")
    another(alice).fills("INBOX", letter())
    assert heard(alice, 0) == []


def test_mailboxes_of_others_can_be_watched(alice: Client, bob: Client) -> None:
    alice.ok(f"SETACL Archive {bob.uid} lr")
    name = f'"Shared Folders/User/{alice.uid}/Archive"'
    bob.ok(f"NOTIFY SET (MAILBOXES {name} (MessageNew MessageExpunge))")
    alice.fills("Sent", letter())
    assert heard(bob, 0) == []
    alice.fills("Archive", letter())
    assert heard(bob, 1)[0].startswith(f"* STATUS {name} (MESSAGES 1 ")


def test_who_may_not_read_a_mailbox_hears_nothing_of_its_messages(alice: Client, bob: Client) -> None:
    alice.ok(f"SETACL Archive {bob.uid} l")
    name = f'"Shared Folders/User/{alice.uid}/Archive"'
    answer = bob.ok(f"NOTIFY SET STATUS (MAILBOXES {name} (MessageNew MessageExpunge))")
    assert answer == [f'* LIST (\\NoAccess) "/" {name}']
    alice.fills("Archive", letter())
    assert heard(bob, 0) == []
    alice.ok(f"SETACL Archive {bob.uid} lr")
    alice.fills("Archive", letter())
    assert heard(bob, 1)[0].startswith(f"* STATUS {name} (MESSAGES 2 ")


def test_events_that_are_not_known_are_refused(alice: Client) -> None:
    alice.no("NOTIFY SET (PERSONAL (MessageNew MessageExpunge Earthquake))", "BADEVENT (…)")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "SET",
        "NONE (PERSONAL NONE)",
        "SET (PERSONAL (MessageNew))",
        "SET (ROOMS NONE)",
        "SET (MAILBOXES (MessageNew MessageExpunge))",
        "SET (SELECTED NONE) (SELECTED NONE)",
        "SET (PERSONAL (MessageNew (UID) MessageExpunge))",
    ],
)
def test_notify_refuses_what_is_no_wish(alice: Client, asked: str) -> None:
    alice.bad(f"NOTIFY {asked}".rstrip())


def test_a_message_in_an_unknown_encoding_ends_no_connection(alice: Client, another: Another) -> None:
    """It was told to nobody who had asked for decoded parts: their connections were cut."""
    alice.ok("SELECT INBOX")
    alice.ok("NOTIFY SET (SELECTED (MessageNew (BINARY.PEEK[1]) MessageExpunge))")
    other = another(alice)
    other.fills("INBOX", letter(Content_Transfer_Encoding="x-odd"))
    assert heard(alice, 2) == ["* 1 EXISTS", "* 1 RECENT"]
    other.fills("INBOX", letter())
    assert "BINARY[1] {10}" in heard(alice, 3)[2]


def test_the_selected_mailbox_of_somebody_else_is_told_as_it_changes(
    alice: Client, bob: Client, shared: Shared
) -> None:
    name = shared("lrs")
    for first, second in [
        (f"SELECT {name}", "NOTIFY SET (SELECTED (MessageNew MessageExpunge))"),
        ("NOTIFY SET (SELECTED (MessageNew MessageExpunge))", f"SELECT {name}"),
    ]:
        bob.ok(first)
        bob.ok(second)
        alice.fills("Work", letter())
        assert heard(bob, 2)[0].endswith(" EXISTS")
        bob.ok("NOTIFY NONE")
        bob.ok("UNSELECT")
