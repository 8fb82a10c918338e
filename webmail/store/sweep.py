"""Bodies that no row names: let go of by transactions, removed after them, found again after a crash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from webmail.store import bodies
from webmail.store.transaction import Transaction

if TYPE_CHECKING:
    from webmail.store.account import Account

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


def remove_orphans(account: Account) -> int:
    """Remove the files that rows were deleted of, then their names; how many there were."""
    names = account.transact("BEGIN", _orphans)
    bodies.remove(account.place, names)
    if names:
        account.transact("BEGIN IMMEDIATE", lambda transaction: _forget(transaction, names))
    return len(names)


def _orphans(transaction: Transaction) -> list[str]:
    unnamed = "SELECT file FROM orphan WHERE file NOT IN (SELECT file FROM body)"
    return [name for (name,) in transaction.all(unnamed)]


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
