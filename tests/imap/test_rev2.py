"""What is different once IMAP4rev2 (RFC 9051) or UTF8=ACCEPT (RFC 6855) is enabled."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter, literal


@pytest.fixture
def rev2(alice: Client) -> Client:
    """INBOX with two messages; IMAP4rev2 is enabled, nothing selected."""
    alice.fills("INBOX", letter("One"), letter("Two"))
    assert alice.ok("ENABLE IMAP4rev2") == ["* ENABLED IMAP4rev2"]
    return alice


def test_select_tells_the_mailbox_and_nothing_of_what_is_recent_or_unseen(rev2: Client) -> None:
    assert rev2.ok("SELECT inbox").like(
        "* FLAGS (…)",
        "* OK [PERMANENTFLAGS (…)] …",
        "* 2 EXISTS",
        "* OK [UIDVALIDITY …] …",
        "* OK [UIDNEXT 3] …",
        "* OK [HIGHESTMODSEQ …] …",
        "* OK [MAILBOXID (…)] …",
        '* LIST () "/" INBOX',
    )
    assert rev2.ok("SELECT Archive")[0].startswith("* OK [CLOSED] ")


def test_search_is_answered_by_esearch(rev2: Client) -> None:
    rev2.ok("SELECT INBOX")
    tag = rev2.begins("SEARCH ALL")
    assert rev2.ends(tag) == [f'* ESEARCH (TAG "{tag}") ALL 1:2']
    tag = rev2.begins("UID SEARCH SUBJECT nothing-like-it")
    assert rev2.ends(tag) == [f'* ESEARCH (TAG "{tag}") UID']
    assert rev2.ok("SORT (ARRIVAL) UTF-8 ALL") == ["* SORT 1 2"]


def test_changes_are_told_with_uids_and_nothing_is_recent(rev2: Client, another: Another) -> None:
    rev2.ok("SELECT INBOX")
    other = another(rev2)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    other.fills("INBOX", letter("Three"))
    assert rev2.ok("NOOP") == ["* 3 EXISTS", "* 2 FETCH (UID 2 FLAGS (\\Flagged))"]
    assert rev2.ok("FETCH 1:3 FLAGS") == [
        "* 1 FETCH (FLAGS ())",
        "* 2 FETCH (FLAGS (\\Flagged))",
        "* 3 FETCH (FLAGS ())",
    ]


def test_names_are_in_utf8(rev2: Client, another: Another) -> None:
    rev2.ok('CREATE "台北 & Köln"')
    assert rev2.ok('LIST "" "台%"') == ['* LIST (\\HasNoChildren) "/" "台北 & Köln"']
    assert another(rev2).ok('LIST "" "&U,BTFw-*"') == ['* LIST (\\HasNoChildren) "/" "&U,BTFw- &- K&APY-ln"']


def test_utf8_accept_takes_and_gives_utf8(alice: Client) -> None:
    alice.ok('CREATE "&U,BTFw-"')
    alice.ok("ENABLE UTF8=ACCEPT")
    assert alice.ok('STATUS "台北" (MESSAGES)') == ['* STATUS "台北" (MESSAGES 0)']
    alice.ok('SELECT "台北"')
    alice.bad("SELECT 台北")
    alice.fills('"台北"', letter("Ärger"))
    assert alice.ok('SEARCH SUBJECT "ärger"') == ["* SEARCH 1"]
    alice.ok('SUBSCRIBE "台北"')
    assert alice.ok('LSUB "" "台*"') == ['* LSUB () "/" "台北"']
    alice.bad(b'CREATE "\xff"')


def test_control_characters_are_in_no_name(rev2: Client) -> None:
    for name in ("a\x85b", "a\u2028b", "a\x7fb"):
        assert not rev2.asks(f'CREATE "{name}"').end.startswith("OK")
    assert not rev2.asks(b"CREATE " + literal(b"a\r\nb")).end.startswith("OK")
