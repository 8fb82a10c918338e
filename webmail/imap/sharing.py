"""Who may do what with a mailbox: the commands of ACL (RFC 4314)."""

from __future__ import annotations

from webmail.imap import names
from webmail.imap.answers import Ok
from webmail.imap.session import Session
from webmail.store import acl
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.transaction import Transaction
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_rights import Acl, SetAcl, with_obsolete

ADMINISTER = "a"
MAX_RECORDED = 10  # times; who changes rights meanwhile writes the index, too


# RFC 4314, 3.1
async def setacl(session: Session, asked: SetAcl) -> Ok:
    account, name = await names.locate(session, asked.mailbox)
    identifiers = await account.write(_set, name, session.who, asked)
    await _record(session, account, identifiers)
    return Ok("Done.")


def _set(transaction: Transaction, name: str, who: Who, asked: SetAcl) -> set[str]:
    mailbox, _ = acl.entered(transaction, name, who, ADMINISTER)
    acl.change(transaction, mailbox.id, asked.identifier, asked.how, asked.rights)
    return acl.identifiers(transaction)


# RFC 4314, 3.2
async def deleteacl(session: Session, asked: Acl) -> Ok:
    account, name = await names.locate(session, asked.mailbox)
    identifiers = await account.write(_remove, name, session.who, asked.identifier)
    await _record(session, account, identifiers)
    return Ok("Done.")


def _remove(transaction: Transaction, name: str, who: Who, identifier: str) -> set[str]:
    mailbox, _ = acl.entered(transaction, name, who, ADMINISTER)
    acl.remove(transaction, mailbox.id, identifier)
    return acl.identifiers(transaction)


async def _record(session: Session, account: Account, identifiers: set[str]) -> None:
    """Look again behind it: of two who change rights at once the one who writes last may know less."""
    for _ in range(MAX_RECORDED):
        await session.context.shares.record(account.uid, identifiers)
        known, identifiers = identifiers, await account.read(acl.identifiers)
        if known == identifiers:
            return


# RFC 4314, 3.3
async def getacl(session: Session, name: str) -> Ok:
    account, inner = await names.locate(session, name)
    entries = await account.read(_entries, inner, session.who)
    shown = [(identifier, with_obsolete(rights)) for identifier, rights in entries.items()]
    session.say(said.acl(name, shown, utf8=session.utf8))
    return Ok("That is all.")


def _entries(transaction: Transaction, name: str, who: Who) -> dict[str, str]:
    mailbox, _ = acl.entered(transaction, name, who, ADMINISTER)
    return acl.entries(transaction, mailbox.id)


# RFC 4314, 3.4
async def listrights(session: Session, asked: Acl) -> Ok:
    account, inner = await names.locate(session, asked.mailbox)
    await account.read(acl.entered, inner, session.who, ADMINISTER)
    owner = asked.identifier == account.uid
    required = acl.ALWAYS if owner else ""
    optional = [right for right in with_obsolete(acl.RIGHTS) if right not in required]
    session.say(said.listrights(asked.mailbox, asked.identifier, required, optional, utf8=session.utf8))
    return Ok("That is all.")


# RFC 4314, 3.5
async def myrights(session: Session, name: str) -> Ok:
    account, inner = await names.locate(session, name)
    _, rights = await account.read(acl.entered, inner, session.who, "l")
    session.say(said.myrights(name, with_obsolete(rights), utf8=session.utf8))
    return Ok("That is all.")
