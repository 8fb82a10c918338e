"""Messages copied from one account into another: bodies are read and received anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from webmail.disk import in_thread
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.notify import Event
from webmail.store import acl, bodies, columns, flags, messages
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.arrival import Arrival
from webmail.store.delivery import Received, deliver
from webmail.store.messages import Placed
from webmail.store.transaction import Row, Transaction

BATCH = 50  # messages under way at once; each holds a file open


async def transport(
    session: Session, box: Selected, uids: Sequence[int], account: Account, name: str
) -> Placed:
    """Copy messages of the selected mailbox; in order, so that a failure leaves the first ones copied."""
    placed = Placed(0, ())
    for start in range(0, len(uids), BATCH):
        part = await _batch(session, box, uids[start : start + BATCH], account, name)
        placed = Placed(part.uidvalidity, placed.uids + part.uids, placed.sources + part.sources)
    return placed


async def _batch(session: Session, box: Selected, uids: Sequence[int], account: Account, name: str) -> Placed:
    rows = await box.account.read(_sources, box, uids, session.who)
    present = [uid for uid in uids if uid in rows]
    names = await box.account.read(_flags, box.mailbox, present)
    received: list[Received] = []
    try:
        for uid in present:
            file, internaldate, zone, submitter = rows[uid]
            incoming = await in_thread(
                bodies.receive_from, account.place, bodies.body_path(box.account.place, file)
            )
            received.append(Received(incoming, names[uid], internaldate, zone, submitter))
    except BaseException:
        for each in received:
            each.incoming.drop()
        raise
    placed = await deliver(account, received, partial(place, name=name, who=session.who, event=Event.CopyMsg))
    return Placed(placed.uidvalidity, placed.uids, tuple(present))


def _sources(transaction: Transaction, box: Selected, uids: Sequence[int], who: Who) -> dict[int, Row]:
    """Of each message its body, date, zone and submitter. Raises NotAllowed."""
    acl.require(transaction, box.mailbox, who, acl.READ)
    return columns.read(transaction, box.mailbox, uids, ("file", "internaldate", "zone", "submitter"))


def _flags(transaction: Transaction, mailbox: int, uids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    keywords = flags.load(transaction, mailbox)
    rows = columns.read(transaction, mailbox, uids, ("flags",))
    return {uid: tuple(keywords.flags(bits)) for uid, (bits,) in rows.items()}


def place(
    transaction: Transaction,
    arrivals: list[Arrival],
    *,
    name: str,
    who: Who,
    event: Event = Event.UpdateMsg,
    bypass_quota: bool = False,
) -> Placed:
    """Put messages into a mailbox for somebody who may insert there, with the flags that they may set."""
    target, rights = acl.entered(transaction, name, who, acl.INSERT)
    allowed = [replace(arrival, flags=acl.settable(arrival.flags, rights)) for arrival in arrivals]
    return messages.append(transaction, target.id, allowed, event=event, bypass_quota=bypass_quota)
