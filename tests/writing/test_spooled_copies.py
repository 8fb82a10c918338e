"""Files in the spool that came from messages: looked at, and given up where others need the room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from webmail.errors import NotFound
from webmail.http.spool import File, Limits, Spool

KEY = "0123456789abcdef" * 4
FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "http", Limits(maxpostsize=1000, spoolquota=10_000))


def put(spool: Spool, compose: str, name: str, origin: str = "") -> File:
    async def content() -> AsyncIterator[bytes]:
        yield b"content"

    return asyncio.run(spool.receive(KEY, compose, name, "text/plain", content(), 1000, origin=origin))


def test_only_letters_of_nothing_but_copies_make_room(spool: Spool) -> None:
    put(spool, FIRST, "copy", origin="2@1.1.INBOX")
    put(spool, SECOND, "copy", origin="2@1.1.INBOX")
    put(spool, SECOND, "upload")
    put(spool, THIRD, "copy", origin="2@1.1.INBOX")
    assert spool.drop_copies(KEY, but=THIRD)
    assert [len(spool.files(KEY, compose)) for compose in (FIRST, SECOND, THIRD)] == [0, 2, 1]
    assert not spool.drop_copies(KEY, but=THIRD)


def test_a_file_gets_another_type(spool: Spool) -> None:
    file = put(spool, FIRST, "a.eml", origin="@1.1.INBOX")
    changed = spool.retype(KEY, FIRST, file, "message/rfc822;7bit")
    assert spool.files(KEY, FIRST) == (changed,)
    assert changed.type == "message/rfc822;7bit"
    spool.drop(KEY, FIRST)
    with pytest.raises(NotFound):
        spool.retype(KEY, FIRST, file, "text/plain")
