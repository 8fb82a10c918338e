"""SORT and THREAD (RFC 5256): orders and threads of a mailbox, found once for all who ask.

They depend on nothing but the bodies, which never change, so they are kept beside the snapshot until a
message comes or goes; a change of flags leaves them alone. The snapshot has to be that of the transaction:
with rows of another moment it would be wrong for ever.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from itertools import compress

from webmail.mail.thread import Message, Tree, thread_orderedsubject, thread_references
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction

# What messages are sorted by, RFC 5256, 3 and RFC 5957, 3; equal ones in the order of their numbers
_COLUMNS = {
    "ARRIVAL": "m.internaldate",
    "CC": "h.cc_key",
    "DATE": "ifnull(h.sent, m.internaldate)",
    "DISPLAYFROM": "h.display_from",
    "DISPLAYTO": "h.display_to",
    "FROM": "h.from_key",
    "SIZE": "m.size",
    "SUBJECT": "h.base_subject",
    "TO": "h.to_key",
}
_JOINED = "SELECT {column} FROM message m JOIN header h ON h.body = m.body WHERE m.mailbox = ? ORDER BY m.uid"
_ALONE = "SELECT {column} FROM message m WHERE m.mailbox = ? ORDER BY m.uid"

Order = Sequence[tuple[str, bool]]  # by what, and whether in reverse; the first counts most


def in_order(
    transaction: Transaction, snapshot: Snapshot, wanted: Collection[int], order: Order
) -> list[int]:
    """These uids of the snapshot in that order."""
    whole, chosen = len(wanted) == len(snapshot.uids), frozenset(wanted)
    if len(order) == 1:
        ordered = _all_in_order(transaction, snapshot, order)
        return list(ordered if whole else compress(ordered, map(chosen.__contains__, ordered)))
    places: Sequence[int] = range(len(snapshot.uids))
    if not whole:
        places = list(compress(places, map(chosen.__contains__, snapshot.uids)))
    return _sorted(transaction, snapshot, places, order)


def _all_in_order(transaction: Transaction, snapshot: Snapshot, order: Order) -> Sequence[int]:
    """All uids in an order by one thing, of which there are few."""
    ((name, reverse),) = order
    key = f"{name}, {'last' if reverse else 'first'} first"
    known: array[int] | None = snapshot.found.get(key)
    if known is None:
        places = range(len(snapshot.uids))
        known = snapshot.found[key] = array("I", _sorted(transaction, snapshot, places, order))
    return known


def _sorted(transaction: Transaction, snapshot: Snapshot, places: Sequence[int], order: Order) -> list[int]:
    for name, reverse in reversed(order):
        ranks = _ranks(transaction, snapshot, name)
        places = sorted(places, key=ranks.__getitem__, reverse=reverse)  # stable, also in reverse
    uids = snapshot.uids
    return [uids[place] for place in places]


def _ranks(transaction: Transaction, snapshot: Snapshot, name: str) -> Sequence[int]:
    """For each message its place among the values; equal values have the same."""
    known: array[int] | None = snapshot.found.get(name)
    if known is None:
        values = _values(transaction, snapshot, name)
        ranks = {value: rank for rank, value in enumerate(sorted(set(values), key=_collated))}
        known = snapshot.found[name] = array("I", map(ranks.__getitem__, values))
    return known


def _collated(value: int | str) -> int | str:
    """Texts are kept in lower case and ordered in upper case: `_` comes behind Z (RFC 5051, 2)."""
    return value.upper() if isinstance(value, str) else value


def _values(transaction: Transaction, snapshot: Snapshot, name: str) -> list[int | str]:
    column = _COLUMNS[name]
    statement = (_JOINED if "h." in column else _ALONE).format(column=column)
    return [value for (value,) in transaction.all(statement, snapshot.mailbox)]


_THREADED: dict[str, Callable[[Sequence[Message]], Tree]] = {
    "ORDEREDSUBJECT": thread_orderedsubject,
    "REFERENCES": thread_references,
}
_MESSAGES = """
SELECT m.uid, h.message_id, h.refs, ifnull(h.sent, m.internaldate), h.base_subject, h.reply
FROM message m JOIN header h ON h.body = m.body WHERE m.mailbox = ? ORDER BY m.uid
"""


def in_threads(transaction: Transaction, snapshot: Snapshot, wanted: Collection[int], algorithm: str) -> Tree:
    """These uids of the snapshot as threads."""
    if not wanted:  # of a mailbox that may not be read any more the rows are still there
        return []
    whole = len(wanted) == len(snapshot.uids)
    if whole and algorithm in snapshot.found:
        known: Tree = snapshot.found[algorithm]
        return known
    chosen = set(wanted)
    rows = transaction.do(_MESSAGES, snapshot.mailbox)
    messages = [
        Message(uid, message_id, refs.split("\n") if refs else (), sent, subject, bool(reply))
        for uid, message_id, refs, sent, subject, reply in rows
        if whole or uid in chosen
    ]
    found = _THREADED[algorithm](messages)
    if whole:
        snapshot.found[algorithm] = found
    return found
