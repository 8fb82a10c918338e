"""A full disk: nothing is half there, everything can be read, and once there is room all goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.imap.service import Service
from tests.imap.talk import letter, literal
from tests.store.accounts import contents, put
from webmail.errors import OverQuota
from webmail.store.account import Account, Store
from webmail.store.bodies import SPILL
from webmail.store.check import faults
from webmail.store.layout import BODIES, DATABASE, INCOMING

CALLS = ("open", "write", "fsync", "link")  # of the kernel, each of which may find the disk full


@contextmanager
def full(monkeypatch: pytest.MonkeyPatch, call: str) -> Iterator[None]:
    """For the block, this call finds the disk full."""

    def refuse(*_: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        yield


def _left(account: Account) -> list[Path]:
    return [*(account.place / INCOMING).iterdir(), *(account.place / BODIES).glob("*/*")]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("size", [10, 2 * SPILL])
def test_a_body_without_room_leaves_nothing(
    alice: Account, monkeypatch: pytest.MonkeyPatch, call: str, size: int
) -> None:
    with full(monkeypatch, call), pytest.raises(OverQuota):
        put(alice, b"x" * 10, b"y" * size)
    assert _left(alice) == []
    assert not list(faults(alice))
    put(alice, b"x")
    assert [octets for octets, _, _ in contents(alice)] == [b"x"]


def test_rows_without_room_leave_nothing(store: Store, alice: Account) -> None:
    put(alice, letter())
    with store.connections.lent(alice.place / DATABASE) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OverQuota):
        put(alice, *(letter(str(number), "word " * 2000) for number in range(20)))
    store.close()
    assert len(_left(alice)) == 1
    assert not list(faults(alice, parse_again=True))
    put(alice, letter())
    assert len(contents(alice)) == 2


def test_with_a_full_disk_everything_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(tmp_path) as service, service.signed_in(service.newcomer()) as person:
        person.fills("INBOX", letter(), letter("Supper"))
        with full(monkeypatch, "write"):
            person.no(b"APPEND INBOX %b" % literal(letter()), "OVERQUOTA")
            person.no(b"APPEND INBOX %b" % literal(letter(text="x" * SPILL)), "OVERQUOTA")
            person.ok("SELECT INBOX")
            assert len(person.ok("FETCH 1:* BODY.PEEK[TEXT]")) == 2
            person.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
            assert person.ok("EXPUNGE").like("* 1 EXPUNGE", "* 1 RECENT")
        person.fills("INBOX", letter("Tea"))
        assert person.number("INBOX", "MESSAGES") == 2
