"""Opening and leaving mailboxes."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress

from webmail.errors import NotAllowed, NotFound
from webmail.i18n import N_
from webmail.imap import names, permitted
from webmail.imap.answers import Ok
from webmail.imap.looking import look, take_recent
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.store import acl, flags, quota, vanished
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.mailboxes import DELIMITER, Mailbox
from webmail.store.quota import Usage
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction
from webmail.wire import ProtocolError
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_mailbox import Known, Select
from webmail.wire.imap_sets import indexes

WRITE = frozenset("iwste")  # any of these and a mailbox is open for writing (RFC 4314, 5.2)


# RFC 9051, 6.3.2; CONDSTORE and QRESYNC are RFC 7162, 3.1.8 and 3.2.5
async def select(session: Session, asked: Select) -> Ok:
    return await _open(session, asked, examine=False)


# RFC 9051, 6.3.3
async def examine(session: Session, asked: Select) -> Ok:
    return await _open(session, asked, examine=True)


async def _open(session: Session, asked: Select, *, examine: bool) -> Ok:
    if asked.qresync is not None and "QRESYNC" not in session.enabled:
        raise ProtocolError("QRESYNC has to be enabled")
    leave(session)
    account, name = await names.locate(session, asked.mailbox)
    if asked.condstore or asked.qresync:
        session.enable("CONDSTORE")
    found, rights, snapshot, used = await account.read(_opened, account, name, session.who)
    readonly = examine or not WRITE & set(rights)
    selected = Selected(account, asked.mailbox, snapshot, readonly=readonly, rights=rights)
    session.selected = selected
    await _greet_recent(session, selected, found)
    session.say(*_described(session, selected, found), *_warned(session, selected, used))
    if asked.qresync is not None and asked.qresync.uidvalidity == snapshot.uidvalidity:
        await _resync(session, selected, asked.qresync)
    return Ok("Opened.", b"READ-ONLY" if readonly else b"READ-WRITE")


def _opened(
    transaction: Transaction, account: Account, name: str, who: Who
) -> tuple[Mailbox, str, Snapshot, Usage]:
    mailbox, rights = acl.entered(transaction, name, who, acl.READ)
    return mailbox, rights, account.snapshots.of(transaction, mailbox.id), quota.usage(transaction)


async def _greet_recent(session: Session, selected: Selected, found: Mailbox) -> None:
    r"""Whoever may write takes the \Recent messages; whoever only looks sees them and leaves them."""
    uids = selected.snapshot.uids
    if not uids or found.recent > uids[-1] or not session.manner.recent:
        return
    if selected.readonly:
        selected.recent.update(uids[bisect_left(uids, found.recent) :])
    else:
        await take_recent(selected, selected.snapshot)


def _described(session: Session, selected: Selected, found: Mailbox) -> list[bytes]:
    snapshot = selected.snapshot
    lines = [*selected.keywords(), *selected.size(session.manner)]
    if session.manner.recent and found.unseen:
        first = next((n for n, bits in enumerate(snapshot.flags, 1) if not bits & flags.SEEN), None)
        lines += [said.ok("The first that is not seen.", codes.unseen(first))] if first else []
    lines += [
        said.ok("UIDs are valid.", codes.uidvalidity(snapshot.uidvalidity)),
        said.ok("The next UID.", codes.uidnext(snapshot.uidnext)),
        said.ok("The newest change.", codes.highestmodseq(snapshot.modseq)),
        said.ok("The same for ever.", codes.mailboxid(found.objectid)),
    ]
    if not session.manner.recent:
        lines.append(said.list_(selected.name, DELIMITER, utf8=session.utf8))
    return lines


# RFC 9051, 7.1: ALERT; when is the manual's store.quotawarn
def _warned(session: Session, selected: Selected, used: Usage) -> list[bytes]:
    """Who has little room left in their account is told, in the words that the original has for it."""
    if selected.account is not session.account or used.percent < session.context.current().store.quotawarn:
        return []
    text = session.translate(N_("Mailbox is at {percent}% of quota")).format(percent=used.percent)
    return [said.no(text, b"ALERT")]


# RFC 7162, 3.2.5.1
async def _resync(session: Session, selected: Selected, known: Known) -> None:
    """What was expunged and what was changed since the client looked last."""
    snapshot = selected.snapshot
    gone = await selected.account.read(vanished.since, snapshot, known.modseq, known.uids)
    if gone:
        session.say(said.vanished(gone, earlier=True))
    changed = snapshot.changed_since(known.modseq)
    if known.uids is not None:
        changed = [changed[at] for places in indexes(known.uids, changed) for at in places]
    await session.say_each(selected.flag_lines(changed, session.manner))


def leave(session: Session) -> None:
    """Be in no mailbox any more; CLOSED says so to who has to know (RFC 7162, 3.2.11)."""
    if session.selected is not None and ({"QRESYNC", "IMAP4REV2"} & session.enabled):
        session.say(said.ok("The mailbox before is closed.", b"CLOSED"))
    session.selected = None


# RFC 9051, 6.4.1
async def close(session: Session, _asked: None) -> Ok:
    """Expunges without telling, where that is allowed."""
    box = session.box
    session.selected = None
    modseq = b""
    if not box.readonly and "e" in box.rights:
        with suppress(NotFound, NotAllowed):  # deleted, and its messages with it; or not theirs any more
            await box.account.write(permitted.expunge, box, session.who)
        if "QRESYNC" in session.enabled:
            modseq = codes.highestmodseq((await look(box, session.who)).modseq)
    return Ok("Closed.", modseq)


# RFC 9051, 6.4.2
async def unselect(session: Session, _asked: None) -> Ok:
    session.selected = None
    return Ok("Closed; nothing was expunged.")


# RFC 3501, 6.4.1
async def check(_session: Session, _asked: None) -> Ok:
    return Ok("Everything is on the disk already.")
