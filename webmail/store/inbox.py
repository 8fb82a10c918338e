"""INBOX renamed: it cannot go, so its messages do (RFC 9051, 6.3.6)."""

from __future__ import annotations

from webmail.store import mailboxes, messages
from webmail.store.mailboxes import INBOX, Mailbox
from webmail.store.transaction import Transaction


def empty_into(transaction: Transaction, new: str) -> Mailbox:
    """Make a mailbox and move all messages of INBOX into it; what is below INBOX stays.

    INBOX keeps its MAILBOXID and UIDVALIDITY, as RFC 8474, 4 wants it: clients that have it open are told
    of expunges. Raises AlreadyExists, BadRequest, NotAllowed.
    """
    inbox, made = mailboxes.get(transaction, INBOX), mailboxes.create(transaction, new)
    uids = transaction.all("SELECT uid FROM message WHERE mailbox = ?", inbox.id)
    messages.move(transaction, inbox.id, [uid for (uid,) in uids], made.id)
    return made
