"""`store check` finds what is wrong, and `store repair` puts it right without losing a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.accounts import contents, file_of, letter, mailbox, put, read, spoil, uids, write
from webmail.errors import Unavailable
from webmail.store import inbox, indexing, mailboxes, messages
from webmail.store.account import Account
from webmail.store.check import faults
from webmail.store.flags import How
from webmail.store.layout import BODIES, DATABASE, INCOMING
from webmail.store.repair import renew_index, repair
from webmail.store.rules import RECOVERED, RULES, Rule
from webmail.store.transaction import Transaction

# What is done to a database, and what check says of it.
SPOILS = {
    "UPDATE mailbox SET messages = 7, unseen = 0 WHERE name = 'INBOX'": "INBOX: counted as 7 messages",
    "UPDATE account SET bytes = 1": "the account is counted as 3 messages, 1 bytes",
    "UPDATE mailbox SET uidnext = 2 WHERE name = 'INBOX'": "INBOX: the next uid is 2, but 3 was given",
    "UPDATE mailbox SET recent = 9 WHERE name = 'INBOX'": "INBOX: recent messages begin at 9",
    "UPDATE message SET modseq = 900": "INBOX: mod-sequence ",
    "UPDATE mailbox SET modseq = 900": "the account’s mod-sequence ",
    "UPDATE mailbox SET uidvalidity = 5": "Archive: uidvalidity 5 is another mailbox’s",
    "UPDATE mailbox SET uidvalidity = uidvalidity + 900 WHERE name = 'Sent'": "Sent: uidvalidity",
    "UPDATE message SET size = 1 WHERE uid = 1": "INBOX: message 1 has 1 bytes, its body",
    "UPDATE message SET flags = flags | 4096 WHERE uid = 2": "INBOX: message 2 has flags without a name",
    "INSERT INTO expunged VALUES (1, 2, 1)": "INBOX: message 2 is there, and noted as expunged",
    "INSERT INTO expunged VALUES (99, 2, 1)": "expunged: 1 rows are of mailboxes that there are not",
    "INSERT INTO acl VALUES (99, 'bob', 'lr')": "acl: 1 rows are of mailboxes that there are not",
    "INSERT INTO metadata VALUES (99, '', '/shared/comment', x'61', 1)": "metadata: 1 rows are of mailboxes",
    "INSERT INTO header SELECT 99, sent, sent_day, subject, sender, recipients, cc, bcc, base_subject,"
    " reply, from_key, to_key, cc_key, display_from, display_to, message_id, refs, thread"
    " FROM header WHERE body = 1": "there are texts of body number 99",
    "INSERT INTO orphan SELECT file FROM body WHERE id = 1": "is to be removed, and is in use",
    "DELETE FROM header WHERE body = 2": "the keys or the text of body",
    "DELETE FROM text WHERE body = 2": "the keys or the text of body",
    "UPDATE message SET mailbox = 99 WHERE uid = 1": "message 1 is in mailbox number 99, which there is not",
    "DELETE FROM message WHERE uid = 1": "is in no mailbox",
    "UPDATE mailbox SET name = 'elsewhere' WHERE name = 'INBOX'": "there is no INBOX",
    "UPDATE message SET body = 77 WHERE uid = 3": "INBOX: message 3 has no body",
    "DELETE FROM body WHERE id = 3": "INBOX: message 3 has no body",
}


@pytest.fixture
def full(alice: Account) -> Account:
    """Three messages in INBOX, of which one is read, one deleted, one has a keyword."""
    put(alice, *(letter(number=number) for number in (1, 2, 3)))
    number = mailbox(alice).id
    for uid, flag in ((1, "\\Seen"), (2, "\\Deleted"), (3, "$Forwarded")):
        write(alice, messages.store, number, [uid], How.ADD, [flag])
    return alice


def _everything(account: Account) -> set[bytes]:
    return {
        octets for each in read(account, mailboxes.all_of) for octets, _, _ in contents(account, each.name)
    }


def test_nothing_is_wrong_with_an_account_in_use(full: Account) -> None:
    write(full, messages.expunge_all, mailbox(full).id)
    write(full, messages.copy, mailbox(full).id, [1], mailbox(full, "Archive").id)
    write(full, mailboxes.rename, "Archive", "Old")
    write(full, inbox.empty_into, "2026")
    write(full, mailboxes.delete, "Junk")
    indexing.all_of(full)
    assert not list(faults(full, parse_again=True))
    assert not list(repair(full, parse_again=True))


@pytest.mark.parametrize("statement", SPOILS)
def test_a_fault_in_the_database_is_told_and_put_right(full: Account, statement: str) -> None:
    before = _everything(full)
    spoil(full, statement)
    assert any(SPOILS[statement] in fault for fault in faults(full)), list(faults(full))
    assert list(repair(full))
    assert not list(faults(full, parse_again=True))
    assert _everything(full) == before


def test_every_rule_is_tried(full: Account) -> None:
    tried = {rule.text for statement in SPOILS for rule in _broken(full, statement)}
    assert tried == {rule.text for rule in RULES}


def _broken(account: Account, statement: str) -> list[Rule]:
    """The rules that would not hold any more; nothing is kept."""
    found: list[Rule] = []

    def look(transaction: Transaction) -> None:
        transaction.do(statement)
        found.extend(rule for rule in RULES if transaction.all(rule.query))
        raise Undo

    with pytest.raises(Undo):
        write(account, look)
    return found


class Undo(Exception):
    """Nothing of this transaction is to stay."""


def test_a_lost_body_is_told_with_its_messages_which_repair_expunges(full: Account) -> None:
    write(full, messages.copy, mailbox(full).id, [2], mailbox(full, "Archive").id)
    file_of(full, 2).unlink()
    name = next(iter(faults(full))).split()[-1]
    assert list(faults(full)) == [
        f"Archive: message 1 has lost its body {name}",
        f"INBOX: message 2 has lost its body {name}",
    ]
    done = list(repair(full))
    assert done[0].startswith("LOST: ")
    assert "(bob: 'lunch')" in done[0]
    assert uids(full) == [1, 3]
    assert uids(full, "Archive") == []
    assert mailbox(full).uidnext == 4
    assert not list(faults(full))


def test_a_file_without_a_row_is_told_and_comes_into_a_mailbox_of_its_own(full: Account) -> None:
    before = _everything(full)
    path = file_of(full, 3)
    spoil(full, "DELETE FROM body WHERE file = ?", path.name)
    spoil(full, "DELETE FROM message WHERE uid = 3")
    assert f"body {path.name} has a file and no row" in list(faults(full))
    assert f"body {path.name} had no row and is in {RECOVERED} now" in list(repair(full))
    assert [octets for octets, _, _ in contents(full, RECOVERED)] == [letter(number=3)]
    assert _everything(full) == before
    assert not list(faults(full, parse_again=True))


def test_a_file_that_was_cut_is_told_and_its_rows_say_what_is_left(full: Account) -> None:
    path = file_of(full, 1)
    whole = path.stat().st_size
    os.truncate(path, 100)
    assert list(faults(full)) == [f"body {path.name} should have {whole} bytes, its file has 100"]
    assert list(repair(full))
    assert not list(faults(full, parse_again=True))
    assert mailbox(full).bytes == 2 * whole + 100


def test_what_is_no_body_is_told_and_left_alone(full: Account) -> None:
    note = file_of(full, 1).parent / "note"
    note.touch()
    (full.place / BODIES / "more").mkdir()
    assert set(faults(full)) == {f"{full.place / BODIES / 'more'} is no body", f"{note} is no body"}
    assert not list(repair(full))
    assert note.exists()


def test_what_a_crash_left_over_is_told_and_removed(full: Account) -> None:
    left = full.place / INCOMING / ("0" * 32)
    left.touch()
    spoil(full, "INSERT INTO orphan VALUES (?)", "1" * 32)
    assert list(faults(full)) == [
        f"body {'1' * 32} is still to be removed",
        f"{INCOMING}/{left.name} is left over",
    ]
    assert list(repair(full)) == ["2 files that a crash left over were removed"]
    assert not left.exists()
    assert not list(faults(full))


def test_a_body_on_its_way_in_is_no_fault_and_repair_leaves_it(full: Account) -> None:
    incoming = full.incoming()
    incoming.add(letter(number=4))
    incoming.parse()
    incoming.settle()
    assert not list(faults(full))
    assert not list(repair(full))
    assert (full.place / INCOMING / incoming.name).exists()
    incoming.drop()


def test_what_another_release_read_in_a_message_is_stored_anew(full: Account) -> None:
    spoil(full, "UPDATE body SET envelope = x'00' WHERE id = 1")
    spoil(full, "UPDATE text SET text = 'supper' WHERE body = 1")
    assert not list(faults(full))
    name = file_of(full, 1).name
    assert list(faults(full, parse_again=True)) == [
        f"what is stored of body {name} is not what this release reads in it"
    ]
    assert list(repair(full, parse_again=True)) == [f"what is stored of body {name} was written anew"]
    assert not list(faults(full, parse_again=True))


def test_an_index_that_is_mostly_stale_is_built_anew(full: Account) -> None:
    indexing.all_of(full)
    assert renew_index(full) == "0% of the index of words is stale, which does no harm"
    write(full, messages.remove, mailbox(full).id, [1, 2])
    assert renew_index(full) == "67% of the index of words was stale: it was built anew"
    assert read(full, indexing.stale) == 0


def test_a_damaged_database_is_told_and_repair_refuses(full: Account) -> None:
    full._store.close()  # what is in the log comes into the file
    _scribble(full.place / DATABASE)
    assert any(fault.startswith("the database ") for fault in faults(full))
    with pytest.raises(Unavailable):
        list(repair(full))


def _scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
