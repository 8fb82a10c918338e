"""Changes to the selected mailbox by somebody whose rights may have been taken away since they looked.

A client hears of that at its next look at the mailbox; what it asks for before is decided here, in the
transaction that does it.
"""

from __future__ import annotations

from collections.abc import Sequence

from webmail.imap.selected import Selected
from webmail.store import acl, messages
from webmail.store.acl import Who
from webmail.store.transaction import Transaction


def expunge(transaction: Transaction, box: Selected, who: Who, uids: Sequence[int] | None = None) -> None:
    r"""Expunge what is \Deleted, of these messages or of all. Raises NotAllowed, NotFound."""
    acl.require(transaction, box.mailbox, who, "e")
    if uids is None:
        messages.expunge_all(transaction, box.mailbox)
    else:
        messages.expunge(transaction, box.mailbox, uids)


def remove(transaction: Transaction, box: Selected, who: Who, uids: Sequence[int]) -> tuple[int, ...]:
    """Take away what was moved or replaced; the uids that are gone. Raises NotAllowed, NotFound."""
    acl.require(transaction, box.mailbox, who, "te")
    return messages.remove(transaction, box.mailbox, uids)
