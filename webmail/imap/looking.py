"""The selected mailbox looked at anew: what the store holds now, and who is first to hear of its messages."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress

from webmail.errors import NotFound, OverQuota
from webmail.imap.selected import Manner, Selected
from webmail.store import acl, messages
from webmail.store.acl import Who
from webmail.store.snapshot import Snapshot, emptied
from webmail.store.transaction import Transaction


async def look(selected: Selected, who: Who) -> Snapshot:
    """The mailbox as it is now; notes what rights to it there are now."""
    selected.rights, snapshot = await selected.account.read(seen, selected, who)
    return snapshot


def seen(transaction: Transaction, selected: Selected, who: Who) -> tuple[str, Snapshot]:
    """The rights to the mailbox, and its messages.

    One that somebody deleted, or that may not be read any more, is as if all its messages were expunged.
    """
    try:
        snapshot = selected.account.snapshots.of(transaction, selected.mailbox)
    except NotFound:
        return selected.rights, _emptied(selected)
    rights = acl.rights(transaction, selected.mailbox, who)
    return rights, snapshot if acl.READ in rights else _emptied(selected)


def _emptied(selected: Selected) -> Snapshot:
    return emptied(selected.snapshot) if selected.snapshot.uids else selected.snapshot


async def claim_recent(selected: Selected, new: Snapshot, manner: Manner) -> None:
    r"""Take the messages that came as \Recent for this client, if no other has (RFC 3501, 2.3.2)."""
    known = selected.snapshot.uids[-1] if selected.snapshot.uids else 0
    if selected.readonly or not manner.recent or not new.uids or new.uids[-1] <= known:
        return
    await take_recent(selected, new)


async def take_recent(selected: Selected, new: Snapshot) -> None:
    r"""The same of all messages. With a full disk nobody is told of them as \Recent, but they are told."""
    with suppress(OverQuota):
        first = await selected.account.note(messages.claim_recent, selected.mailbox, new.uids[-1])
        selected.recent.update(new.uids[bisect_left(new.uids, first) :])
