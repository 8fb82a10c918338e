"""What FETCH tells of messages, read from the database alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from webmail.store.transaction import Row, Transaction

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
    chosen = [_COLUMNS[name] for name in columns]
    tables = dict.fromkeys(table for _, table in chosen if table)
    query = (
        f"SELECT m.uid, {', '.join(expression for expression, _ in chosen)} FROM message m "
        f"{' '.join(_JOINS[table] for table in tables)} WHERE m.mailbox = ? AND "
    )
    if len(uids) > 1 and uids[-1] - uids[0] + 1 == len(uids):
        rows = transaction.all(query + "m.uid BETWEEN ? AND ?", mailbox, uids[0], uids[-1])
    else:
        rows = transaction.all(
            query + "m.uid IN (SELECT value FROM json_each(?))", mailbox, json.dumps(list(uids))
        )
    return {row[0]: row[1:] for row in rows}
