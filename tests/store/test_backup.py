"""A backup while the account is in use is a whole account of one moment."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.accounts import contents, file_of, letter, mailbox, put, store_in, uids, write
from webmail.errors import Unavailable
from webmail.store import messages
from webmail.store.account import Account, Store
from webmail.store.backup import Backup, back_up
from webmail.store.check import faults
from webmail.store.layout import BODIES, DATABASE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backup" / "00" / "alice"


def _bodies(place: Path) -> list[str]:
    return sorted(path.name for path in (place / BODIES).glob("*/*"))


def test_a_backup_holds_all_and_can_be_put_back(store: Store, alice: Account, place: Path) -> None:
    put(alice, letter(), letter("Supper"))
    assert back_up(alice, place) == Backup(2, 2, ())
    write(alice, messages.remove, mailbox(alice).id, [1, 2])
    store.close()
    shutil.rmtree(alice.place)
    shutil.copytree(place, alice.place)
    restored = store.opened("alice")
    assert [octets for octets, _, _ in contents(restored)] == [letter(), letter("Supper")]
    assert not list(faults(restored, parse_again=True))


def test_the_next_backup_adds_what_is_new_and_removes_what_is_gone(alice: Account, place: Path) -> None:
    put(alice, letter(), letter("Supper"))
    back_up(alice, place)
    write(alice, messages.remove, mailbox(alice).id, [1])
    put(alice, letter("Tea"))
    assert back_up(alice, place) == Backup(2, 1, ())
    assert _bodies(place) == sorted(file_of(alice, uid).name for uid in (2, 3))


def test_a_body_that_was_lost_is_told_and_the_rest_is_there(alice: Account, place: Path) -> None:
    put(alice, letter(), letter("Supper"))
    lost = file_of(alice, 1)
    lost.unlink()
    assert back_up(alice, place) == Backup(1, 1, (lost.name,))


def test_a_backup_under_load_is_always_of_one_moment(store: Store, alice: Account, place: Path) -> None:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            placed = put(alice, letter(), letter("Supper"))
            write(alice, messages.remove, mailbox(alice).id, placed.uids[:1])

    with closing(store_in(place.parents[1])) as elsewhere:
        writer = threading.Thread(target=work)
        writer.start()
        try:
            for _ in range(10):
                copy = Account("alice", place, elsewhere)
                assert back_up(alice, place).lost == ()
                assert not list(faults(copy))
                assert _bodies(place) == sorted(file_of(copy, uid).name for uid in uids(copy))
                elsewhere.close()
        finally:
            done.set()
            writer.join()


def test_a_damaged_database_does_not_take_the_place_of_a_good_backup(
    store: Store, alice: Account, place: Path
) -> None:
    """Its pages were copied as they were, and nobody was told."""
    put(alice, letter(), letter("Supper"))
    back_up(alice, place)
    store.close()
    with (alice.place / DATABASE).open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 5)
    with pytest.raises(Unavailable, match="damaged"):
        back_up(alice, place)
    assert not list(place.glob("*.new"))
    shutil.rmtree(alice.place)
    shutil.copytree(place, alice.place)
    assert [octets for octets, _, _ in contents(store.opened("alice"))] == [letter(), letter("Supper")]
