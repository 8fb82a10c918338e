"""STORE, COPY, MOVE and EXPUNGE: what a client does with messages that are there."""

from __future__ import annotations

from webmail.errors import NotAllowed
from webmail.i18n import N_
from webmail.imap import names, permitted
from webmail.imap.answers import ISSUED, No, Ok
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.imap.transporting import transport
from webmail.store import acl, messages
from webmail.store.acl import Who
from webmail.store.flags import DELETED, SEEN, How, changed
from webmail.store.messages import Placed
from webmail.store.transaction import Transaction
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_messages import Copy, Store
from webmail.wire.imap_sets import Numbers

HOW = {"replace": How.REPLACE, "add": How.ADD, "remove": How.REMOVE}
OTHER_FLAGS = ~(SEEN | DELETED)


# RFC 9051, 6.4.6; UNCHANGEDSINCE is RFC 7162, 3.1.3
async def store(session: Session, asked: Store) -> Ok:
    return await _store(session, asked, uid=False)


async def uid_store(session: Session, asked: Store) -> Ok:
    return await _store(session, asked, uid=True)


async def _store(session: Session, asked: Store, *, uid: bool) -> Ok:
    box = session.box
    require_writing(box, "stw", every=False)
    if asked.unchanged_since is not None:
        session.enable("CONDSTORE")
    uids, _ = named(box, asked.numbers, uid=uid)
    modified, expected = await box.account.write(_stored, box, uids, asked, session.who)
    await session.tell(
        expunges=uid,
        quiet=expected if asked.silent else {},
        loud=() if asked.silent else expected.keys(),
        uid=uid,
    )
    if modified:
        numbers = [n for each in modified if (n := each if uid else box.number(each)) is not None]
        return Ok("Some had changed since.", codes.modified(numbers))
    if uid or named(box, asked.numbers, uid=False)[1]:
        return Ok("Done.")
    return _gone(silent=asked.silent)


# RFC 2180, 4.2
def _gone(*, silent: bool) -> Ok:
    """Who is told of flags is told that some messages have none any more."""
    if silent:
        return ISSUED
    raise No(N_("Some of these messages have been deleted."), b"EXPUNGEISSUED")


def _stored(
    transaction: Transaction, box: Selected, uids: list[int], asked: Store, who: Who
) -> tuple[tuple[int, ...], dict[int, int]]:
    """The uids that had changed since; of the others the flags that the client expects them to have now."""
    how = HOW[asked.how]
    kept = untouchable(acl.require(transaction, box.mailbox, who, "stw", every=False))
    done = messages.store(
        transaction,
        box.mailbox,
        uids,
        how,
        asked.flags,
        unchanged_since=asked.unchanged_since,
        untouchable=kept,
    )
    told = box.snapshot
    places = {uid: told.index(uid) for uid in set(uids).difference(done.modified)}
    flags = {uid: told.flags[at] for uid, at in places.items() if at is not None}
    return done.modified, {
        uid: changed(before, how, done.bits) & ~kept | before & kept for uid, before in flags.items()
    }


def untouchable(rights: str) -> int:
    """The bits that somebody with these rights may not change (RFC 4314, 4)."""
    kept = {"s": SEEN, "t": DELETED, "w": OTHER_FLAGS}
    return sum(bits for right, bits in kept.items() if right not in rights)


def named(box: Selected, numbers: Numbers, *, uid: bool) -> tuple[list[int], bool]:
    """The uids of the messages that a command names and that are there; whether all are."""
    return box.there(box.places(numbers, uid=uid))


def require_writing(box: Selected, rights: str, *, every: bool = True) -> None:
    """Raises NotAllowed where the mailbox is only looked at, or the rights (all of them, or any) lack."""
    held = [right in box.rights for right in rights]
    if box.readonly or not (all(held) if every else any(held)):
        raise NotAllowed(N_("This folder is open for reading only.") if box.readonly else "")


# RFC 9051, 6.4.7
async def copy(session: Session, asked: Copy) -> Ok:
    return await _copy(session, asked, uid=False)


async def uid_copy(session: Session, asked: Copy) -> Ok:
    return await _copy(session, asked, uid=True)


async def _copy(session: Session, asked: Copy, *, uid: bool) -> Ok:
    box = session.box
    uids, _ = named(box, asked.numbers, uid=uid)
    account, name = await names.target(session, asked.mailbox)
    if account is box.account:
        placed = await account.write(_copied, box, uids, name, session.who)
    else:
        placed = await transport(session, box, uids, account, name)
    return Ok("Copied.", copyuid(placed)) if placed.uids or uid else ISSUED


def _copied(transaction: Transaction, box: Selected, uids: list[int], name: str, who: Who) -> Placed:
    acl.require(transaction, box.mailbox, who, acl.READ)
    target, rights = acl.entered(transaction, name, who, acl.INSERT)
    return messages.copy(transaction, box.mailbox, uids, target.id, untouchable=untouchable(rights))


# RFC 9051, 6.4.8
async def move(session: Session, asked: Copy) -> Ok:
    return await _move(session, asked, uid=False)


async def uid_move(session: Session, asked: Copy) -> Ok:
    return await _move(session, asked, uid=True)


async def _move(session: Session, asked: Copy, *, uid: bool) -> Ok:
    box = session.box
    require_writing(box, "te")
    uids, _ = named(box, asked.numbers, uid=uid)
    account, name = await names.target(session, asked.mailbox)
    if account is box.account:
        placed = await account.write(_moved, box, uids, name, session.who)
    else:
        await box.account.read(acl.require, box.mailbox, session.who, "te")
        placed = await transport(session, box, uids, account, name)
        await box.account.write(permitted.remove, box, session.who, placed.sources)
    if placed.uids:
        session.say(said.ok("Moved.", copyuid(placed)))
    await session.tell(expunges=True)
    return Ok("Moved.", _newest(session)) if placed.uids or uid else ISSUED


def _moved(transaction: Transaction, box: Selected, uids: list[int], name: str, who: Who) -> Placed:
    acl.require(transaction, box.mailbox, who, "rte")
    target, rights = acl.entered(transaction, name, who, acl.INSERT)
    return messages.move(transaction, box.mailbox, uids, target.id, untouchable=untouchable(rights))


def copyuid(placed: Placed) -> bytes:
    """Nothing where nothing was copied."""
    return codes.copyuid(placed.uidvalidity, placed.sources, placed.uids) if placed.uids else b""


# RFC 7162, 3.2.7 and 3.2.9
def _newest(session: Session) -> bytes:
    """HIGHESTMODSEQ, for who has to know what they have been told up to."""
    return codes.highestmodseq(session.box.snapshot.modseq) if "QRESYNC" in session.enabled else b""


# RFC 9051, 6.4.3
async def expunge(session: Session, _asked: None) -> Ok:
    box = session.box
    require_writing(box, "e")
    await box.account.write(permitted.expunge, box, session.who)
    return await _expunged(session)


# RFC 9051, 6.4.9
async def uid_expunge(session: Session, asked: Numbers) -> Ok:
    box = session.box
    require_writing(box, "e")
    uids, _ = named(box, asked, uid=True)
    await box.account.write(permitted.expunge, box, session.who, uids)
    return await _expunged(session)


async def _expunged(session: Session) -> Ok:
    await session.tell(expunges=True)
    return Ok("Expunged.", _newest(session))
