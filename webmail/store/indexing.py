"""Brings new texts into the index of words once nobody is in a hurry.

A search reads the texts that are not in the index yet one by one, so an index that lags behind is never
wrong, and storing a message need not wait for it.
"""

from __future__ import annotations

import asyncio
import logging

from webmail.store.account import Account, Store
from webmail.store.transaction import Row, Transaction

QUIET_SECONDS = 2.0  # after something was stored, before its texts are indexed
BATCH = 32  # texts of a transaction: some ten milliseconds in which other writers wait
BATCH_SIZE = 1_000_000  # characters of them: a text may have two million


async def keep(store: Store, log: logging.Logger) -> None:
    """Index what is stored through this process, until cancelled."""
    while True:
        await store.stored.wait()
        await asyncio.sleep(QUIET_SECONDS)
        store.stored.clear()
        while store.unindexed:
            await _round(store, log)


async def _round(store: Store, log: logging.Logger) -> None:
    """Some texts of each account: whoever stores without end does not keep those of others out."""
    accounts = list(store.unindexed)
    store.unindexed.clear()
    for account in accounts:
        try:
            if await account.note(some):
                store.unindexed.add(account)
        except Exception:
            log.exception("the texts of %s cannot be indexed just now", account.uid)


def all_of(account: Account) -> None:
    """The same without an event loop, in this thread."""
    while account.transact("BEGIN IMMEDIATE", some, lasting=False):
        pass


_TEXTS = "SELECT body, header || char(10) || text FROM text WHERE body > ? ORDER BY body LIMIT ?"


def some(transaction: Transaction) -> int:
    """Index the next texts; how many they were."""
    (indexed,) = transaction.one("SELECT indexed FROM account") or (0,)
    rows = _next(transaction, indexed)
    if rows:
        transaction.do_each("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)
        transaction.do("UPDATE account SET indexed = ?", rows[-1][0])
    return len(rows)


def _next(transaction: Transaction, indexed: int) -> list[Row]:
    """The next bodies with their texts, as many as make a batch, at least one if there is one."""
    rows: list[Row] = []
    size = 0
    for row in transaction.do(_TEXTS, indexed, BATCH):
        rows.append(row)
        size += len(row[1])
        if size > BATCH_SIZE:
            break
    return rows


def waiting(transaction: Transaction) -> int:
    """How many texts are not in the index yet."""
    number: int = transaction.value("SELECT count(*) FROM text WHERE body > (SELECT indexed FROM account)")
    return number


def stale(transaction: Transaction) -> float:
    """The part of the index that is of bodies which are gone: 0 to 1."""
    held = transaction.value("SELECT count(*) FROM words_docsize")
    living = transaction.value("SELECT count(*) FROM text WHERE body <= (SELECT indexed FROM account)")
    return 1 - living / held if held else 0.0


def forget(transaction: Transaction) -> None:
    """Empty the index: all is to be taken up again."""
    transaction.do("INSERT INTO words (words) VALUES ('delete-all')")
    transaction.do("UPDATE account SET indexed = 0")
