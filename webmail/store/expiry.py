"""Old messages removed: at once, or by a rule that a mailbox carries as an annotation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from webmail.errors import BadRequest
from webmail.notify import Event
from webmail.store import flags, mailboxes, messages
from webmail.store.account import Account
from webmail.store.mailboxes import Mailbox
from webmail.store.metadata import SHARED
from webmail.store.transaction import Transaction

ENTRY = "/shared/vendor/webmail/expire"  # its value is a number of days, and perhaps `seen` behind it
SEEN = "seen"
DAY = 86_400
BATCH = 500  # messages of a transaction: other writers wait for some ten milliseconds
MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Expiry:
    """Messages go once they have been in the mailbox for so many days; `seen`: only if they were read."""

    days: int
    seen: bool = False


def rule(value: bytes) -> Expiry:
    """What an annotation says. Raises BadRequest."""
    days, *rest = value.decode("ascii", "replace").split() or [""]
    fits = days.isdecimal() and len(days) <= len(str(MAX_DAYS)) and 1 <= int(days) <= MAX_DAYS
    if not fits or rest not in ([], [SEEN]):
        raise BadRequest(f"{ENTRY}: {value[:80]!r} is no number of days, with or without “{SEEN}” behind it")
    return Expiry(int(days), bool(rest))


def rules(transaction: Transaction) -> list[tuple[Mailbox, bytes]]:
    """The mailboxes that carry a rule, and what it says."""
    rows = transaction.all(
        "SELECT mailbox, value FROM metadata WHERE owner = ? AND entry = ? AND value IS NOT NULL"
        " AND mailbox IN (SELECT id FROM mailbox)",
        SHARED,
        ENTRY,
    )
    return [(mailboxes.by_id(transaction, mailbox), value) for mailbox, value in rows]


def due(transaction: Transaction, mailbox: int, expiry: Expiry, now: float) -> list[int]:
    """The uids of what is to go."""
    skipped = 0 if expiry.seen else flags.SEEN  # `flags | skipped` has \\Seen then
    rows = transaction.all(
        "SELECT uid FROM message WHERE mailbox = ? AND saved <= ? AND (flags | ?) & ? ORDER BY uid",
        mailbox, int(now) - expiry.days * DAY, skipped, flags.SEEN,
    )  # fmt: skip
    return [uid for (uid,) in rows]


def expire(account: Account, mailbox: Mailbox, expiry: Expiry) -> int:
    """Remove what is due, in batches; how many there were."""
    uids = account.transact("BEGIN", partial(due, mailbox=mailbox.id, expiry=expiry, now=time.time()))
    return sum(
        account.transact("BEGIN IMMEDIATE", partial(_remove, mailbox=mailbox.id, uids=batch))
        for batch in _batches(uids)
    )


def _remove(transaction: Transaction, mailbox: int, uids: list[int]) -> int:
    return len(messages.remove(transaction, mailbox, uids, Event.PurgeMsg))


def _batches(uids: list[int]) -> Iterator[list[int]]:
    return (uids[start : start + BATCH] for start in range(0, len(uids), BATCH))
