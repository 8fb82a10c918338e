"""SEARCH with every key and every form of its answer; saved results; SORT and THREAD."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Client, letter, literal


@pytest.fixture
def box(alice: Client) -> Client:
    """INBOX with five messages."""
    messages = [
        (b'(\\Seen) " 1-Feb-2026 23:30:00 -0500"', letter("Tea", "At five?", Date="Mon, 2 Feb 2026 10:00:00 +0000", Message_ID="<1@x>")),
        (b'(\\Answered \\Flagged) " 2-Feb-2026 10:00:00 +0000"', letter("Re: Tea", "With pleasure.", Cc="dave@example.test", Date="Tue, 3 Feb 2026 10:00:00 +0000", In_Reply_To="<1@x>", Message_ID="<2@x>")),
        (b'($Work) " 3-Feb-2026 10:00:00 +0000"', letter("Ärger mit Öl", "Überall Öl.", From="Zoë <zoe@example.test>", Bcc="eve@example.test", Content_Type="text/plain; charset=utf-8", Date="Wed, 4 Feb 2026 10:00:00 +0000", Message_ID="<3@x>")),
        (b'(\\Deleted \\Draft) " 4-Feb-2026 10:00:00 +0000"', letter("Report", "x" * 2000, X_Kind="Monthly", Date="Sun, 1 Feb 2026 10:00:00 +0000", Message_ID="<4@x>")),
        (b'() " 5-Feb-2026 10:00:00 +0000"', letter("Fwd: tea", "Somebody wrote.", To="", Date="Thu, 5 Feb 2026 10:00:00 +0000", Message_ID="<5@x>")),
    ]  # fmt: skip
    for given, message in messages:
        alice.ok(b"APPEND INBOX %b %b" % (given, literal(message)))
    alice.ok("SELECT INBOX")
    return alice


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("ALL", "1 2 3 4 5"),
        ("ANSWERED", "2"),
        ("UNANSWERED", "1 3 4 5"),
        ("DELETED", "4"),
        ("UNDELETED", "1 2 3 5"),
        ("DRAFT", "4"),
        ("UNDRAFT", "1 2 3 5"),
        ("FLAGGED", "2"),
        ("UNFLAGGED", "1 3 4 5"),
        ("SEEN", "1"),
        ("UNSEEN", "2 3 4 5"),
        ("RECENT", "1 2 3 4 5"),
        ("OLD", ""),
        ("NEW", "2 3 4 5"),
        ("KEYWORD $Work", "3"),
        ("KEYWORD $work", "3"),
        ("UNKEYWORD $Work", "1 2 4 5"),
        ("KEYWORD $Never", ""),
        ("2:3", "2 3"),
        ("*", "5"),
        ("4:9", "4 5"),
        ("UID 2,4:*", "2 4 5"),
        ("UID 77", ""),
        ("BEFORE 2-Feb-2026", "1"),
        ("ON 1-Feb-2026", "1"),
        ('SINCE "4-Feb-2026"', "4 5"),
        ("SENTBEFORE 3-Feb-2026", "1 4"),
        ("SENTON 4-Feb-2026", "3"),
        ("SENTSINCE 4-Feb-2026", "3 5"),
        ("LARGER 1000", "4"),
        ("SMALLER 1000", "1 2 3 5"),
        ("FROM carol", "1 2 4 5"),
        ("FROM zoe@", "3"),
        ("TO ALICE", "1 2 3 4"),
        ("CC dave", "2"),
        ("BCC eve", "3"),
        ("SUBJECT tea", "1 2 5"),
        ('SUBJECT ""', "1 2 3 4 5"),
        ("BODY five", "1"),
        ('BODY "somebody wrote"', "5"),
        ("TEXT monthly", "4"),
        ("TEXT tea", "1 2 5"),
        ("BODY tea", ""),
        ("HEADER X-Kind month", "4"),
        ('HEADER X-Kind ""', "4"),
        ("HEADER Subject tea", "1 2 5"),
        ('HEADER Message-ID "<3@x>"', "3"),
        ("NOT SEEN", "2 3 4 5"),
        ("OR SEEN FLAGGED", "1 2"),
        ("OR SEEN OR FLAGGED DRAFT", "1 2 4"),
        ("SUBJECT tea UNSEEN", "2 5"),
        ("(SUBJECT tea UNSEEN) NOT (FLAGGED)", "5"),
        ("NOT (OR SEEN (FLAGGED ANSWERED))", "3 4 5"),
        ("CHARSET US-ASCII SUBJECT tea", "1 2 5"),
        ("CHARSET UTF-8 SUBJECT tea", "1 2 5"),
        ("YOUNGER 1", ""),
        ("OLDER 1", "1 2 3 4 5"),
    ],
)
def test_search(box: Client, key: str, found: str) -> None:
    assert box.ok(f"SEARCH {key}") == [f"* SEARCH {found}".rstrip()]


@pytest.mark.parametrize("text", ["ÄRGER", "ärger", "öl", "Öl"])
def test_search_folds_letters_of_all_languages(box: Client, text: str) -> None:
    assert box.ok(b"SEARCH CHARSET UTF-8 TEXT " + literal(text.encode())) == ["* SEARCH 3"]
    assert box.ok(b"SEARCH SUBJECT " + literal(text.encode())) == ["* SEARCH 3"]


def test_search_by_uid_tells_uids(box: Client, another: Another) -> None:
    box.ok("EXPUNGE")
    assert box.ok("UID SEARCH UNSEEN") == ["* SEARCH 2 3 5"]
    assert box.ok("SEARCH UNSEEN") == ["* SEARCH 2 3 4"]
    assert another(box).ok("SELECT INBOX")
    assert box.ok("UID SEARCH 2:3") == ["* SEARCH 2 3"]


def test_search_in_an_unknown_charset_says_which_are_known(box: Client) -> None:
    box.no("SEARCH CHARSET KOI8-R SUBJECT tea", "BADCHARSET (US-ASCII UTF-8)")
    box.no("SORT (DATE) KOI8-R ALL", "BADCHARSET (US-ASCII UTF-8)")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "WEATHER",
        "NOT",
        "OR SEEN",
        "(SEEN",
        "SEEN)",
        "()",
        "BEFORE yesterday",
        "LARGER x",
        "SUBJECT",
        "KEYWORD \\Seen",
        "UID 0",
    ],
)
def test_search_refuses_what_is_no_question(box: Client, asked: str) -> None:
    box.bad(f"SEARCH {asked}".rstrip())


# RFC 4731


@pytest.mark.parametrize(
    ("returns", "key", "told"),
    [
        ("", "UNSEEN", "ALL 2:5"),
        ("ALL", "OR SEEN FLAGGED", "ALL 1:2"),
        ("MIN MAX COUNT", "UNSEEN", "MIN 2 MAX 5 COUNT 4"),
        ("COUNT", "TEXT nothing-like-it", "COUNT 0"),
        ("MIN MAX ALL", "TEXT nothing-like-it", ""),
        ("PARTIAL 1:2", "UNSEEN", "PARTIAL (1:2 2:3)"),
        ("PARTIAL -1:-2", "UNSEEN", "PARTIAL (-1:-2 4:5)"),
        ("PARTIAL 9:10 COUNT", "UNSEEN", "PARTIAL (9:10 NIL) COUNT 4"),
    ],
)
def test_search_returns_what_is_asked_for(box: Client, returns: str, key: str, told: str) -> None:
    tag = box.begins(f"SEARCH RETURN ({returns}) {key}")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") {told}'.rstrip()]
    tag = box.begins(f"UID SEARCH RETURN ({returns}) {key}")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") UID {told}'.rstrip()]


def test_search_returns_only_what_there_is(box: Client) -> None:
    box.bad("SEARCH RETURN (WEATHER) ALL")
    box.bad("SEARCH RETURN (ALL PARTIAL 1:2) ALL")
    box.bad("SEARCH RETURN ALL")


# RFC 5182


def test_a_saved_result_stands_for_its_messages(box: Client) -> None:
    assert box.ok("SEARCH RETURN (SAVE) UNSEEN") == []
    assert box.ok("FETCH $ UID") == [f"* {number} FETCH (UID {number})" for number in (2, 3, 4, 5)]
    assert box.ok("SEARCH $ SUBJECT tea") == ["* SEARCH 2 5"]
    assert box.ok("SEARCH NOT $") == ["* SEARCH 1"]
    box.ok("UID COPY $ Archive")
    assert box.number("Archive", "MESSAGES") == 4
    assert len(box.ok("UID STORE $ +FLAGS (Checked)")) == 6
    box.ok("UID MOVE $ Trash")
    assert box.number("Trash", "MESSAGES") == 4
    assert box.ok("FETCH $ UID") == []


def test_a_saved_result_forgets_what_is_expunged(box: Client, another: Another) -> None:
    box.ok("SEARCH RETURN (SAVE COUNT) 3:5")
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("EXPUNGE")
    assert box.ok("NOOP") == ["* 4 EXPUNGE", "* 4 RECENT"]
    assert box.ok("FETCH $ UID") == ["* 3 FETCH (UID 3)", "* 4 FETCH (UID 5)"]


def test_what_is_saved_follows_what_is_returned(box: Client) -> None:
    box.ok("SEARCH RETURN (SAVE MIN MAX) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 2 5"]
    box.ok("SEARCH RETURN (SAVE MIN) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 2"]
    box.ok("SEARCH RETURN (SAVE MIN COUNT) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 2 3 4 5"]
    box.ok("SEARCH RETURN (SAVE PARTIAL 2:3) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 3 4"]
    box.ok("SEARCH RETURN (SAVE PARTIAL 2:3 MAX) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 3 4 5"]
    box.ok("SEARCH RETURN (SAVE PARTIAL 2:3 COUNT) 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 2 3 4 5"]
    box.ok("SORT RETURN (SAVE MIN) (REVERSE DATE) UTF-8 2:5")
    assert box.ok("SEARCH $") == ["* SEARCH 5"]
    box.ok("SEARCH RETURN (SAVE ALL) TEXT nothing-like-it")
    assert box.ok("SEARCH $") == ["* SEARCH"]


def test_a_saved_result_is_of_one_mailbox(box: Client) -> None:
    box.ok("SEARCH RETURN (SAVE) ALL")
    box.bad("SEARCH RETURN (SAVE) WEATHER")
    assert box.ok("SEARCH $") == ["* SEARCH 1 2 3 4 5"]
    box.ok("SELECT INBOX")
    assert box.ok("SEARCH $") == ["* SEARCH"]


# RFC 5256, 5957, 5267


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("ARRIVAL", "1 2 3 4 5"),
        ("REVERSE ARRIVAL", "5 4 3 2 1"),
        ("DATE", "4 1 2 3 5"),
        ("SIZE", "5 1 2 3 4"),
        ("SUBJECT", "3 4 1 2 5"),
        ("SUBJECT REVERSE DATE", "3 4 5 2 1"),
        ("FROM DATE", "4 1 2 5 3"),
        ("REVERSE FROM DATE", "3 4 1 2 5"),
        ("TO", "5 1 2 3 4"),
        ("CC", "1 3 4 5 2"),
        ("DISPLAYFROM DATE", "4 1 2 5 3"),
        ("DISPLAYTO REVERSE ARRIVAL", "5 4 3 2 1"),
    ],
)
def test_sort(box: Client, order: str, found: str) -> None:
    assert box.ok(f"SORT ({order}) UTF-8 ALL") == [f"* SORT {found}"]
    assert box.ok(f"UID SORT ({order}) US-ASCII UNSEEN") == [
        "* SORT " + " ".join(found.replace("1", "").split())
    ]


def test_sort_returns_what_is_asked_for(box: Client) -> None:
    tag = box.begins("SORT RETURN (MIN MAX COUNT ALL) (REVERSE DATE) UTF-8 UNSEEN")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") MIN 5 MAX 4 ALL 5,3,2,4 COUNT 4']
    tag = box.begins("UID SORT RETURN (PARTIAL 1:2) (DATE) UTF-8 ALL")
    assert box.ends(tag) == [f'* ESEARCH (TAG "{tag}") UID PARTIAL (1:2 4,1)']


@pytest.mark.parametrize(
    "asked",
    ["SORT", "SORT () UTF-8 ALL", "SORT (WEATHER) UTF-8 ALL", "SORT (DATE) ALL", "SORT (REVERSE) UTF-8 ALL"],
)
def test_sort_refuses_what_is_no_order(box: Client, asked: str) -> None:
    assert box.asks(asked).end.startswith(("BAD ", "NO [BADCHARSET"))


def test_threads(box: Client) -> None:
    assert box.ok("THREAD REFERENCES UTF-8 ALL") == ["* THREAD (4)(1 (2)(5))(3)"]
    assert box.ok("THREAD ORDEREDSUBJECT UTF-8 ALL") == ["* THREAD (4)(1 (2)(5))(3)"]
    assert box.ok("UID THREAD REFERENCES UTF-8 UNSEEN") == ["* THREAD (4)((2)(5))(3)"]
    assert box.ok("THREAD REFERENCES US-ASCII TEXT nothing-like-it") == ["* THREAD"]
    box.bad("THREAD WEATHER UTF-8 ALL")


def test_sort_and_thread_follow_what_comes_and_goes(box: Client, another: Another) -> None:
    other = another(box)
    box.ok("SORT (DATE) UTF-8 ALL")
    other.fills("INBOX", letter("Tea", Date="Sun, 1 Feb 2026 09:00:00 +0000"))
    other.ok("SELECT INBOX")
    other.ok("EXPUNGE")
    box.ok("NOOP")
    assert box.ok("SORT (DATE) UTF-8 ALL") == ["* SORT 5 1 2 3 4"]
    assert box.ok("UID SORT (REVERSE DATE) UTF-8 ALL") == ["* SORT 5 3 2 1 6"]
