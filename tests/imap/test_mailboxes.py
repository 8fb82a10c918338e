"""Mailboxes made, deleted, renamed and subscribed to, also while others have them open."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Answer, Client, letter


def names(answer: Answer) -> list[str]:
    """What LIST or LSUB has told."""
    return [line.rpartition(' "/" ')[2].strip('"') for line in answer]


def test_create_makes_a_mailbox_that_others_see(alice: Client, another: Another) -> None:
    assert alice.ok("CREATE Work").code.startswith("MAILBOXID (")
    assert names(another(alice).ok('LIST "" W%')) == ["Work"]
    alice.no("CREATE Work", "ALREADYEXISTS")
    assert "* 0 EXISTS" in alice.ok("SELECT Work")


def test_create_makes_the_mailboxes_above(alice: Client) -> None:
    alice.ok("CREATE Work/2026/June/")
    assert names(alice.ok('LIST "" Work*')) == ["Work", "Work/2026", "Work/2026/June"]


@pytest.mark.parametrize("name", ["INBOX", "inbox", "Sent"])
def test_create_refuses_what_is_there(alice: Client, name: str) -> None:
    alice.no(f"CREATE {name}", "ALREADYEXISTS")


@pytest.mark.parametrize("name", ['""', "/a", "a//b", "a/../b", ".", "x" * 1025, '"a\x01b"'])
def test_create_refuses_names_that_none_can_have(alice: Client, name: str) -> None:
    assert not alice.asks(f"CREATE {name}").end.startswith("OK")
    alice.ok("NOOP")


def test_inbox_has_mailboxes_below_it_in_any_case(alice: Client) -> None:
    alice.ok("CREATE inbox/lists")
    assert names(alice.ok('LIST "" InBox/%')) == ["INBOX/lists"]
    alice.ok("SELECT Inbox/lists")


def test_names_are_in_modified_utf7(alice: Client, another: Another) -> None:
    alice.ok('CREATE "&U,BTFw- R&-D"')
    assert another(alice).ok('LIST "" *D').like('* LIST (\\HasNoChildren) "/" "&U,BTFw- R&-D"')
    alice.ok('SELECT "&U,BTFw- R&-D"')


def test_a_name_in_no_good_encoding_is_taken_to_the_letter(alice: Client) -> None:
    alice.ok("CREATE &AGE-")
    assert alice.ok('LIST "" &*') == ['* LIST (\\HasNoChildren) "/" &-AGE-']
    alice.no("SELECT a", "NONEXISTENT")


def test_delete_removes_a_mailbox_and_its_messages(alice: Client, another: Another) -> None:
    alice.ok("CREATE Work")
    alice.fills("Work", letter())
    alice.ok("DELETE Work")
    other = another(alice)
    assert other.ok('LIST "" Work') == []
    other.no("SELECT Work", "NONEXISTENT")
    alice.no("DELETE Work", "NONEXISTENT")
    alice.no("DELETE INBOX")


def test_a_mailbox_of_the_same_name_is_another_one(alice: Client) -> None:
    alice.ok("CREATE Work")
    alice.fills("Work", letter())
    validity, made = alice.number("Work", "UIDVALIDITY"), alice.ok("STATUS Work (MAILBOXID)")
    alice.ok("DELETE Work")
    alice.ok("CREATE Work")
    assert alice.number("Work", "UIDVALIDITY") > validity
    assert alice.ok("STATUS Work (MAILBOXID)") != made
    assert "* 0 EXISTS" in alice.ok("SELECT Work")


def test_delete_leaves_what_is_below(alice: Client) -> None:
    alice.ok("CREATE Work/2026")
    alice.fills("Work/2026", letter())
    alice.ok("DELETE Work")
    assert alice.ok('LIST "" Work*') == [
        '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" Work',
        '* LIST (\\HasNoChildren) "/" Work/2026',
    ]
    alice.no("SELECT Work", "NONEXISTENT")
    assert "* 1 EXISTS" in alice.ok("SELECT Work/2026")
    alice.ok("CREATE Work")


def test_a_mailbox_deleted_under_its_clients_is_empty_for_them(alice: Client, another: Another) -> None:
    other = another(alice)
    alice.ok("CREATE Work")
    alice.fills("Work", letter("One"), letter("Two"))
    other.ok("SELECT Work")
    alice.ok("SELECT Work")
    assert alice.ok("DELETE Work") == ["* 2 EXPUNGE", "* 1 EXPUNGE"]
    assert other.ok("FETCH 1:2 FLAGS").code == "EXPUNGEISSUED"
    assert other.ok("NOOP") == ["* 2 EXPUNGE", "* 1 EXPUNGE", "* 0 RECENT"]
    assert other.ok("UID FETCH 1:* FLAGS") == []
    assert other.ok("SEARCH ALL") == ["* SEARCH"]
    assert other.asks("UID STORE 1 +FLAGS \\Seen").end[:2] in {"OK", "NO"}
    assert other.asks("EXPUNGE").end[:2] in {"OK", "NO"}
    other.ok("CLOSE")
    other.ok("SELECT INBOX")


def test_rename_takes_messages_and_what_is_below_along(alice: Client, another: Another) -> None:
    alice.ok("CREATE Work/2026")
    alice.fills("Work", letter(), letter())
    alice.fills("Work/2026", letter())
    validity = alice.number("Work", "UIDVALIDITY")
    alice.ok("RENAME Work Old/Jobs")
    other = another(alice)
    assert names(other.ok('LIST "" (Work* Old*)')) == ["Old", "Old/Jobs", "Old/Jobs/2026"]
    assert other.ok("STATUS Old/Jobs (MESSAGES UIDNEXT)") == ["* STATUS Old/Jobs (MESSAGES 2 UIDNEXT 3)"]
    assert other.number("Old/Jobs", "UIDVALIDITY") == validity
    assert other.number("Old/Jobs/2026", "MESSAGES") == 1
    other.no("SELECT Work", "NONEXISTENT")


def test_rename_refuses_what_cannot_be(alice: Client) -> None:
    alice.ok("CREATE Work")
    alice.no("RENAME Work Sent", "ALREADYEXISTS")
    alice.no("RENAME Work INBOX", "ALREADYEXISTS")
    alice.no("RENAME Work Work", "ALREADYEXISTS")
    alice.no("RENAME Work Work/Inner")
    alice.no("RENAME Nowhere Somewhere", "NONEXISTENT")
    assert names(alice.ok('LIST "" Work*')) == ["Work"]


def test_rename_changes_the_case_of_a_name(alice: Client) -> None:
    alice.ok("CREATE work")
    alice.ok("RENAME work Work")
    assert names(alice.ok('LIST "" Work')) == ["Work"]


def test_rename_of_inbox_moves_its_messages_and_leaves_it_empty(alice: Client, another: Another) -> None:
    alice.ok("CREATE INBOX/lists")
    alice.fills("INBOX", letter("Old"))
    other = another(alice)
    other.ok("SELECT INBOX")
    alice.ok("RENAME INBOX Before")
    assert alice.number("Before", "MESSAGES") == 1
    assert alice.number("INBOX", "MESSAGES") == 0
    assert names(alice.ok('LIST "" INBOX*')) == ["INBOX", "INBOX/lists"]
    assert other.ok("NOOP") == ["* 1 EXPUNGE", "* 0 RECENT"]
    alice.fills("INBOX", letter("New"))
    assert other.ok("NOOP") == ["* 1 EXISTS", "* 1 RECENT"]


def test_rename_of_inbox_is_a_move_into_a_new_mailbox(alice: Client) -> None:
    alice.fills("INBOX", letter())
    before = alice.ok("STATUS INBOX (MAILBOXID UIDVALIDITY)")
    alice.ok("SELECT INBOX")
    (email,) = alice.ok("FETCH 1 EMAILID")
    alice.ok("RENAME INBOX INBOX/Before")
    assert alice.ok("STATUS INBOX (MAILBOXID UIDVALIDITY)") == before
    alice.ok("SELECT INBOX/Before")
    assert alice.ok("FETCH 1 EMAILID") == [email]


def test_a_mailbox_renamed_under_its_clients_stays_open(alice: Client, another: Another) -> None:
    alice.ok("CREATE Work")
    alice.fills("Work", letter("One"))
    other = another(alice)
    other.ok("SELECT Work")
    alice.ok("RENAME Work Jobs")
    assert other.ok("STORE 1 +FLAGS \\Flagged") == ["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]
    alice.fills("Jobs", letter("Two"))
    assert other.ok("NOOP") == ["* 2 EXISTS", "* 2 RECENT"]
    alice.ok("SELECT Jobs")
    assert alice.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Flagged))"]


def test_subscriptions_are_a_list_of_names(alice: Client, another: Another) -> None:
    alice.ok("CREATE Work")
    alice.ok("SUBSCRIBE Work")
    other = another(alice)
    assert names(other.ok('LSUB "" W*')) == ["Work"]
    alice.ok("DELETE Work")
    assert names(other.ok('LSUB "" W*')) == ["Work"]
    alice.ok("UNSUBSCRIBE Work")
    assert other.ok('LSUB "" W*') == []
    alice.no("SUBSCRIBE Nowhere", "NONEXISTENT")
    alice.ok("UNSUBSCRIBE Nowhere")


def test_a_new_account_is_subscribed_to_what_it_has(alice: Client) -> None:
    assert sorted(names(alice.ok('LSUB "" *'))) == ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]


def test_lsub_tells_of_names_above_where_the_pattern_ends(alice: Client) -> None:
    alice.ok("CREATE Work/2026")
    alice.ok("SUBSCRIBE Work/2026")
    assert alice.ok('LSUB "" W%') == ['* LSUB (\\Noselect) "/" Work']
    assert alice.ok('LSUB "" Work*') == ['* LSUB () "/" Work/2026']
    assert alice.ok("LSUB Work/ %") == ['* LSUB () "/" Work/2026']


def test_create_takes_a_special_use(alice: Client) -> None:
    alice.no("CREATE More (USE (\\Sent))")
    alice.no("CREATE More (USE (\\Junk \\Trash))", "USEATTR")
    alice.no("CREATE More (USE (\\Sauna))", "USEATTR")
    assert alice.ok('LIST "" More') == []
    alice.ok("DELETE Sent")
    alice.ok("CREATE Outgoing (USE (\\sent))")
    assert alice.ok('LIST "" O*') == ['* LIST (\\HasNoChildren \\Sent) "/" Outgoing']
