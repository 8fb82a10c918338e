"""APPEND and REPLACE: messages that a client sends, received into the store while they come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from webmail.disk import in_thread
from webmail.errors import BadRequest, MailError, NotFound, TooBig
from webmail.i18n import N_
from webmail.imap import names, permitted
from webmail.imap.answers import No, Ok
from webmail.imap.changing import require_writing
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.imap.transporting import place
from webmail.server.errors import StreamError
from webmail.store import acl, quota
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.arrival import Arrival
from webmail.store.bodies import Incoming
from webmail.store.delivery import Received, deliver
from webmail.store.messages import Placed
from webmail.store.transaction import Transaction
from webmail.wire import ProtocolError
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_messages import (
    AppendItem,
    Replace,
    names_mailbox,
    parse_append_item,
    parse_append_mailbox,
    parse_replace_target,
)
from webmail.wire.imap_request import Announced, Opening, announced
from webmail.wire.imap_sets import SequenceSet

MAX_MESSAGES = 500  # of one APPEND; each holds a file open until all are there
MAX_TOGETHER = (
    32 * 1024 * 1024
)  # octets of all of them, if they are several: their texts are in memory at once
MAX_HELD = 4 * 1024 * 1024  # octets of all of them in memory; what comes then waits in files
MAX_NAME = 4096  # octets of a mailbox's name that comes as a literal


class Reading:
    """The arguments of one command while they come. `pending`: a literal that was announced and not read."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pending: Announced | None = None
        self.received: list[Received] = []
        self.replaced = 0  # octets of the message that goes, if one does: its room counts (RFC 8508, 1)

    async def begin(self, began: Opening) -> Arguments:
        """The arguments up to the first message."""
        pieces = [began.rest]
        self.pending = announced(began.rest)
        if self.pending is not None and names_mailbox(began.name, began.rest):
            if self.pending.size > MAX_NAME:
                raise ProtocolError("the mailbox has a name that is too long")
            literal = self.session.receive(self.pending)
            pieces += [b"".join([block async for block in literal]), await self.session.next_line()]
            self.pending = announced(pieces[-1])
        return Arguments(pieces, utf8=self.session.utf8)

    async def message(self, account: Account, item: AppendItem) -> AppendItem | None:
        """Receive a message, and what the line behind it says of the next one; None if there is none."""
        await self._require_room(account, item)
        incoming = account.incoming()
        try:
            await self._octets(incoming, item)
            if item.literal.binary:  # RFC 3516, 4.4
                await in_thread(incoming.encode)
            if incoming.held + sum(each.incoming.held for each in self.received) > MAX_HELD:
                await in_thread(incoming.spill)
        except BaseException:
            incoming.drop()
            raise
        seconds, zone = item.when or (int(time.time()), time.localtime().tm_gmtoff // 60)
        self.received.append(Received(incoming, item.flags, seconds, zone))
        return await self._next(item)

    async def _next(self, item: AppendItem) -> AppendItem | None:
        line = await self.session.next_line()
        self.pending = announced(line)
        return parse_append_item(Arguments([line], utf8=self.session.utf8), after=item)

    async def _octets(self, incoming: Incoming, item: AppendItem) -> None:
        literal, self.pending = self.session.receive(item.literal), None
        try:
            async for block in literal:
                incoming.add(block)
                if incoming.full:
                    await in_thread(incoming.spill)
        except StreamError:
            raise
        except Exception:
            await literal.discard()
            self.pending = announced(await self.session.next_line())
            raise

    async def _require_room(self, account: Account, item: AppendItem) -> None:
        """Before a message is read: whether it may be so big, and whether there is room."""
        session = self.session
        most = session.context.current().imap.maxmessagesize
        if not item.literal.size:  # by which a client gives up (RFC 3502)
            raise BadRequest(N_("A message cannot be empty."))
        if item.literal.size > most:
            raise TooBig(N_("A message may have at most {most} octets here."), most=most)
        if item.utf8 and "UTF8=ACCEPT" not in session.enabled:
            raise ProtocolError("UTF8 wants UTF8=ACCEPT enabled")
        if len(self.received) == MAX_MESSAGES:
            raise ProtocolError(f"more than {MAX_MESSAGES} messages in one APPEND")
        size = item.literal.size + sum(each.incoming.size for each in self.received)
        if self.received and size > MAX_TOGETHER:
            raise TooBig(
                N_("Several messages at once may have at most {most} octets here."), most=MAX_TOGETHER
            )
        number = len(self.received) + (0 if self.replaced else 1)
        await account.read(quota.require_room, number, size - self.replaced, bypass=session.bypasses_quota)


@asynccontextmanager
async def reading(session: Session) -> AsyncIterator[Reading]:
    """What is refused is read past; what was received and not delivered leaves nothing behind."""
    made = Reading(session)
    try:
        yield made
    except (ProtocolError, MailError, No):
        await session.skip(made.pending)
        raise
    finally:
        for each in made.received:
            each.incoming.drop()


# RFC 9051, 6.3.12; several messages are RFC 3502
async def append(session: Session, began: Opening) -> Ok:
    async with reading(session) as messages_read:
        args = await messages_read.begin(began)
        account, name = await names.target(session, parse_append_mailbox(args))
        await _receive(messages_read, account, args)
        work = partial(place, name=name, who=session.who, bypass_quota=session.bypasses_quota)
        placed = await deliver(account, messages_read.received, work)
    return Ok("Stored.", codes.appenduid(placed.uidvalidity, placed.uids))


async def _receive(messages_read: Reading, account: Account, args: Arguments) -> None:
    item = parse_append_item(args)
    while item is not None:
        item = await messages_read.message(account, item)


# RFC 8508
async def replace(session: Session, began: Opening) -> Ok:
    return await _replace(session, began, uid=False)


async def uid_replace(session: Session, began: Opening) -> Ok:
    return await _replace(session, began, uid=True)


async def _replace(session: Session, began: Opening, *, uid: bool) -> Ok:
    box = session.box
    async with reading(session) as messages_read:
        args = await messages_read.begin(began)
        asked = parse_replace_target(args)
        require_writing(box, "te")
        old = _replaced(session, asked, uid=uid)
        account, name = await names.target(session, asked.mailbox)
        if account is box.account:
            messages_read.replaced = _size(box, old)
        await _receive(messages_read, account, args)
        if len(messages_read.received) != 1:
            raise ProtocolError("one message is wanted")
        await box.account.read(acl.require, box.mailbox, session.who, "te")
        gone = old if account is box.account else 0
        work = partial(_placed_instead, name=name, who=session.who, box=box, old=gone)
        placed = await deliver(account, messages_read.received, work)
    if account is not box.account:
        await box.account.write(permitted.remove, box, session.who, [old])
    session.say(said.ok("Stored.", codes.appenduid(placed.uidvalidity, placed.uids)))
    await session.tell(expunges=True)
    return Ok("Replaced.")


def _replaced(session: Session, asked: Replace, *, uid: bool) -> int:
    """The uid of the message that is to go. Raises NotFound."""
    box = session.box
    places = box.places(SequenceSet(((asked.number, asked.number),)), uid=uid)
    if not places or box.place(places[0].start) is None:
        raise NotFound(N_("This message is no longer here."))
    return box.uids[places[0].start]


def _size(box: Selected, uid: int) -> int:
    at = box.snapshot.index(uid)
    return box.snapshot.sizes[at] if at is not None else 0


def _placed_instead(
    transaction: Transaction, arrivals: list[Arrival], *, name: str, who: Who, box: Selected, old: int
) -> Placed:
    """Both in one transaction: never two of them, never none. An `old` of 0 is in another account.

    Raises NotAllowed; NotFound if the old one is gone.
    """
    if old and not permitted.remove(transaction, box, who, [old]):
        raise NotFound(N_("This message is no longer here."))
    return place(transaction, arrivals, name=name, who=who)
