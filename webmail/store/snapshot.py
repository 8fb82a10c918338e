"""What a mailbox holds at one moment: compact, never changed, shared by all who look at it."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import Any

from webmail.errors import NotFound
from webmail.store import flags
from webmail.store.flags import Keywords
from webmail.store.transaction import Transaction

MAX_REMEMBERED = 4_000_000  # messages in all remembered snapshots: 150 MB
MAX_DIFFERENCES = 4  # to older snapshots that one remembers; those who look on are mostly equally far


@dataclass(frozen=True, slots=True)
class Difference:
    """What became different from an older snapshot to a newer one."""

    expunged: tuple[int, ...]  # uids, ascending
    flagged: tuple[int, ...]  # uids in both whose flags may be different, ascending
    new: int  # messages at the end that the older one has not


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Columns of equal length, in the order of uids. `modseq` is the mailbox's HIGHESTMODSEQ."""

    mailbox: int
    uidvalidity: int
    uidnext: int
    modseq: int
    keywords: Keywords
    uids: array[int]
    flags: array[int]
    modseqs: array[int]
    bodies: array[int]
    sizes: array[int]
    found: dict[str, Any] = field(
        default_factory=dict
    )  # by store.sorting: what depends on nothing but bodies
    _differences: OrderedDict[int, Difference] = field(default_factory=OrderedDict)

    def index(self, uid: int) -> int | None:
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else None

    def since(self, older: Snapshot) -> Difference:
        """What became different since an older snapshot of the same mailbox; found once for all who ask."""
        known = self._differences.get(older.modseq)
        if known is None:
            known = self._differences[older.modseq] = _difference(older, self)
            if len(self._differences) > MAX_DIFFERENCES:
                self._differences.popitem(last=False)
        return known

    def changed_since(self, modseq: int) -> list[int]:
        """The uids of messages that changed after that mod-sequence."""
        return list(compress(self.uids, map(modseq.__lt__, self.modseqs)))


def _difference(older: Snapshot, newer: Snapshot) -> Difference:
    last = older.uids[-1] if older.uids else 0
    common = bisect_right(newer.uids, last)
    expunged: tuple[int, ...] = ()
    if common != len(older.uids):
        expunged = tuple(sorted(set(older.uids).difference(newer.uids[:common])))
    changed = compress(newer.uids[:common], map(older.modseq.__lt__, newer.modseqs))
    return Difference(expunged, tuple(changed), len(newer.uids) - common)


class Snapshots:
    """The newest snapshots of mailboxes, of all accounts of a process; may be used from any thread.

    The longest unused leave when all together hold more than MAX_REMEMBERED messages.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._messages = 0

    def of(self, transaction: Transaction, mailbox: int) -> Snapshot:
        """The mailbox as the transaction sees it. Raises NotFound if it is gone."""
        key = (transaction.uid, mailbox)
        with self._lock:
            known = self._newest.get(key)
            if known is not None:
                self._newest.move_to_end(key)
        current = load(transaction, mailbox, known)
        if current is not known:
            with self._lock:
                self._keep(key, current)
        return current

    def _keep(self, key: tuple[str, int], snapshot: Snapshot) -> None:
        before = self._newest.get(key)
        if before is not None:
            if before.uidvalidity == snapshot.uidvalidity and before.modseq > snapshot.modseq:
                return  # another thread has seen more
            self._messages -= len(before.uids)
        self._newest[key] = snapshot
        self._newest.move_to_end(key)
        self._messages += len(snapshot.uids)
        while self._messages > MAX_REMEMBERED and len(self._newest) > 1:
            _, oldest = self._newest.popitem(last=False)
            self._messages -= len(oldest.uids)


_MAILBOX = "SELECT uidvalidity, uidnext, modseq, forgotten, messages FROM mailbox WHERE id = ?"
_ALL = "SELECT uid, flags, modseq, body, size FROM message WHERE mailbox = ? ORDER BY uid"
_CHANGED = "SELECT uid, flags, modseq, body, size FROM message WHERE mailbox = ? AND modseq > ? ORDER BY uid"
_GONE = "SELECT uid FROM expunged WHERE mailbox = ? AND modseq > ?"


def load(transaction: Transaction, mailbox: int, known: Snapshot | None = None) -> Snapshot:
    """The mailbox as it is now; from what is known already only the difference is read."""
    row = transaction.one(_MAILBOX, mailbox)
    if row is None:
        raise NotFound
    uidvalidity, uidnext, modseq, forgotten, messages = row
    if known is not None and known.uidvalidity != uidvalidity:  # of an account that was deleted
        known = None
    if known is not None and known.modseq == modseq:
        return known
    if known is None or known.modseq < forgotten or known.modseq > modseq:
        columns = _columns(transaction.all(_ALL, mailbox))
    else:
        columns = _advanced(transaction, known)
    if len(columns[0]) != messages:  # a counter is off: never a reason to show a wrong mailbox
        columns = _columns(transaction.all(_ALL, mailbox))
    found = known.found if known is not None and columns[0] is known.uids else {}
    keywords = flags.load(transaction, mailbox)
    return Snapshot(mailbox, uidvalidity, uidnext, modseq, keywords, *columns, found)


def emptied(snapshot: Snapshot) -> Snapshot:
    """The mailbox after it was deleted: all its messages are gone."""
    return Snapshot(
        snapshot.mailbox,
        snapshot.uidvalidity,
        snapshot.uidnext,
        snapshot.modseq + 1,
        snapshot.keywords,
        *_columns([]),
    )


Columns = tuple["array[int]", "array[int]", "array[int]", "array[int]", "array[int]"]


def _columns(rows: list[tuple[int, ...]]) -> Columns:
    uids, marks, modseqs, bodies, sizes = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return array("I", uids), array("q", marks), array("q", modseqs), array("q", bodies), array("q", sizes)


def _advanced(transaction: Transaction, known: Snapshot) -> Columns:
    """The columns with what changed since; those of uids, bodies and sizes are the same if they can be."""
    gone = {uid for (uid,) in transaction.all(_GONE, known.mailbox, known.modseq)}
    rows = transaction.all(_CHANGED, known.mailbox, known.modseq)
    columns: Columns = (known.uids, known.flags[:], known.modseqs[:], known.bodies, known.sizes)
    if gone:
        kept = [uid not in gone for uid in known.uids]
        columns = _each(columns, lambda column: array(column.typecode, compress(column, kept)))
    last = columns[0][-1] if columns[0] else 0
    old = bisect_right(rows, last, key=itemgetter(0))
    for uid, marks, modseq, _, _ in rows[:old]:
        at = bisect_left(columns[0], uid)
        columns[1][at], columns[2][at] = marks, modseq
    if old < len(rows):
        new = _columns(rows[old:])
        columns = tuple(column + more for column, more in zip(columns, new, strict=True))  # type: ignore[assignment]
    return columns


def _each(columns: Columns, change: Callable[[array[int]], array[int]]) -> Columns:
    uids, marks, modseqs, bodies, sizes = map(change, columns)
    return uids, marks, modseqs, bodies, sizes
