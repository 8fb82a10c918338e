"""What is done to messages: marked, moved, copied, deleted, filed."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from webmail.errors import BadRequest, NotFound, Unavailable
from webmail.http.backend.exchange import Answer
from webmail.http.backend.refusals import FOLDER_GONE, MESSAGE_GONE
from webmail.http.backend.session import Session, mailbox_name, merged, uid_set
from webmail.wire import imap_commands as commands
from webmail.wire import imap_search as keys
from webmail.wire.imap_commands import Command
from webmail.wire.imap_replies import Code, Condition, ESearch, Expunge, Search
from webmail.wire.imap_sets import UidSet
from webmail.wire.imap_values import FlagList, LiteralStream

BATCH = 500  # messages of one command, so that each is answered in time
DELETED = "\\Deleted"
SYSTEM = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", DELETED)}


async def flag(
    session: Session,
    folder: str,
    uidvalidity: int,
    uids: Iterable[int],
    add: Iterable[str],
    remove: Iterable[str],
) -> None:
    """Raises NotFound if none of the messages is there any more."""
    await session.select(mailbox_name(folder), uidvalidity, write=True)
    numbers = uid_set(uids)
    for what, flags in (("+FLAGS", _flags(add)), ("-FLAGS", _flags(remove))):
        if flags:
            await _store(session, numbers, what, flags)


async def _store(session: Session, uids: UidSet, what: str, flags: tuple[str, ...]) -> None:
    seen = False
    for some in _batches(uids):
        answer = await session.ask(commands.store(some, what, flags))
        seen = seen or bool(merged(answer))
    if seen:
        return
    for some in _batches(uids):  # they came after the folder was selected here, or had the flags already
        await session.ask(commands.store(await _present(session, some), what, flags))


async def _present(session: Session, uids: UidSet) -> UidSet:
    """Those that are there now, a batch of them. Raises NotFound if none is."""
    await session.ask(commands.noop())
    told = merged(await session.ask(commands.fetch(uids, ("UID",))))
    there = {it.uid for it in told.values() if it.uid is not None}
    if not there:
        raise NotFound(MESSAGE_GONE)
    return UidSet.of(there)


async def copy(session: Session, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
    await session.select(mailbox_name(folder), uidvalidity)
    target = mailbox_name(target)
    for some in _batches(uid_set(uids)):
        await _copy(session, commands.copy(some, target), some)


async def move(session: Session, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
    """By MOVE, else by copying and then deleting; never the other way round."""
    here = await session.select(mailbox_name(folder), uidvalidity, write=True)
    target = mailbox_name(target)
    for some in _batches(uid_set(uids)) if target != here.name else ():
        if session.offers("MOVE"):
            await _copy(session, commands.move(some, target), some)
        else:
            there = await _present(session, some)  # only what was copied for certain is deleted
            await _copy(session, commands.copy(there, target), there)
            await expunge(session, there)


async def _copy(session: Session, command: Command, uids: UidSet) -> None:
    """COPY or MOVE. Raises NotFound if none of the messages is there."""
    if not session.offers("UIDPLUS"):
        await _present(session, uids)  # such a server does not tell whether it copied anything
    before = session.connection.heard.changes
    answer = await session.ask(command, NotFound(FOLDER_GONE))
    if not session.offers("UIDPLUS") or code(answer, "COPYUID") or answer.all(Expunge):
        return
    await _present(session, uids)
    if session.connection.heard.changes != before:  # they came after the folder was selected here
        await session.ask(command, NotFound(FOLDER_GONE))


async def delete(session: Session, folder: str, uidvalidity: int, uids: Iterable[int]) -> None:
    """For good."""
    await session.select(mailbox_name(folder), uidvalidity, current=True, write=True)
    for some in _batches(uid_set(uids)):
        await expunge(session, some)


async def everything(session: Session, folder: str) -> tuple[int, UidSet]:
    """UIDVALIDITY and UIDs of all messages that are there now."""
    here = await session.select(mailbox_name(folder), current=True, write=True)
    return here.uidvalidity, await found(session, keys.All())


async def found(session: Session, key: keys.Key) -> UidSet:
    """What the search finds in the selected mailbox; as ranges where the server can (RFC 4731)."""
    ranges = session.offers("ESEARCH")
    answer = await session.ask(commands.search(key, return_=("ALL",) if ranges else None))
    if ranges:
        uids = UidSet.joined(it for reply in answer.all(ESearch) for it in _all(reply).ranges)
    else:
        uids = UidSet.of(number for reply in answer.all(Search) for number in reply.numbers)
    if uids.count() > session.connection.heard.exists:
        raise Unavailable(detail=f"a SEARCH that finds {uids.count()} messages")
    return uids


def _all(reply: ESearch) -> UidSet:
    try:
        return UidSet.parse(str(reply.values.get("ALL", "")))
    except ValueError as error:
        raise Unavailable(detail=f"ESEARCH: {error}") from error


async def expunge(session: Session, uids: UidSet) -> None:
    """These messages and no others, even where others are marked as deleted (RFC 4315, 2.1)."""
    if session.offers("UIDPLUS"):
        await session.ask(commands.store(uids, "+FLAGS.SILENT", (DELETED,)))
        await session.ask(commands.expunge(uids))
        return
    others = await found(session, keys.And(keys.Flagged(DELETED), keys.Not(keys.Uid(uids))))
    await _mark(session, others, "-FLAGS.SILENT")
    try:
        await session.ask(commands.store(uids, "+FLAGS.SILENT", (DELETED,)))
        await session.ask(commands.expunge())
    finally:
        if session.connection.usable:
            await _mark(session, others, "+FLAGS.SILENT")


async def _mark(session: Session, uids: UidSet, what: str) -> None:
    for some in _batches(uids):
        await session.ask(commands.store(some, what, (DELETED,)))


async def append(
    session: Session,
    folder: str,
    size: int,
    blocks: Iterable[bytes] | AsyncIterable[bytes],
    flags: Iterable[str] = (),
    when: datetime | None = None,
) -> tuple[int, int] | None:
    """UIDVALIDITY and UID of the new message, where the server tells (RFC 4315, 3).

    Raises TryCreate if the folder is not there, before a block was taken; ValueError, and the connection is
    gone, if the blocks are not exactly so many octets.
    """
    stream = LiteralStream(size, blocks)
    command = commands.append(mailbox_name(folder), stream, _flags(flags), when)
    told = code(await session.ask(command, NotFound(FOLDER_GONE)), "APPENDUID")
    if told is None or len(told.args) < 2:
        return None
    uidvalidity, uid = told.args[:2]
    return (int(str(uidvalidity)), int(str(uid))) if str(uid).isdigit() else None


def code(answer: Answer, name: str) -> Code | None:
    """A response code of the tagged reply or, for MOVE, of an untagged OK before it (RFC 6851, 4.3)."""
    codes = (answer.tagged.code, *(it.code for it in answer.all(Condition)))
    return next((it for it in codes if it is not None and it.name == name), None)


def _flags(flags: Iterable[str]) -> tuple[str, ...]:
    """As servers spell them. Raises BadRequest for what is no flag."""
    try:
        return FlagList(SYSTEM.get(flag.lower(), flag) for flag in flags).flags
    except ValueError:
        raise BadRequest from None


def _batches(uids: UidSet) -> Iterator[UidSet]:
    rest = iter(uids)
    while some := list(islice(rest, BATCH)):
        yield from UidSet.of(some).pieces()
