"""What an account may hold beside messages, which no quota counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.store.accounts import letter, put
from webmail.errors import NotAllowed, OverQuota
from webmail.store import acl, mailboxes, messages, metadata
from webmail.store.account import Account
from webmail.store.transaction import Transaction

Step = Callable[[Transaction], object]


def write(account: Account, *steps: Step) -> None:
    """In one transaction."""
    account.transact("BEGIN IMMEDIATE", lambda transaction: [step(transaction) for step in steps])


def annotated(mailbox: str, who: str, entries: int, octets: int, name: str = "n") -> Step:
    values = {f"/private/{name}{number}": b"x" * octets if octets else None for number in range(entries)}
    return lambda transaction: metadata.change(
        transaction, mailboxes.get(transaction, mailbox).id, who, values
    )


def given(mailbox: str, person: int) -> Step:
    return lambda transaction: acl.change(
        transaction, mailboxes.get(transaction, mailbox).id, f"person{person}", "replace", "lr"
    )


def created(name: str) -> Step:
    return lambda transaction: mailboxes.create(transaction, name)


def test_annotations_of_a_mailbox_have_a_megabyte_for_each_who_may_write_some(alice: Account) -> None:
    write(alice, annotated("INBOX", "alice", 16, 65_536), annotated("INBOX", "bob", 16, 65_536))
    with pytest.raises(metadata.TooMany):
        write(alice, annotated("INBOX", "bob", 1, 1, "more"))
    write(alice, annotated("INBOX", "bob", 1, 65_535), annotated("INBOX", "bob", 1, 1, "more"))


def test_annotations_of_an_account_have_64_megabytes(alice: Account) -> None:
    write(alice, *(annotated("INBOX", f"person{number}", 16, 65_536) for number in range(64)))
    with pytest.raises(metadata.TooMany):
        write(alice, annotated("Sent", "alice", 1, 1))


def test_annotations_that_were_taken_away_leave_room_and_are_forgotten_some_time(alice: Account) -> None:
    for name in "abcdef":
        write(alice, annotated("INBOX", "alice", 500, 1, name))
        write(alice, annotated("INBOX", "alice", 500, 0, name))
    count = alice.transact("BEGIN", lambda transaction: transaction.value("SELECT count(*) FROM metadata"))
    assert count <= 2 * metadata.MAX_ENTRIES


def test_a_new_mailbox_takes_over_no_more_rights_than_an_account_may_have(alice: Account) -> None:
    write(alice, *(given("Sent", person) for person in range(1000)))
    with pytest.raises(NotAllowed):
        write(alice, given("Sent", 1000))
    write(alice, *(created(f"Sent/{number}") for number in range(99)))
    for one_more in (created("Sent/more"), given("INBOX", 1)):
        with pytest.raises(NotAllowed):
            write(alice, one_more)


def test_an_account_lets_no_more_people_in_than_all_accounts_can_bear(
    alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acl, "MAX_PEOPLE", 3)
    write(alice, *(given("Sent", person) for person in range(3)))
    write(alice, given("INBOX", 1))
    with pytest.raises(NotAllowed):
        write(alice, given("INBOX", 3))


def test_a_mailbox_does_not_double_for_ever(alice: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_COPIED", 100)
    put(alice, *[letter()] * 40)

    def doubled(transaction: Transaction) -> None:
        inbox = mailboxes.get(transaction, "INBOX")
        uids = [uid for (uid,) in transaction.all("SELECT uid FROM message WHERE mailbox = ?", inbox.id)]
        messages.copy(transaction, inbox.id, uids, inbox.id)

    write(alice, doubled)
    with pytest.raises(OverQuota):
        write(alice, doubled)
