"""What is done to messages: marked, moved, copied, deleted, filed."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from webmail.errors import BadRequest, NotFound
from webmail.http.backend.exchange import Answer
from webmail.http.backend.refusals import FOLDER_GONE, MESSAGE_GONE
from webmail.http.backend.session import Session, mailbox_name, merged, uid_set
from webmail.wire import imap_commands as commands
from webmail.wire import imap_search as keys
from webmail.wire.imap_replies import Code, Condition, Search
from webmail.wire.imap_sets import UidSet
from webmail.wire.imap_values import FlagList, LiteralStream

BATCH = 1000  # messages of one command, so that each is answered in time
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
    if not seen and not await _present(session, uids):
        raise NotFound(MESSAGE_GONE)


async def _present(session: Session, uids: UidSet) -> bool:
    """Whether at least one of them is there."""
    some = next(_batches(uids))
    return bool(merged(await session.ask(commands.fetch(some, ("UID",)))))


async def copy(session: Session, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
    await session.select(mailbox_name(folder), uidvalidity)
    for some in _batches(uid_set(uids)):
        answer = await session.ask(commands.copy(some, mailbox_name(target)), NotFound(FOLDER_GONE))
        if session.offers("UIDPLUS") and code(answer, "COPYUID") is None:
            raise NotFound(MESSAGE_GONE)


async def move(session: Session, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
    """By MOVE, else by copying and then deleting; never the other way round."""
    here = await session.select(mailbox_name(folder), uidvalidity, write=True)
    target = mailbox_name(target)
    if target != here.name:
        for some in _batches(uid_set(uids)):
            await _move(session, some, target)


async def _move(session: Session, uids: UidSet, target: str) -> None:
    by_move = session.offers("MOVE")
    command = commands.move(uids, target) if by_move else commands.copy(uids, target)
    answer = await session.ask(command, NotFound(FOLDER_GONE))
    copied = code(answer, "COPYUID")
    if copied is None and session.offers("UIDPLUS"):
        raise NotFound(MESSAGE_GONE)
    if not by_move:
        await expunge(session, _source(copied) or uids)


async def delete(session: Session, folder: str, uidvalidity: int, uids: Iterable[int]) -> None:
    """For good."""
    await session.select(mailbox_name(folder), uidvalidity, write=True)
    for some in _batches(uid_set(uids)):
        await expunge(session, some)


async def everything(session: Session, folder: str) -> tuple[int, UidSet]:
    """UIDVALIDITY and UIDs of all messages that are there now."""
    here = await session.select(mailbox_name(folder), write=True)
    return here.uidvalidity, UidSet.of(await found(session, keys.All()))


async def found(session: Session, key: keys.Key) -> list[int]:
    """UIDs in the selected mailbox, ascending."""
    answer = await session.ask(commands.search(key))
    return sorted({number for reply in answer.all(Search) for number in reply.numbers})


async def expunge(session: Session, uids: UidSet) -> None:
    """These messages and no others, even where others are marked as deleted (RFC 4315, 2.1)."""
    if session.offers("UIDPLUS"):
        await session.ask(commands.store(uids, "+FLAGS.SILENT", (DELETED,)))
        await session.ask(commands.expunge(uids))
        return
    others = UidSet.of(await found(session, keys.And(keys.Flagged(DELETED), keys.Not(keys.Uid(uids)))))
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


def _source(copied: Code | None) -> UidSet | None:
    """The messages that were really copied: the first set of COPYUID."""
    if copied is None or len(copied.args) < 2:
        return None
    try:
        return UidSet.parse(str(copied.args[1]))
    except ValueError:
        return None


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
