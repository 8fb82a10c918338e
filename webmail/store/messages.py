"""Messages of a mailbox: delivered, flagged, copied, moved, expunged; each call is one change."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webmail.errors import OverQuota
from webmail.i18n import N_
from webmail.notify import Event
from webmail.store import flags as marks
from webmail.store import mailboxes, quota, vanished
from webmail.store.arrival import Arrival, insert_body
from webmail.store.flags import How, Keywords
from webmail.store.mailboxes import Mailbox
from webmail.store.sweep import release
from webmail.store.transaction import Row, Transaction

MAX_UID = 2**32 - 1
MAX_COPIED = 1_000_000  # messages of a mailbox; a few commands could double it to more than memory holds


@dataclass(frozen=True, slots=True)
class Placed:
    """Where messages went (RFC 4315): uids in the order of what was given."""

    uidvalidity: int
    uids: tuple[int, ...]
    sources: tuple[int, ...] = ()  # of a copy: the uids that were copied, in the same order


@dataclass(frozen=True, slots=True)
class Flagged:
    """What STORE did: the uids that had changed since and were left alone; the flags given, as bits."""

    modified: tuple[int, ...]
    bits: int


def append(
    transaction: Transaction,
    mailbox: int,
    arrivals: Sequence[Arrival],
    *,
    event: Event = Event.UpdateMsg,
    bypass_quota: bool = False,
) -> Placed:
    """Put settled messages into a mailbox, all or none. Raises NotFound, OverQuota, NotAllowed (keywords)."""
    target = mailboxes.by_id(transaction, mailbox)
    size = sum(arrival.size for arrival in arrivals)
    quota.require_room(transaction, len(arrivals), size, bypass=bypass_quota)
    keywords = marks.learned(transaction, mailbox, (flag for arrival in arrivals for flag in arrival.flags))
    rows = [
        (
            insert_body(transaction, arrival),
            keywords.bits(arrival.flags),
            arrival.internaldate,
            arrival.zone,
            arrival.size,
        )
        for arrival in arrivals
    ]
    placed = place(transaction, target, rows)
    transaction.tell(event, target.name, target.id)
    return placed


def place(transaction: Transaction, target: Mailbox, rows: Sequence[Row]) -> Placed:
    """Rows of body, flags, internaldate, zone and size get the mailbox's next uids."""
    first, modseq, now = target.uidnext, transaction.modseq(), int(time.time())
    uids = range(first, first + len(rows))
    if uids.stop > MAX_UID:
        raise OverflowError("the mailbox has given all its uids")
    transaction.do_each(
        "INSERT INTO message (mailbox, uid, body, flags, modseq, internaldate, zone, saved, size)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (target.id, uid, body, flags, modseq, internaldate, zone, now, size)
            for uid, (body, flags, internaldate, zone, size) in zip(uids, rows, strict=True)
        ],
    )
    transaction.do("UPDATE mailbox SET uidnext = ?, modseq = ? WHERE id = ?", uids.stop, modseq, target.id)
    _count(transaction, target.id, [(flags, size) for _, flags, _, _, size in rows], 1)
    return Placed(target.uidvalidity, tuple(uids))


def _count(transaction: Transaction, mailbox: int, messages: Sequence[tuple[int, int]], sign: int) -> None:
    """Add or take away messages, given as flags and size, in the counters of mailbox and account."""
    number, size = len(messages), sum(size for _, size in messages)
    unseen = sum(not flags & marks.SEEN for flags, _ in messages)
    deleted = [size for flags, size in messages if flags & marks.DELETED]
    transaction.do(
        "UPDATE mailbox SET messages = messages + ?, bytes = bytes + ?, unseen = unseen + ?,"
        " deleted = deleted + ?, deleted_bytes = deleted_bytes + ? WHERE id = ?",
        sign * number, sign * size, sign * unseen, sign * len(deleted), sign * sum(deleted), mailbox,
    )  # fmt: skip
    before = quota.usage(transaction)
    transaction.do(
        "UPDATE account SET messages = messages + ?, bytes = bytes + ?", sign * number, sign * size
    )
    if (now := quota.usage(transaction)).full != before.full:
        transaction.tell(Event.OverQuota if now.full else Event.UnderQuota, "", 0)


