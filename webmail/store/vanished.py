"""The uids that were expunged from a mailbox, remembered for clients that come back (QRESYNC)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction
from webmail.wire.imap_sets import SequenceSet, common, runs

MOST = 100_000  # uids of a mailbox that are remembered; older ones are told by what is left


def note(transaction: Transaction, mailbox: int, uids: Iterable[int]) -> None:
    """They are gone, with the mod-sequence of this change."""
    modseq = transaction.modseq()
    transaction.do_each("INSERT INTO expunged VALUES (?, ?, ?)", [(mailbox, uid, modseq) for uid in uids])
    forget(transaction, mailbox)


def forget(transaction: Transaction, mailbox: int, most: int = MOST) -> None:
    """Keep what is remembered in bounds; `mailbox.forgotten` says from where on it is whole."""
    row = transaction.one(
        "SELECT modseq FROM expunged WHERE mailbox = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?", mailbox, most
    )
    if row:
        transaction.do("DELETE FROM expunged WHERE mailbox = ? AND modseq <= ?", mailbox, row[0])
        transaction.do("UPDATE mailbox SET forgotten = ? WHERE id = ?", row[0], mailbox)


_SINCE = "SELECT uid FROM expunged WHERE mailbox = ? AND modseq > ? AND modseq <= ? ORDER BY uid"


# RFC 7162, 3.2.5.1 and 3.2.6
def since(
    transaction: Transaction, snapshot: Snapshot, modseq: int, uids: SequenceSet | None = None
) -> SequenceSet:
    """The uids, of these or of all, that were expunged after that mod-sequence and before the snapshot.

    Where that is forgotten: all that the mailbox does not have.
    """
    forgotten = transaction.one("SELECT forgotten FROM mailbox WHERE id = ?", snapshot.mailbox)
    if forgotten and modseq >= forgotten[0]:
        rows = transaction.all(_SINCE, snapshot.mailbox, modseq, snapshot.modseq)
        gone = SequenceSet(tuple(runs([uid for (uid,) in rows])))
    else:
        gone = _gaps(snapshot)
    return gone if uids is None else common(gone, uids.resolve(snapshot.uidnext - 1))


def _gaps(snapshot: Snapshot) -> SequenceSet:
    """The uids that were given and are not there."""
    there = [(0, 0), *runs(snapshot.uids), (snapshot.uidnext, snapshot.uidnext)]
    return SequenceSet(
        tuple((before + 1, after - 1) for (_, before), (after, _) in pairwise(there) if before + 1 < after)
    )
