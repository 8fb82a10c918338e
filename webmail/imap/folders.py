"""Mailboxes made, renamed, deleted, subscribed to; and the namespaces that they are in."""

from __future__ import annotations

from webmail.errors import NotAllowed, NotFound
from webmail.i18n import N_
from webmail.imap import names
from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.store import acl, inbox, mailboxes
from webmail.store.acl import Who
from webmail.store.mailboxes import DELIMITER, INBOX, Mailbox
from webmail.store.transaction import Transaction
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_mailbox import Create, Rename
from webmail.wire.imap_replies import Namespace, Namespaces


# RFC 9051, 6.3.4; USE is RFC 6154, 3; MAILBOXID is RFC 8474, 4.2
async def create(session: Session, asked: Create) -> Ok:
    use = _use(asked)
    account, name = await names.locate(session, asked.mailbox.removesuffix(DELIMITER))
    made = await account.write(_create, name, use, session.who)
    return Ok("Created.", codes.mailboxid(made.objectid))


def _use(asked: Create) -> str:
    known = {use.lower(): use for use in mailboxes.USES}
    uses = [known.get(use.lower(), "") for use in asked.use]
    if len(uses) > 1 or not all(uses):
        raise No(N_("A folder cannot have this use."), b"USEATTR")
    return uses[0] if uses else ""


def _create(transaction: Transaction, name: str, use: str, who: Who) -> Mailbox:
    _require_creating(transaction, name, who)
    name = mailboxes.checked(name)
    mailboxes.create_above(transaction, name)
    return mailboxes.create(transaction, name, use)


def _require_creating(transaction: Transaction, name: str, who: Who) -> None:
    """Raises NotAllowed for who may not make mailboxes there (RFC 4314, 4).

    NotFound for who sees nothing of that account, as if there were none.
    """
    if who.admin or who.owns(transaction.uid):
        return
    if parent := mailboxes.nearest_above(transaction, name):
        acl.entered(transaction, parent.name, who, "k")
        return
    if any("l" in held for held in acl.of_all(transaction, who).values()):
        raise NotAllowed
    raise NotFound(N_("There is no folder of that name."))


# RFC 9051, 6.3.5
async def delete(session: Session, name: str) -> Ok:
    account, inner = await names.locate(session, name)
    await account.write(_delete, inner, session.who)
    return Ok("Deleted.")


def _delete(transaction: Transaction, name: str, who: Who) -> None:
    acl.entered(transaction, name, who, "x")
    mailboxes.delete(transaction, name)


# RFC 9051, 6.3.6
async def rename(session: Session, asked: Rename) -> Ok:
    new = names.resolve(session, asked.new.removesuffix(DELIMITER))
    if names.resolve(session, asked.mailbox).owner != new.owner:  # whoever there is
        raise NotAllowed(N_("A folder cannot be moved to somebody else."))
    account, name = await names.locate(session, asked.mailbox)
    await account.write(_rename, name, new.name, session.who)
    return Ok("Renamed.")


def _rename(transaction: Transaction, name: str, new: str, who: Who) -> None:
    source, _ = acl.entered(transaction, name, who, "rte" if mailboxes.canonical(name) == INBOX else "x")
    _require_creating(transaction, new, who)
    new = mailboxes.checked(new)
    if not new.startswith(source.name + DELIMITER):
        mailboxes.create_above(transaction, new)
    if source.name == INBOX:
        inbox.empty_into(transaction, new)
    else:
        mailboxes.rename(transaction, source.name, new)


# RFC 9051, 6.3.7
async def subscribe(session: Session, name: str) -> Ok:
    """Only to what is there: clients would show names that lead nowhere."""
    account, inner = await names.locate(session, name)
    await account.read(acl.entered, inner, session.who, "l")
    await session.write(mailboxes.subscribe, name)
    return Ok("Subscribed.")


# RFC 9051, 6.3.8
async def unsubscribe(session: Session, name: str) -> Ok:
    await session.write(mailboxes.unsubscribe, name)
    return Ok("Unsubscribed.")


# RFC 9051, 6.3.10
async def namespace(session: Session, _asked: None) -> Ok:
    def one(prefix: str) -> tuple[Namespace, ...]:
        return (Namespace(prefix, DELIMITER),)

    spaces = Namespaces(one(""), one(names.OTHERS), one(names.SHARED))
    session.say(said.namespace(spaces, utf8=session.utf8))
    return Ok("That is all.")
