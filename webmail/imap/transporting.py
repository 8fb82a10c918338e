"""Messages copied from one account into another: bodies are read and received anew."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from webmail.disk import in_thread
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.notify import Event
from webmail.store import acl, bodies, columns, flags, messages, quota
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.arrival import Arrival
from webmail.store.delivery import Received, deliver
from webmail.store.messages import Placed
from webmail.store.transaction import Transaction

BATCH = 50  # messages under way at once; each holds a file open


async def transport(
    session: Session, box: Selected, uids: Sequence[int], account: Account, name: str
) -> Placed:
    """Copy messages of the selected mailbox; in order, so that a failure leaves the first ones copied."""
    sizes = [box.snapshot.sizes[at] for uid in uids if (at := box.snapshot.index(uid)) is not None]
    await account.read(quota.require_room, len(sizes), sum(sizes))
    placed = Placed(0, ())
    for start in range(0, len(uids), BATCH):
        part = await _batch(session, box, uids[start : start + BATCH], account, name)
        placed = Placed(part.uidvalidity, placed.uids + part.uids, placed.sources + part.sources)
    return placed


async def _batch(session: Session, box: Selected, uids: Sequence[int], account: Account, name: str) -> Placed:
    sources = await box.account.read(_sources, box, uids, session.who)
    received: dict[int, Received] = {}
    try:
        for source in sources:
            with suppress(FileNotFoundError):  # expunged meanwhile
                received[source.uid] = await in_thread(_received, account.place, box.account.place, source)
    except BaseException:
        for each in received.values():
            each.incoming.drop()
        raise
    work = partial(place, name=name, who=session.who, event=Event.CopyMsg)
    placed = await deliver(account, [*received.values()], work)
    return Placed(placed.uidvalidity, placed.uids, tuple(received))


@dataclass(frozen=True, slots=True)
class _Source:
    """A message that is to be copied; the rest as of Received."""

    uid: int
    file: str
    flags: tuple[str, ...]
    internaldate: int
    zone: int
    submitter: str | None


def _sources(transaction: Transaction, box: Selected, uids: Sequence[int], who: Who) -> list[_Source]:
    """Those of the messages that are there. Raises NotAllowed."""
    acl.require(transaction, box.mailbox, who, acl.READ)
    keywords = flags.load(transaction, box.mailbox)
    names = ("file", "flags", "internaldate", "zone", "submitter")
    return [
        _Source(uid, file, tuple(keywords.flags(bits)), *rest)
        for uid, file, bits, *rest in columns.rows(transaction, box.mailbox, uids, names)
    ]


def _received(target: Path, place: Path, source: _Source) -> Received:
    """Raises FileNotFoundError, OverQuota."""
    incoming = bodies.receive_from(target, bodies.body_path(place, source.file))
    return Received(incoming, source.flags, source.internaldate, source.zone, source.submitter)


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
