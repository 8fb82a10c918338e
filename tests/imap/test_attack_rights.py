"""What somebody tries with rights that were taken away, or with names that are another's."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Shared
from tests.imap.talk import Client, letter, literal


@pytest.mark.parametrize(
    "command",
    [
        b"COPY 1:* INBOX",
        b"UID COPY 1:* INBOX",
        b"MOVE 1:* INBOX",
        b"UID MOVE 1:* INBOX",
        b"STORE 1:* +FLAGS (\\Deleted)",
        b"STORE 1:* +FLAGS.SILENT (\\Seen)",
        b"EXPUNGE",
        b"UID EXPUNGE 1:*",
        b"CLOSE",
        b"REPLACE 1 INBOX " + literal(letter("Mine")),
        b"UID REPLACE 1 INBOX " + literal(letter("Mine")),
    ],
)
def test_rights_that_were_taken_away_do_not_count_for_one_more_command(
    alice: Client, bob: Client, shared: Shared, command: bytes
) -> None:
    bob.ok(f"SELECT {shared('lrswipte')}")
    alice.ok(f"DELETEACL Work {bob.uid}")
    bob.asks(command)
    assert bob.number("INBOX", "MESSAGES") == 0
    assert [alice.number("Work", item) for item in ("MESSAGES", "DELETED", "UNSEEN")] == [2, 1, 2]


def test_threads_of_a_mailbox_that_may_not_be_read_any_more_are_not_told(
    alice: Client, bob: Client, shared: Shared
) -> None:
    bob.ok(f"SELECT {shared('lr')}")
    alice.ok(f"DELETEACL Work {bob.uid}")
    assert "* THREAD" in bob.ok("THREAD REFERENCES UTF-8 ALL")


@pytest.mark.parametrize(
    "command",
    [
        'CREATE "Shared Folders/User/{}/New"',
        'CREATE "Shared Folders/User/{}/a/../b"',
        'RENAME Drafts "Shared Folders/User/{}/New"',
        'RENAME "Shared Folders/User/{}/Drafts" New',
        'RENAME "Shared Folders/User/{0}/Drafts" "Shared Folders/User/{0}/New"',
        'DELETE "Shared Folders/User/{}/Drafts"',
        'SELECT "Shared Folders/User/{}"',
        'STATUS "Shared Folders/User/{}" (MESSAGES)',
        'GETACL "Shared Folders/User/{}"',
        'SETACL "Shared Folders/User/{}" anyone lr',
        'GETMETADATA "Shared Folders/User/{}" /shared/comment',
        'SUBSCRIBE "Shared Folders/User/{}"',
        'GETQUOTAROOT "Shared Folders/User/{}"',
        'APPEND "Shared Folders/User/{}" {{1+}}\r\nx',
    ],
)
def test_nobody_finds_out_by_a_refusal_who_has_an_account_here(
    alice: Client, bob: Client, command: str
) -> None:
    assert bob.asks(command.format(alice.uid)).end == bob.asks(command.format("ghost")).end


def test_no_other_letter_makes_an_inbox(alice: Client) -> None:
    alice.fills("INBOX", letter())
    for name in ("\N{LATIN SMALL LETTER DOTLESS I}nbox", "\N{FULLWIDTH LATIN CAPITAL LETTER I}NBOX"):
        alice.no(f'STATUS "{name}" (MESSAGES)', "NONEXISTENT")
        alice.ok(f'CREATE "{name}"')
        assert alice.number(f'"{name}"', "MESSAGES") == 0
    assert alice.number("iNbOx", "MESSAGES") == 1


def test_an_owner_takes_away_from_themselves_what_they_name_and_no_more(alice: Client) -> None:
    alice.ok(f"SETACL Archive -{alice.uid} xt")
    assert alice.ok("MYRIGHTS Archive") == ["* MYRIGHTS Archive lrswipkeacd"]
    alice.ok(f"SETACL Archive -{alice.uid} la")
    assert alice.ok("MYRIGHTS Archive") == ["* MYRIGHTS Archive lrswipkxteacd"]


def test_an_inbox_that_may_not_be_read_is_not_moved_to_where_it_may(alice: Client, bob: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("CREATE Work")
    alice.ok(f"SETACL INBOX {bob.uid} lte")
    alice.ok(f"SETACL Work {bob.uid} lrk")
    shared = f"Shared Folders/User/{alice.uid}"
    bob.no(f'RENAME "{shared}/INBOX" "{shared}/Work/Read"', "NOPERM")
    assert alice.number("INBOX", "MESSAGES") == 1
