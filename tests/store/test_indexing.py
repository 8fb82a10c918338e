"""The index of words, brought up to date beside the service."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest

from tests.store.accounts import letter, put, read
from webmail.store import indexing
from webmail.store.account import Account, Store


def test_who_stores_without_end_keeps_no_texts_of_others_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One account was indexed to its end before the next was looked at."""
    monkeypatch.setattr(indexing, "QUIET_SECONDS", 0)
    monkeypatch.setattr(indexing, "BATCH", 1)
    busy, *others = [store.opened(uid) for uid in ("alice", "bob", "carol", "dave", "eve", "frank")]
    put(busy, *[letter()] * 300)
    for account in others:
        put(account, letter())
    assert asyncio.run(_left_when_all_are_done(store, busy, others)) > 0


def test_long_texts_are_indexed_some_at_a_time(alice: Account) -> None:
    """Thirty of them were one transaction, for which other writers of the account waited."""
    put(alice, *[letter(text="word " * 100_000)] * 4)
    assert [alice.transact("BEGIN IMMEDIATE", indexing.some) for _ in range(3)] == [2, 2, 0]


async def _left_when_all_are_done(store: Store, busy: Account, others: list[Account]) -> int:
    """How many texts of the busy one wait once those of the others are indexed."""
    for account in (busy, *others):
        account.note_stored()
    keeping = asyncio.create_task(indexing.keep(store, logging.getLogger("test")))
    while any(read(account, indexing.waiting) for account in others):  # noqa: ASYNC110  nothing tells it
        await asyncio.sleep(0)
    left = read(busy, indexing.waiting)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    return left
