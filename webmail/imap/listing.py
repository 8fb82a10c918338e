"""Which mailboxes there are, and what is in them: LIST, LSUB, STATUS."""

from __future__ import annotations

from collections.abc import Iterable

from webmail.disk import in_thread
from webmail.errors import NotFound
from webmail.imap import hierarchy, names
from webmail.imap.answers import Ok
from webmail.imap.picture import Entry
from webmail.imap.session import Session
from webmail.store import acl, mailboxes
from webmail.store.acl import ANYONE, Who
from webmail.store.mailboxes import DELIMITER, Mailbox
from webmail.store.transaction import Transaction
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_list import Listing
from webmail.wire.imap_ask_mailbox import StatusItems
from webmail.wire.imap_ask_rights import with_obsolete


# RFC 9051, 6.3.9; RFC 5258
async def list_(session: Session, asked: Listing) -> Ok:
    if asked.patterns == ("",) and not asked.extended:
        session.say(said.list_("", DELIMITER, ("\\Noselect",), utf8=session.utf8))
        return Ok("That is the delimiter.")
    if "HIGHESTMODSEQ" in asked.status:
        session.enable("CONDSTORE")
    chosen = await in_thread(hierarchy.chosen, asked, *await _entries(session, asked))
    await session.say_each(line for entry in chosen for line in _answer(session, asked, entry))
    return Ok("That is all.")


# RFC 3501, 6.3.9
async def lsub(session: Session, asked: Listing) -> Ok:
    subscribed = await session.read(mailboxes.subscriptions)
    told = await in_thread(hierarchy.subscriptions, asked, subscribed)
    await session.say_each(
        said.lsub(name, DELIMITER, () if itself else ("\\Noselect",), utf8=session.utf8)
        for name, itself in told
    )
    return Ok("That is all.")


# RFC 9051, 6.3.11
async def status(session: Session, asked: StatusItems) -> Ok:
    if "HIGHESTMODSEQ" in asked.items:
        session.enable("CONDSTORE")
    account, name = await names.locate(session, asked.mailbox)
    mailbox, recent = await account.read(_counted, name, session.who)
    session.say(status_line(session, asked.mailbox, mailbox, recent, asked.items))
    return Ok("That is all.")


def _counted(transaction: Transaction, name: str, who: Who) -> tuple[Mailbox, int]:
    mailbox, _ = acl.entered(transaction, name, who, "r")
    return mailbox, mailboxes.recent(transaction, mailbox)


def status_line(session: Session, name: str, mailbox: Mailbox, recent: int, items: Iterable[str]) -> bytes:
    """RFC 9051, 7.3.4."""
    values: dict[str, int | str | None] = {
        "MESSAGES": mailbox.messages,
        "RECENT": recent,
        "UIDNEXT": mailbox.uidnext,
        "UIDVALIDITY": mailbox.uidvalidity,
        "UNSEEN": mailbox.unseen,
        "DELETED": mailbox.deleted,
        "SIZE": mailbox.bytes,
        "HIGHESTMODSEQ": mailbox.modseq,
        "APPENDLIMIT": session.context.current().imap.maxmessagesize,
        "MAILBOXID": mailbox.objectid,
        "DELETED-STORAGE": mailbox.deleted_bytes // 1024,
    }
    return said.status(name, {item: values[item] for item in items}, utf8=session.utf8)


async def _entries(session: Session, asked: Listing) -> tuple[list[Entry], list[str]]:
    """The mailboxes that this user may see and that may be asked for; the names they are subscribed to."""
    entries, subscribed = await session.read(of_account, session.who, with_subscriptions=True)
    if any(_reaches_shared(asked.reference + pattern) for pattern in asked.patterns):
        entries += await _shared(session)
    return entries, subscribed


def _reaches_shared(pattern: str) -> bool:
    """Whether a pattern can match names of other namespaces; looking there costs more than at home."""
    fixed = pattern.replace("%", "*").partition("*")[0]
    return names.SHARED.startswith(fixed) or fixed.startswith(names.SHARED)


def of_account(
    transaction: Transaction, who: Who, *, with_subscriptions: bool = False
) -> tuple[list[Entry], list[str]]:
    rights = acl.of_all(transaction, who)
    entries = [
        Entry(each.name, each, transaction.uid, rights[each.id], mailboxes.recent(transaction, each))
        for each in mailboxes.all_of(transaction)
        if "l" in rights[each.id]
    ]
    return entries, mailboxes.subscriptions(transaction) if with_subscriptions else []


async def _shared(session: Session) -> list[Entry]:
    """The mailboxes of others that this user may see."""
    who = session.who
    found: list[Entry] = []
    for owner in await session.context.shares.owners((who.uid, ANYONE)):
        if owner == who.uid:
            continue
        try:
            account = await session.context.store.known(owner)
        except NotFound:  # the index lags: whose account it was is gone
            continue
        entries, _ = await account.read(of_account, Who(who.uid))
        for entry in entries:
            entry.name = names.shown(session, owner, entry.name)
        found += entries
    return found


def _answer(session: Session, asked: Listing, entry: Entry) -> list[bytes]:
    lines = [
        said.list_(
            entry.name,
            DELIMITER,
            _attributes(asked, entry),
            child_info=sorted(entry.child_info),
            utf8=session.utf8,
        )
    ]
    if entry.mailbox is not None and "MYRIGHTS" in asked.returns:
        lines.append(said.myrights(entry.name, with_obsolete(entry.rights), utf8=session.utf8))
    if entry.mailbox is not None and asked.status and "r" in entry.rights:
        lines.append(status_line(session, entry.name, entry.mailbox, entry.recent, asked.status))
    return lines


def _attributes(asked: Listing, entry: Entry) -> list[str]:
    attributes = [] if entry.mailbox else ["\\NonExistent"]
    if not entry.mailbox and not asked.extended:
        attributes.append("\\Noselect")  # for who does not know that the other implies it (RFC 5258, 3)
    attributes.append("\\HasChildren" if entry.children else "\\HasNoChildren")
    if entry.subscribed and ("SUBSCRIBED" in asked.returns or "SUBSCRIBED" in asked.select):
        attributes.append("\\Subscribed")
    if entry.mailbox is not None and entry.mailbox.use:
        attributes.append(entry.mailbox.use)
    return attributes
