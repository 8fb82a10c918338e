"""Accounts removed and moved: only while nobody has them open, and never half."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.accounts import contents, letter, put, store_in, write
from webmail.errors import AlreadyExists, BadRequest, Busy, NotFound
from webmail.store import moving
from webmail.store.account import Account, Store
from webmail.store.check import faults
from webmail.store.layout import DATABASE


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """Alice’s account, which nobody has open."""
    with closing(store_in(tmp_path)) as store:
        alice = store.opened("alice")
        put(alice, letter(), letter("Supper"), marks=["\\Seen", "$Work"])
        return alice.place


def test_an_account_moves_with_all_that_is_in_it(store: Store, idle: Path) -> None:
    before = [(letter(), ("\\Seen", "$Work")), (letter("Supper"), ("\\Seen", "$Work"))]
    place = moving.move(store.layout, "alice", idle, "second")
    assert place.parts[-3] == "second"
    assert not idle.exists()
    assert not list(store.layout.left_aside())
    alice = store.opened("alice")
    assert alice.place == place
    assert [(octets, marks) for octets, marks, _ in contents(alice)] == before
    assert not list(faults(alice, parse_again=True))


def test_a_removed_account_leaves_nothing_and_its_name_starts_anew(store: Store, idle: Path) -> None:
    moving.remove(idle)
    assert list(idle.parent.iterdir()) == []
    assert contents(store.opened("alice")) == []


@pytest.mark.parametrize(
    "act",
    [moving.remove, lambda place: moving.move(store_in(place.parents[3]).layout, "alice", place, "second")],
)
def test_who_has_it_open_is_not_disturbed(store: Store, idle: Path, act: Callable[[Path], object]) -> None:
    alice = store.opened("alice")
    with pytest.raises(Busy):
        act(idle)
    put(alice, letter("Tea"))
    assert len(contents(alice)) == 3
    store.close()
    assert not list(faults(alice))


def test_who_came_while_it_was_removed_finds_out(store: Store, idle: Path) -> None:
    with closing(sqlite3.connect(idle / DATABASE)) as ghost:
        ghost.execute("PRAGMA user_version")  # has the file, and no lock yet
        ghost.execute("PRAGMA journal_mode = DELETE")
        moving.remove(idle)
        with pytest.raises(sqlite3.DatabaseError):
            ghost.execute("INSERT INTO subscription VALUES ('x')").connection.commit()


def test_a_move_that_fails_leaves_the_account_where_it_was(
    store: Store, idle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "partition" / "second").write_text("no directory")
    with pytest.raises(OSError, match="second"):
        moving.move(store.layout, "alice", idle, "second")
    alice = store.opened("alice")
    put(alice, letter("Tea"))
    assert len(contents(alice)) == 3
    assert write(alice, lambda transaction: transaction.value("PRAGMA journal_mode")) == "wal"


def test_it_moves_only_to_a_partition_where_it_is_not(store: Store, idle: Path) -> None:
    with pytest.raises(BadRequest):
        moving.move(store.layout, "alice", idle, "third")
    with pytest.raises(AlreadyExists):
        moving.move(store.layout, "alice", idle, "primary")


def test_a_service_that_remembers_the_account_finds_it_where_it_is(store: Store, idle: Path) -> None:
    async def remembered() -> None:
        alice = await store.account("alice")
        store.close()  # as if so many others were open
        moving.move(store.layout, "alice", idle, "second")
        assert (await store.account("alice")).place != alice.place
        store.close()
        moving.remove((await store.account("alice")).place)
        with pytest.raises(NotFound):
            await store.known("alice")

    asyncio.run(remembered())


def test_a_copy_over_file_systems_is_as_good_as_a_link(
    store: Store, idle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def across(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", across)
    alice = Account("alice", moving.move(store.layout, "alice", idle, "second"), store)
    assert len(contents(alice)) == 2
    assert not list(faults(alice, parse_again=True))