_CHOSEN = """
SELECT uid, body, flags, modseq, internaldate, zone, size FROM message
WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY uid
"""


def _chosen(transaction: Transaction, mailbox: int, uids: Iterable[int]) -> list[Row]:
    return transaction.all(_CHOSEN, mailbox, json.dumps(list(uids)))


def store(
    transaction: Transaction,
    mailbox: int,
    uids: Iterable[int],
    how: How,
    flags: Sequence[str],
    *,
    unchanged_since: int | None = None,
    untouchable: int = 0,
) -> Flagged:
    """Change the flags of messages. `untouchable`: bits that stay as they are, for who may not set them.

    Raises NotFound (the mailbox), NotAllowed (too many keywords).
    """
    target = mailboxes.by_id(transaction, mailbox)
    keywords = (
        marks.load(transaction, mailbox) if how is How.REMOVE else marks.learned(transaction, mailbox, flags)
    )
    bits = keywords.bits(flags)
    modified: list[int] = []
    changes: list[tuple[int, int, int, int]] = []  # uid, before, after, size
    for uid, _body, before, modseq, _date, _zone, size in _chosen(transaction, mailbox, uids):
        if unchanged_since is not None and modseq > unchanged_since:
            modified.append(uid)
            continue
        after = marks.changed(before, how, bits) & ~untouchable | before & untouchable
        if after != before:
            changes.append((uid, before, after, size))
    if changes:
        _flag(transaction, target, changes)
    return Flagged(tuple(modified), bits)


def _flag(transaction: Transaction, target: Mailbox, changes: list[tuple[int, int, int, int]]) -> None:
    modseq = transaction.modseq()
    transaction.do_each(
        "UPDATE message SET flags = ?, modseq = ? WHERE mailbox = ? AND uid = ?",
        [(after, modseq, target.id, uid) for uid, _, after, _ in changes],
    )
    unseen = deleted = octets = 0
    for _, before, after, size in changes:
        unseen += bool(before & marks.SEEN) - bool(after & marks.SEEN)
        more = bool(after & marks.DELETED) - bool(before & marks.DELETED)
        deleted, octets = deleted + more, octets + more * size
    transaction.do(
        "UPDATE mailbox SET modseq = ?, unseen = unseen + ?, deleted = deleted + ?,"
        " deleted_bytes = deleted_bytes + ? WHERE id = ?",
        modseq, unseen, deleted, octets, target.id,
    )  # fmt: skip
    for event in _events(changes):
        transaction.tell(event, target.name, target.id)


def _events(changes: list[tuple[int, int, int, int]]) -> list[Event]:
    gained = 0
    for _, before, after, _ in changes:
        gained |= after & ~before
    events = [Event.MsgFlags]
    if gained & marks.SEEN:
        events.append(Event.ReadMsg)
    if gained & marks.DELETED:
        events.append(Event.TrashMsg)
    return events


def expunge(
    transaction: Transaction, mailbox: int, uids: Iterable[int], *, event: Event = Event.ExpungeMsg
) -> tuple[int, ...]:
    r"""Remove those of the messages that are \Deleted; the uids that are gone. Raises NotFound."""
    rows = [row for row in _chosen(transaction, mailbox, uids) if row[2] & marks.DELETED]
    return _remove(transaction, mailboxes.by_id(transaction, mailbox), rows, event)


def expunge_all(transaction: Transaction, mailbox: int) -> tuple[int, ...]:
    r"""Remove every message that is \Deleted; the uids that are gone. Raises NotFound."""
    uids = transaction.all("SELECT uid FROM message WHERE mailbox = ? AND flags & ?", mailbox, marks.DELETED)
    return expunge(transaction, mailbox, [uid for (uid,) in uids])


