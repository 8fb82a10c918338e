"""Bodies that no row names: let go of by transactions, removed after them, found again after a crash."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from webmail.disk import in_thread
from webmail.store import bodies
from webmail.store.transaction import Transaction

if TYPE_CHECKING:
    from webmail.store.account import Account, Store

BATCH = 500  # names of a transaction, for which other writers wait some milliseconds

_UNUSED = """
SELECT id, file FROM body WHERE id IN (SELECT value FROM json_each(?))
AND NOT EXISTS (SELECT 1 FROM message WHERE message.body = body.id)
"""


def release(transaction: Transaction, released: Iterable[int]) -> None:
    """Forget those of these bodies that no message has any more; their files go once this is committed."""
    unused = transaction.all(_UNUSED, json.dumps(list(released)))
    if not unused:
        return
    numbers = [(number,) for number, _ in unused]
    for table, key in (("body", "id"), ("header", "body"), ("text", "body")):
        transaction.do_each(f"DELETE FROM {table} WHERE {key} = ?", numbers)
    transaction.do_each("INSERT OR IGNORE INTO orphan VALUES (?)", [(file,) for _, file in unused])
    transaction.orphaned = True


async def keep(store: Store, log: logging.Logger) -> None:
    """Remove the bodies that this process's transactions have let go of, until cancelled."""
    while True:
        await store.expunged.wait()
        store.expunged.clear()
        while store.orphaned:
            account = store.orphaned.pop()
            try:
                await in_thread(remove_orphans, account)
            except Exception:
                log.exception("bodies of %s cannot be removed just now", account.uid)


def remove_orphans(account: Account) -> int:
    """Remove the files that rows were deleted of, then their names; how many there were."""
    removed = 0
    while names := account.transact("BEGIN", _orphans):
        bodies.remove(account.place, names)
        bodies.sync(account.place, names)  # else a power cut could leave a file that nobody knows of
        account.transact("BEGIN IMMEDIATE", partial(_forget, names=names), lasting=False)
        removed += len(names)
    return removed


def _orphans(transaction: Transaction) -> list[str]:
    unnamed = "SELECT file FROM orphan WHERE file NOT IN (SELECT file FROM body) LIMIT ?"
    return [name for (name,) in transaction.all(unnamed, BATCH)]


def _forget(transaction: Transaction, names: list[str]) -> None:
    transaction.do_each("DELETE FROM orphan WHERE file = ?", [(name,) for name in names])


def recover(account: Account) -> int:
    """Remove what a crash left over; how many files it was. What others are receiving is not touched."""
    removed = remove_orphans(account)
    for name in bodies.abandoned(account.place):
        if not account.transact("BEGIN", partial(named, file=name)):
            bodies.remove(account.place, [name])
        bodies.forget(account.place, name)
        removed += 1
    return removed


def named(transaction: Transaction, file: str) -> bool:
    """Whether a row names this body."""
    return transaction.one("SELECT 1 FROM body WHERE file = ?", file) is not None
