"""What Dovecot's imaptest found wrong here, as conversations of our own."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter


def test_a_nonexistent_mailbox_needs_no_noselect_for_who_asks_in_the_new_way(alice: Client) -> None:
    alice.ok("CREATE Old")
    alice.ok("SUBSCRIBE Old")
    alice.ok("DELETE Old")
    assert alice.ok('LIST (SUBSCRIBED) "" O%') == [
        '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" Old'
    ]
    alice.ok("CREATE New/Inner")
    alice.ok("DELETE New")
    assert alice.ok('LIST "" N%') == ['* LIST (\\NonExistent \\Noselect \\HasChildren) "/" New']


def test_childinfo_tells_of_what_no_pattern_matches_only(alice: Client) -> None:
    alice.ok("CREATE Work/Inner")
    alice.ok("SUBSCRIBE Work/Inner")
    assert alice.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" W%') == [
        '* LIST (\\HasChildren) "/" Work ("CHILDINFO" ("SUBSCRIBED"))'
    ]
    assert alice.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" W*') == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" Work/Inner'
    ]


def test_the_modseq_of_a_search_is_that_of_what_is_told(alice: Client) -> None:
    alice.fills("INBOX", letter(), letter(), letter())
    alice.ok("SELECT INBOX (CONDSTORE)")
    first, third, second = (
        int(alice.ok(f"STORE {number} +FLAGS \\Seen")[0].split("MODSEQ (")[1].rstrip(")"))
        for number in (1, 3, 2)
    )
    for wanted, modseq in (
        ("MIN", first),
        ("MAX", third),
        ("MIN MAX", third),
        ("ALL", second),
        ("MIN COUNT", second),
    ):
        assert alice.ok(f"SEARCH RETURN ({wanted}) MODSEQ 1")[0].endswith(f" MODSEQ {modseq}"), wanted
    assert "MODSEQ" not in alice.ok("SEARCH RETURN (MIN) UNSEEN MODSEQ 1")[0]


def test_subjects_are_sorted_in_upper_case(alice: Client) -> None:
    alice.fills("INBOX", *(letter(subject) for subject in ("_", "b", "[x]", "A", "9")))
    alice.ok("SELECT INBOX")
    assert alice.ok("SORT (SUBJECT) UTF-8 ALL") == ["* SORT 5 4 2 3 1"]


def test_a_silent_store_is_told_of_what_others_did_meanwhile(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter(), letter())
    alice.ok("SELECT INBOX")
    alice.ok("FETCH 1:* FLAGS")
    onlooker = another(alice)
    onlooker.ok("SELECT INBOX")
    onlooker.ok("STORE 1 +FLAGS.SILENT \\Flagged")
    assert alice.ok("STORE 1:2 +FLAGS.SILENT (\\Seen $New)").like(
        "* FLAGS (…", "* OK [PERMANENTFLAGS (…", "* 1 FETCH (FLAGS (\\Flagged \\Seen $New…))"
    )
    assert onlooker.ok("NOOP").like(
        "* FLAGS (…", "* OK [PERMANENTFLAGS (…", "* 1 FETCH (…", "* 2 FETCH (FLAGS (\\Seen $New))"
    )


def test_who_watches_flags_is_told_the_newest_change_of_a_mailbox(alice: Client) -> None:
    alice.ok("CREATE Work")
    assert alice.ok("NOTIFY SET STATUS (MAILBOXES Work (MessageNew MessageExpunge FlagChange))").like(
        "* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY … UNSEEN 0 HIGHESTMODSEQ …)"
    )


def test_sort_and_thread_hold_while_messages_come_and_go(alice: Client, another: Another) -> None:
    """Rows of one moment met the numbers of another."""
    alice.fills("INBOX", *(letter(f"S{number:02}") for number in range(20)))
    alice.ok("SELECT INBOX")
    with ThreadPoolExecutor(1) as pool:
        other = another(alice)
        other.ok("SELECT INBOX")
        busy = pool.submit(_comes_and_goes, other)
        while not busy.done():
            order = [int(uid) for uid in alice.ok("UID SORT (SUBJECT) UTF-8 ALL")[-1].split()[2:]]
            assert order == sorted(order)
            threads = alice.ok("UID THREAD REFERENCES UTF-8 ALL")[-1]
            assert set(map(int, re.findall(r"\d+", threads))) >= set(range(1, 11))


def _comes_and_goes(client: Client) -> None:
    for number in range(20, 60):
        client.fills("INBOX", letter(f"S{number:02}"))
        client.ok(f"STORE {number - 9} +FLAGS.SILENT (\\Deleted)")
        client.ok("EXPUNGE")
        client.ok("NOOP")


def test_a_search_says_that_some_of_the_numbers_are_of_messages_gone(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter(), letter())
    alice.ok("SELECT INBOX")
    other = another(alice)
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS (\\Deleted)")
    other.ok("EXPUNGE")
    for command in ("SEARCH ALL", "SORT (DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL"):
        assert alice.ok(command).code == "EXPUNGEISSUED"
    assert alice.ok("UID SEARCH 2") == ["* 1 EXPUNGE", "* 1 RECENT", "* SEARCH 2"]
    assert alice.ok("SEARCH ALL").code == ""
