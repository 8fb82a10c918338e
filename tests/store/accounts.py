"""Accounts for tests of the store: messages put in and looked at without any protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from webmail.notify import Hint
from webmail.store import bodies, columns, flags, mailboxes, messages
from webmail.store.account import Account, Store
from webmail.store.arrival import Arrival
from webmail.store.delivery import Received, deliver_now
from webmail.store.layout import Layout
from webmail.store.mailboxes import INBOX, Mailbox
from webmail.store.messages import Placed
from webmail.store.transaction import Transaction

T = TypeVar("T")
NOON = 1_790_000_000  # some moment, in seconds


def store_in(directory: Path, told: list[Hint] | None = None, *, default: str = "primary") -> Store:
    """A store with two partitions; its hints go into `told`."""
    places = {name: directory / "partition" / name for name in ("primary", "second")}
    hear = told.extend if told is not None else lambda _: None
    return Store(Layout(places, default), publish=hear)


def letter(subject: str = "Lunch", text: str = "At noon?", number: int = 1) -> bytes:
    return (
        f"From: Bob <bob@example.test>\r\nTo: alice@example.test\r\nSubject: {subject}\r\n"
        f"Date: Mon, 2 Nov 2026 12:00:00 +0100\r\nMessage-ID: <{number}@example.test>\r\n\r\n{text}\r\n"
    ).encode()


def received(account: Account, octets: bytes, *marks: str, when: int = NOON, zone: int = 60) -> Received:
    incoming = account.incoming()
    incoming.add(octets)
    return Received(incoming, marks, when, zone)


def put(
    account: Account, *octets: bytes, into: str = INBOX, marks: Sequence[str] = (), when: int = NOON
) -> Placed:
    """Deliver messages together into a mailbox, which is made if need be."""

    def place(transaction: Transaction, arrivals: list[Arrival]) -> Placed:
        target = mailboxes.find(transaction, into) or mailboxes.create(transaction, into)
        return messages.append(transaction, target.id, arrivals)

    return deliver_now(account, [received(account, each, *marks, when=when) for each in octets], place)


def read(account: Account, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return account.transact("BEGIN", lambda transaction: function(transaction, *args, **kwargs))


def write(account: Account, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return account.transact("BEGIN IMMEDIATE", lambda transaction: function(transaction, *args, **kwargs))


def mailbox(account: Account, name: str = INBOX) -> Mailbox:
    return read(account, mailboxes.get, name)


def uids(account: Account, name: str = INBOX) -> list[int]:
    return [
        uid
        for (uid,) in read(
            account,
            lambda transaction: transaction.all(
                "SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", mailboxes.get(transaction, name).id
            ),
        )
    ]


def file_of(account: Account, uid: int, name: str = INBOX) -> Path:
    """The file of a message's body."""
    (row,) = read(account, columns.read, mailbox(account, name).id, [uid], ["file"]).values()
    return bodies.body_path(account.place, row[0])


def contents(account: Account, name: str = INBOX) -> list[tuple[bytes, tuple[str, ...], int]]:
    """The octets, flags and internaldate of each message."""
    return [
        (file_of(account, uid, name).read_bytes(), marks, when)
        for uid, marks, when in read(account, _said, name)
    ]


def _said(transaction: Transaction, name: str) -> list[tuple[int, tuple[str, ...], int]]:
    found = mailboxes.get(transaction, name)
    keywords = flags.load(transaction, found.id)
    rows = transaction.all(
        "SELECT uid, flags, internaldate FROM message WHERE mailbox = ? ORDER BY uid", found.id
    )
    return [(uid, tuple(keywords.flags(bits)), when) for uid, bits, when in rows]


def spoil(account: Account, statement: str, *parameters: object) -> None:
    """Do to the database what no function of the store would."""
    write(account, partial(Transaction.do), statement, *parameters)
