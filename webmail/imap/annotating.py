"""Annotations of mailboxes and of the server: GETMETADATA and SETMETADATA (RFC 5464)."""

from __future__ import annotations

from webmail.errors import NotAllowed, TooBig
from webmail.i18n import N_
from webmail.imap import names
from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.store import acl, expiry, metadata
from webmail.store.acl import Who
from webmail.store.transaction import Transaction
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_rights import GetMetadata, SetMetadata


# RFC 5464, 4.2
async def getmetadata(session: Session, asked: GetMetadata) -> Ok:
    if asked.mailbox:
        account, name = await names.locate(session, asked.mailbox)
    else:
        account, name = session.own, ""
    found = await account.read(_found, name, session.who, asked)
    most = asked.max_size
    fitting = {
        entry: value for entry, value in found.items() if most is None or value is None or len(value) <= most
    }
    longest = max(
        (len(value) for entry, value in found.items() if value is not None and entry not in fitting),
        default=0,
    )
    if fitting:
        session.say(said.metadata(asked.mailbox, fitting.items(), utf8=session.utf8))
    return Ok("That is all.", codes.longentries(longest) if longest else b"")


def _found(transaction: Transaction, name: str, who: Who, asked: GetMetadata) -> dict[str, bytes | None]:
    """The entries asked for; one that has no value is None, what is below it is left out then."""
    mailbox = _mailbox(transaction, name, who, "r")
    found: dict[str, bytes | None] = {}
    for entry in asked.entries:
        values = metadata.found(transaction, mailbox, who.uid, entry, asked.depth)
        found.update(values)
        found.setdefault(entry, None)
    return found


# RFC 5464, 4.3
async def setmetadata(session: Session, asked: SetMetadata) -> Ok:
    if asked.mailbox:
        account, name = await names.locate(session, asked.mailbox)
    else:
        account, name = session.own, ""
    try:
        await account.write(_set, name, session.who, asked)
    except TooBig:
        raise No(N_("An annotation that is too long."), codes.metadata_maxsize(metadata.MAX_VALUE)) from None
    except metadata.TooMany:
        raise No(N_("There are too many annotations."), codes.TOOMANY) from None
    return Ok("Done.")


def _set(transaction: Transaction, name: str, who: Who, asked: SetMetadata) -> None:
    """Private entries are everybody's own; shared ones take the right to write (RFC 5464, 3.3)."""
    shared = any(entry.startswith("/shared/") for entry, _ in asked.values)
    if who.uid == acl.ANONYMOUS or (shared and not name and not who.admin):
        raise NotAllowed
    expires = any(entry == expiry.ENTRY for entry, _ in asked.values)  # what it says goes away by itself
    mailbox = _mailbox(transaction, name, who, ("rwte" if expires else "rw") if shared else "r")
    metadata.change(transaction, mailbox, who.uid, dict(asked.values))


def _mailbox(transaction: Transaction, name: str, who: Who, needed: str) -> int:
    return acl.entered(transaction, name, who, needed)[0].id if name else metadata.SERVER
