"""Quick resynchronisation (RFC 7162, 3.2): what was expunged and changed while a client was away."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.service import Service
from tests.imap.talk import Answer, Client, letter
from tests.imap.test_condstore import highest
from webmail.store import vanished


@pytest.fixture
def box(alice: Client) -> Client:
    """INBOX with nine messages, selected, with QRESYNC enabled."""
    for number in range(1, 10):
        alice.fills("INBOX", letter(str(number)))
    alice.ok("ENABLE QRESYNC")
    alice.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    return alice


@pytest.fixture
def away(box: Client, another: Another) -> tuple[Client, int, int]:
    """The same client after it was away, and what it knew: UIDVALIDITY and HIGHESTMODSEQ.

    Meanwhile 2, 3 and 7 were expunged, 5 was flagged, and 10 came.
    """
    validity, modseq = box.number("INBOX", "UIDVALIDITY"), highest(box.ok("SELECT INBOX"))
    box.ok("UNSELECT")
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 2:3,7 +FLAGS.SILENT (\\Deleted)")
    other.ok("EXPUNGE")
    other.ok("UID STORE 5 +FLAGS.SILENT (\\Flagged)")
    other.fills("INBOX", letter("10"))
    other.ok("NOOP")
    return box, validity, modseq


def resynced(answer: Answer) -> list[str]:
    """What SELECT told of expunges and changes."""
    return [line for line in answer if "VANISHED" in line or " FETCH " in line]


def test_qresync_has_to_be_enabled(alice: Client) -> None:
    alice.bad("SELECT INBOX (QRESYNC (1 1))")
    alice.ok("ENABLE CONDSTORE")
    alice.bad("SELECT INBOX (QRESYNC (1 1))")
    alice.ok("ENABLE QRESYNC")
    alice.ok("SELECT INBOX (QRESYNC (1 1))")


def test_select_tells_what_happened_since(away: tuple[Client, int, int]) -> None:
    client, validity, modseq = away
    answer = client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
    assert "* 7 EXISTS" in answer
    vanished, *changed = resynced(answer)
    assert vanished == "* VANISHED (EARLIER) 2:3,7"
    assert Answer(changed, "").like(
        "* 3 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (…))", "* 7 FETCH (UID 10 FLAGS (…) MODSEQ (…))"
    )
    assert client.ok("NOOP") == []


def test_select_tells_only_of_known_uids(away: tuple[Client, int, int]) -> None:
    client, validity, modseq = away
    vanished, *changed = resynced(client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq} 1:2,6:9))"))
    assert vanished == "* VANISHED (EARLIER) 2,7"
    assert changed == []


def test_select_takes_pairs_of_numbers_and_uids(away: tuple[Client, int, int]) -> None:
    client, validity, modseq = away
    answer = client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq} 1:9 (1,4,6 1,4,6)))")
    assert resynced(answer)[0] == "* VANISHED (EARLIER) 2:3,7"
    client.bad(f"SELECT INBOX (QRESYNC ({validity} {modseq} 1:9 (1,4 1)))")


def test_another_uidvalidity_makes_all_that_is_known_worthless(away: tuple[Client, int, int]) -> None:
    client, validity, modseq = away
    answer = client.ok(f"SELECT INBOX (QRESYNC ({validity + 1} {modseq}))")
    assert resynced(answer) == []
    assert f"* OK [UIDVALIDITY {validity}] UIDs are valid." in answer


def test_who_knows_the_newest_is_told_nothing(box: Client) -> None:
    validity, modseq = box.number("INBOX", "UIDVALIDITY"), highest(box.ok("SELECT INBOX"))
    assert resynced(box.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")) == []


def test_what_is_forgotten_is_told_as_all_that_is_not_there(
    imap: Service, away: tuple[Client, int, int]
) -> None:
    client, validity, modseq = away
    account = imap.opened(client.uid)
    number = account.transact("BEGIN", lambda t: t.value("SELECT id FROM mailbox WHERE name = 'INBOX'"))
    account.transact("BEGIN IMMEDIATE", lambda t: vanished.forget(t, number, most=0))
    answer = client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
    assert resynced(answer)[0] == "* VANISHED (EARLIER) 2:3,7"
    answer = client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq} 1:5))")
    assert resynced(answer)[0] == "* VANISHED (EARLIER) 2:3"


def test_fetch_tells_what_vanished(away: tuple[Client, int, int]) -> None:
    client, _, modseq = away
    client.ok("SELECT INBOX")
    assert client.ok(f"UID FETCH 1:6 FLAGS (CHANGEDSINCE {modseq} VANISHED)").like(
        "* VANISHED (EARLIER) 2:3", "* 3 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (…))"
    )
    client.bad("UID FETCH 1:* FLAGS (VANISHED)")
    client.bad(f"FETCH 1:* FLAGS (CHANGEDSINCE {modseq} VANISHED)")


def test_expunges_are_told_as_vanished(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    box.ok("STORE 2:4 +FLAGS.SILENT (\\Deleted)")
    answer = box.ok("EXPUNGE")
    assert answer == ["* VANISHED 2:4"]
    assert answer.code == f"HIGHESTMODSEQ {highest(other.ok('EXAMINE INBOX'))}"
    other.ok("SELECT INBOX")
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert other.ok("EXPUNGE") == ["* 1 EXPUNGE"]
    assert box.ok("NOOP") == ["* VANISHED 1"]
    assert box.ok("MOVE 1 Trash").like("* OK [COPYUID … 5 1] …", "* VANISHED 5")


def test_changes_are_told_with_uids(box: Client, another: Another) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert box.ok("NOOP").like("* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (…))")


def test_close_tells_the_highest_after_its_expunge(box: Client) -> None:
    before = highest(box.ok("STORE 1 +FLAGS.SILENT (\\Deleted)") and box.ok("SELECT INBOX"))
    answer = box.ok("CLOSE")
    assert answer == []
    assert highest(answer) > before


def test_leaving_a_mailbox_for_another_is_told(box: Client) -> None:
    assert box.ok("SELECT Archive").among("* OK [CLOSED] …") == box.ok("SELECT INBOX")[0]
    box.ok("UNSELECT")
    assert "CLOSED" not in box.ok("SELECT INBOX")[0]
    assert box.no("SELECT Nowhere").among("* OK [CLOSED] …")


def test_enabling_qresync_enables_mod_sequences(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("ENABLE QRESYNC")
    alice.ok("SELECT INBOX")
    assert alice.ok("STORE 1 +FLAGS (\\Seen)").like("* 1 FETCH (UID 1 FLAGS (…) MODSEQ (…))")
