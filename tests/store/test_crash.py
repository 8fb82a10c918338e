"""A crash at each step of a message's life: what the next who opens the account finds (docs/store.md)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.store.accounts import contents, file_of, letter, mailbox, put, received, store_in, write
from webmail.database import connection_to, transact
from webmail.store import bodies, mailboxes, messages
from webmail.store.account import Account, Store
from webmail.store.arrival import Arrival
from webmail.store.bodies import SPILL, Incoming
from webmail.store.check import faults
from webmail.store.delivery import deliver_now
from webmail.store.layout import BODIES, DATABASE, INCOMING
from webmail.store.mailboxes import INBOX
from webmail.store.transaction import Limits, Transaction


def _dies(incoming: Incoming) -> None:
    """As the kernel closes the files of a process that was killed."""
    assert incoming._file is not None
    os.close(incoming._file)


def _commits(account: Account, work: Callable[[Transaction], object]) -> None:
    """A transaction of a process that does not live to see its end."""
    with closing(connection_to(account.place / DATABASE)) as connection:
        transact(
            connection,
            "BEGIN IMMEDIATE",
            lambda it: work(Transaction(it, account.uid, account.place, Limits())),
        )


def _receives(account: Account) -> Incoming:
    incoming = received(account, letter("New", "x" * SPILL)).incoming
    incoming.spill()
    return incoming


def _links(account: Account) -> Incoming:
    incoming = _receives(account)
    incoming.settle()
    bodies.sync(account.place, [incoming.name])
    return incoming


def _delivers(account: Account) -> Incoming:
    incoming = _links(account)
    arrival = Arrival(incoming.name, incoming.parse(), (), 0, 0)
    _commits(account, partial(messages.append, mailbox=mailbox(account).id, arrivals=[arrival]))
    return incoming


def _receiving(account: Account) -> None:
    _dies(_receives(account))


def _linked(account: Account) -> None:
    _dies(_links(account))


def _committed(account: Account) -> None:
    _dies(_delivers(account))


def _finished(account: Account) -> None:
    incoming = _delivers(account)
    (account.place / INCOMING / incoming.name).unlink()
    _dies(incoming)


def _expunged(account: Account) -> None:
    _commits(account, partial(messages.remove, mailbox=mailbox(account).id, uids=[1]))


def _file_gone(account: Account) -> None:
    path = file_of(account, 1)
    _expunged(account)
    path.unlink()


OLD, NEW = letter("Old"), letter("New", "x" * SPILL)

# The step after which the process dies; INBOX then; how many bodies there are before and after recovery
STEPS: dict[Callable[[Account], None], tuple[list[bytes], int, int]] = {
    _receiving: ([OLD], 1, 1),
    _linked: ([OLD], 2, 1),
    _committed: ([OLD, NEW], 2, 2),
    _finished: ([OLD, NEW], 2, 2),
    _expunged: ([], 1, 0),
    _file_gone: ([], 0, 0),
}


def _files(account: Account) -> list[Path]:
    return list((account.place / BODIES).glob("*/*"))


@pytest.mark.parametrize("step", STEPS)
def test_killed_after(step: Callable[[Account], None], store: Store, alice: Account, tmp_path: Path) -> None:
    put(alice, OLD)
    store.close()
    step(alice)
    there, before, after = STEPS[step]
    assert len(_files(alice)) == before
    with closing(store_in(tmp_path)) as next_one:
        opened = next_one.opened("alice")
        assert [octets for octets, _, _ in contents(opened)] == there
        assert len(_files(opened)) == after
        assert not list((opened.place / INCOMING).iterdir())
        assert not list(faults(opened, parse_again=True))
        assert mailbox(opened).uidnext == (3 if len(there) == 2 else 2)


def test_recovery_leaves_alone_what_another_process_is_about(alice: Account, tmp_path: Path) -> None:
    being_received, linked = _receives(alice), _links(alice)
    with closing(store_in(tmp_path)) as other:
        other.opened("alice")
    arrivals = [Arrival(each.name, each.parse(), (), 0, 0) for each in (linked,)]
    write(alice, messages.append, mailbox(alice).id, arrivals)
    linked.finish()
    being_received.drop()
    assert [octets for octets, _, _ in contents(alice)] == [NEW]
    assert not list(faults(alice))


def test_what_cannot_be_placed_is_not_there(alice: Account) -> None:
    """All of a delivery or nothing of it, whatever goes wrong."""

    def place(transaction: Transaction, arrivals: list[Arrival]) -> None:
        messages.append(transaction, mailboxes.get(transaction, INBOX).id, arrivals)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver_now(alice, [received(alice, OLD), received(alice, NEW)], place)
    assert contents(alice) == []
    assert _files(alice) == []
    assert not list(faults(alice))


def test_a_change_that_is_committed_does_not_fail_because_of_files(
    alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(alice, OLD)

    def refuse(*_: object, **_more: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        assert put(alice, NEW).uids == (2,)
        assert write(alice, messages.remove, mailbox(alice).id, [1]) == (1,)
    assert len(_files(alice)) == 2
    write(alice, messages.remove, mailbox(alice).id, [2])
    assert _files(alice) == []