def remove(
    transaction: Transaction, mailbox: int, uids: Iterable[int], event: Event = Event.ExpungeMsg
) -> tuple[int, ...]:
    """Remove messages whatever their flags are, as MOVE and expiry do."""
    return _remove(
        transaction, mailboxes.by_id(transaction, mailbox), _chosen(transaction, mailbox, uids), event
    )


def _remove(transaction: Transaction, source: Mailbox, rows: list[Row], event: Event) -> tuple[int, ...]:
    if not rows:
        return ()
    modseq = transaction.modseq()
    uids = tuple(row[0] for row in rows)
    transaction.do_each(
        "DELETE FROM message WHERE mailbox = ? AND uid = ?", [(source.id, uid) for uid in uids]
    )
    transaction.do("UPDATE mailbox SET modseq = ? WHERE id = ?", modseq, source.id)
    _count(transaction, source.id, [(row[2], row[6]) for row in rows], -1)
    release(transaction, [row[1] for row in rows])
    vanished.note(transaction, source.id, uids)
    transaction.tell(event, source.name, source.id)
    return uids


def copy(
    transaction: Transaction, mailbox: int, uids: Iterable[int], target: int, *, untouchable: int = 0
) -> Placed:
    """Copy messages into another mailbox of the account, flags and dates with them; bodies are shared.

    `untouchable`: bits that a copy does not take along. Raises NotFound, OverQuota, NotAllowed (keywords).
    """
    rows = _chosen(transaction, mailbox, uids)
    into = mailboxes.by_id(transaction, target)
    if not rows:
        return Placed(into.uidvalidity, ())
    quota.require_room(transaction, len(rows), sum(row[6] for row in rows))
    if into.messages + len(rows) > MAX_COPIED:
        raise OverQuota(N_("A folder takes copies until it holds {most} messages."), most=MAX_COPIED)
    placed = _place_copies(transaction, mailbox, rows, into, untouchable)
    transaction.tell(Event.CopyMsg, into.name, into.id)
    return placed


def move(
    transaction: Transaction, mailbox: int, uids: Iterable[int], target: int, *, untouchable: int = 0
) -> Placed:
    """Move messages into another mailbox of the account (RFC 6851). Raises as copy; quota does not matter."""
    rows = _chosen(transaction, mailbox, uids)
    into = mailboxes.by_id(transaction, target)
    placed = _place_copies(transaction, mailbox, rows, into, untouchable)
    if rows:
        transaction.tell(Event.CopyMsg, into.name, into.id)
        _remove(transaction, mailboxes.by_id(transaction, mailbox), rows, Event.ExpungeMsg)
    return placed


def _place_copies(
    transaction: Transaction, mailbox: int, rows: list[Row], into: Mailbox, untouchable: int
) -> Placed:
    if not rows:
        return Placed(into.uidvalidity, ())
    translate = _translation(transaction, mailbox, into.id, {row[2] for row in rows}, untouchable)
    placed = place(
        transaction,
        into,
        [(body, translate[flags], date, zone, size) for _, body, flags, _, date, zone, size in rows],
    )
    return Placed(placed.uidvalidity, placed.uids, tuple(row[0] for row in rows))


def _translation(
    transaction: Transaction, source: int, target: int, met: set[int], untouchable: int
) -> dict[int, int]:
    """Flags of one mailbox as bits of another, whose keywords may have other numbers."""
    theirs: Keywords = marks.load(transaction, source)
    named = {bits: theirs.flags(bits & ~untouchable) for bits in met}
    ours = marks.learned(transaction, target, (flag for flags in named.values() for flag in flags))
    return {bits: ours.bits(flags) for bits, flags in named.items()}


def claim_recent(transaction: Transaction, mailbox: int, last: int) -> int:
    r"""Take the messages up to a uid that nobody was told of as \Recent; the first of their uids.

    RFC 3501, 2.3.2.
    """
    row = transaction.one("SELECT recent FROM mailbox WHERE id = ? AND recent <= ?", mailbox, last)
    if row is None:
        return last + 1
    transaction.do("UPDATE mailbox SET recent = ? WHERE id = ?", last + 1, mailbox)
    return int(row[0])
