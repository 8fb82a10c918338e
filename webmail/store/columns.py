"""What FETCH tells of messages, read from the database alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from webmail.store.transaction import Row, Transaction

DENSE = 2  # uids that a range may have for each that is wanted: to read it is quicker than to look up each

# Name → expression and the table it needs beside `message`
_COLUMNS = {
    "internaldate": ("m.internaldate", ""),
    "zone": ("m.zone", ""),
    "saved": ("m.saved", ""),
    "flags": ("m.flags", ""),
    "size": ("m.size", ""),
    "file": ("b.file", "body"),
    "envelope": ("b.envelope", "body"),
    "bodystructure": ("b.bodystructure", "body"),
    "body": ("b.body", "body"),
    "parts": ("b.parts", "body"),
    "preview": ("b.preview", "body"),
    "submitter": ("b.submitter", "body"),
    "thread": ("h.thread", "header"),
    "raw": ("t.raw", "text"),
}
_JOINS = {
    "body": "JOIN body b ON b.id = m.body",
    "header": "JOIN header h ON h.body = m.body",
    "text": "JOIN text t ON t.body = m.body",
}


def read(
    transaction: Transaction, mailbox: int, uids: Sequence[int], columns: Iterable[str]
) -> dict[int, Row]:
    """These columns, in their order, of these messages (ascending), by uid; who is gone is left out."""
    return {row[0]: row[1:] for row in rows(transaction, mailbox, uids, columns)}


def rows(transaction: Transaction, mailbox: int, uids: Sequence[int], columns: Iterable[str]) -> list[Row]:
    """The same as rows behind the uid, ascending."""
    chosen = [_COLUMNS[name] for name in columns]
    tables = dict.fromkeys(table for _, table in chosen if table)
    query = (
        f"SELECT m.uid, {', '.join(expression for expression, _ in chosen)} FROM message m "
        f"{' '.join(_JOINS[table] for table in tables)} WHERE m.mailbox = ? AND "
    )
    width = uids[-1] - uids[0] + 1 if len(uids) > 1 else 0
    if 0 < width <= DENSE * len(uids):
        found = transaction.all(query + "m.uid BETWEEN ? AND ? ORDER BY m.uid", mailbox, uids[0], uids[-1])
        return found if width == len(uids) else _only(found, uids)
    several = json.dumps(list(uids))
    return transaction.all(
        query + "m.uid IN (SELECT value FROM json_each(?)) ORDER BY m.uid", mailbox, several
    )


def _only(found: list[Row], uids: Sequence[int]) -> list[Row]:
    wanted = set(uids)
    return [row for row in found if row[0] in wanted]
