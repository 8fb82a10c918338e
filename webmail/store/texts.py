"""Texts of messages: substring search with a trigram index that names candidates (SQLite's FTS5).

The index holds no positions and no texts, and what is expunged stays in it: it is never believed.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from enum import Enum

from webmail.mail import search_text
from webmail.mail.entities import scan
from webmail.mail.fold import fold
from webmail.store import bodies
from webmail.store.transaction import Interrupted, Transaction

SHORT = 200  # characters that SQLite looks for in 6 ms in a MB, whatever they and the MB are
TRIGRAM = 3
OCTETS = 8  # that a character may take in a message, as &#1234;
OVERLAP = 4 * 1024  # octets of markup that may stand between the words that are searched for
MAX_OVERLAP = 16 * 1024  # nobody types a text that has more
MAX_TRIGRAMS = 24  # of a long text that the index is asked for; the text itself decides anyway


class Where(Enum):
    """What BODY and TEXT look through; which function of SQL looks is said by `looking_for`."""

    BODY = "{holds}(t.text, ?1)"
    ANYWHERE = "({holds}(t.text, ?1) OR {holds}(t.header, ?1))"


def prepare(connection: sqlite3.Connection) -> None:
    """Make our own function known, as `looking_for` names it."""
    connection.create_function("holds", 2, lambda text, part: part in text, deterministic=True)


def looking_for(wanted: str) -> str:
    """SQLite's own function takes for a MB as many nanoseconds as the product of both lengths, ours 4 ms."""
    return "instr" if len(wanted) <= SHORT else "holds"


_CANDIDATES = "t.body IN (SELECT rowid FROM words WHERE words MATCH ?2)"
_NOT_INDEXED = "t.body > (SELECT indexed FROM account)"
_HERE = "t.body IN (SELECT body FROM message WHERE mailbox = ?2)"
_NAMED = "t.body IN (SELECT value FROM json_each(?2))"


def holding(
    transaction: Transaction,
    mailbox: int,
    wanted: str,
    where: Where,
    candidates: Collection[int] | None,
    until: float,
) -> set[int]:
    """The bodies whose text holds this folded text; of `candidates` if they are given.

    Perhaps of other mailboxes too. Raises Interrupted once the monotonic clock is past `until`.
    """
    if candidates is not None:
        found = _found(transaction, where, _NAMED, wanted, json.dumps(list(candidates)))
    elif len(wanted) < TRIGRAM:
        found = _found(transaction, where, _HERE, wanted, mailbox)
    else:
        found = _found(transaction, where, _CANDIDATES, wanted, _match(wanted))
        found |= _found(transaction, where, _NOT_INDEXED, wanted)
    return found | _in_long_ones(transaction, mailbox, wanted, found, until)


def _found(transaction: Transaction, where: Where, among: str, wanted: str, *parameters: object) -> set[int]:
    condition = where.value.format(holds=looking_for(wanted))
    rows = transaction.all(f"SELECT t.body FROM text t WHERE {among} AND {condition}", wanted, *parameters)
    return {body for (body,) in rows}


def _match(wanted: str) -> str:
    """All trigrams of a text, as the index is asked: quoted, so nothing of it is syntax."""
    count = len(wanted) - TRIGRAM + 1
    step = max(1, -(-count // MAX_TRIGRAMS))
    grams = dict.fromkeys(wanted[at : at + TRIGRAM] for at in range(0, count, step))
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)


_LONG = """
SELECT t.body, b.file FROM text t JOIN body b ON b.id = t.body
WHERE NOT t.complete AND EXISTS (SELECT 1 FROM message m WHERE m.body = t.body AND m.mailbox = ?)
"""


def _in_long_ones(
    transaction: Transaction, mailbox: int, wanted: str, known: Collection[int], until: float
) -> set[int]:
    """The same in messages whose text is not kept whole: the body's file decides."""
    found: set[int] = set()
    for body, file in transaction.all(_LONG, mailbox):
        if time.monotonic() > until:
            raise Interrupted
        if body not in known and _holds(transaction, file, wanted, until):
            found.add(body)
    return found


def _holds(transaction: Transaction, file: str, wanted: str, until: float) -> bool:
    try:
        with bodies.mapped(transaction.place, file) as octets:
            overlap = min(OVERLAP + len(wanted) * OCTETS, MAX_OVERLAP)
            for text in search_text.windows(octets, scan(octets), overlap):
                if time.monotonic() > until:
                    raise Interrupted
                if wanted in fold(text):
                    return True
    except FileNotFoundError:
        pass
    return False


_FIELD = "SELECT t.body, t.header FROM text t WHERE ({among}) AND instr(char(10) || t.header, ?1)"


def with_field(transaction: Transaction, name: str, wanted: str, until: float) -> set[int]:
    """The bodies with a header field of this name, in lower case, whose value holds this folded text.

    Headers are read one by one: a thousand may have a MB each. Raises Interrupted as `holding`.
    """
    label = f"{name}: "
    among = f"{_CANDIDATES} OR {_NOT_INDEXED}"
    rows = transaction.do(
        _FIELD.format(among=among), f"\n{label}", _match(wanted if len(wanted) >= TRIGRAM else label)
    )
    found: set[int] = set()
    for body, header in rows:
        if time.monotonic() > until:
            raise Interrupted
        if any(wanted in value for value in search_text.values(header, name)):
            found.add(body)
    return found
