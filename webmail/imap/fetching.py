"""FETCH: what a client wants to know of messages, told in batches that leave others their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate, chain, compress, repeat, takewhile

from webmail.disk import in_thread
from webmail.errors import OverQuota
from webmail.imap import octets
from webmail.imap.answers import ISSUED, Ok
from webmail.imap.octets import Piece, Range
from webmail.imap.plan import Batch, Plan
from webmail.imap.selected import Selected
from webmail.imap.session import Closing, Session
from webmail.imap.turns import apart
from webmail.store import messages, vanished
from webmail.store.flags import SEEN, How
from webmail.store.transaction import Transaction
from webmail.wire import ProtocolError
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_fetch import Fetch
from webmail.wire.imap_sets import Saved, runs

LIGHT_BATCH = 2000  # messages of which the snapshot knows all: a millisecond of the loop
BATCH = 500  # messages read from the database at first, in a thread; then as many as their size allows
OCTETS_BATCH = 1024 * 1024  # octets of answers that are made at once
BULKY_BATCH = 16 * 1024 * 1024  # octets of messages whose envelopes are read at once: each may have 4 MB
SHORT = 50  # messages that ranges have on average where they are taken one by one


# RFC 9051, 6.4.5
async def fetch(session: Session, asked: Fetch) -> Ok:
    if asked.vanished or asked.page:
        raise ProtocolError("VANISHED and PARTIAL are for UID FETCH")
    return await _fetch(session, asked, session.box.places(asked.numbers, uid=False), uid=False)


# RFC 9051, 6.4.9
async def uid_fetch(session: Session, asked: Fetch) -> Ok:
    places = session.box.places(asked.numbers, uid=True)
    if asked.page:
        places = _paged(places, asked)
    if "UID" not in asked.items:
        asked = replace(asked, items=("UID", *asked.items))
    return await _fetch(session, asked, places, uid=True)


def _paged(places: list[range], asked: Fetch) -> list[range]:
    """Only a window of the messages (RFC 9394, 3.3)."""
    assert asked.page is not None  # noqa: S101  for the types
    window = asked.page.of(sum(map(len, places)))
    found: list[range] = []
    before = 0
    for each in places:
        part = each[max(window.start - before, 0) : max(window.stop - before, 0)]
        found += [part] if part else []
        before += len(each)
    return found


async def _fetch(session: Session, asked: Fetch, places: list[range], *, uid: bool) -> Ok:
    box = session.box
    if asked.changed_since is not None or "MODSEQ" in asked.items:
        session.enable("CONDSTORE")
    if (since := asked.changed_since) is not None:
        if "MODSEQ" not in asked.items:
            asked = replace(asked, items=(*asked.items, "MODSEQ"))
        if asked.vanished:
            await _tell_vanished(session, asked)
        places = await apart(len(box.uids), _changed, box, places, since)
    before = box.snapshot
    if asked.sets_seen:
        await _see(session, places)
    whole = await answer(session, Plan(asked.items), places)
    if box.snapshot is before and asked.sets_seen:
        await session.tell(expunges=False, uid=uid)
    return Ok("Done.") if whole else ISSUED


async def _tell_vanished(session: Session, asked: Fetch) -> None:
    """RFC 7162, 3.2.6."""
    if "QRESYNC" not in session.enabled or isinstance(asked.numbers, Saved) or asked.changed_since is None:
        raise ProtocolError("VANISHED wants QRESYNC enabled")
    box = session.box
    gone = await box.account.read(vanished.since, box.snapshot, asked.changed_since, asked.numbers)
    if gone:
        session.say(said.vanished(gone, earlier=True))


def _changed(box: Selected, places: list[range], modseq: int) -> list[range]:
    """Those of the messages that changed after a mod-sequence (RFC 7162, 3.1.4.1)."""
    uids, _ = box.there(places)
    changed = set(box.snapshot.changed_since(modseq))
    kept = [number - 1 for uid in uids if uid in changed and (number := box.number(uid)) is not None]
    return [range(first, last + 1) for first, last in runs(kept)]


def _unseen(flags: int) -> bool:
    return not flags & SEEN


async def _see(session: Session, places: list[range]) -> None:
    r"""Set \Seen where a section is read without .PEEK, if this client may."""
    box = session.box
    if box.readonly or "s" not in box.rights:
        return
    unseen_here = compress(box.snapshot.uids, map(_unseen, box.snapshot.flags))
    unseen = list(set(box.there(places)[0]).intersection(unseen_here))
    if unseen:
        with suppress(OverQuota):  # a full disk is no reason not to let anybody read
            await box.account.write(messages.store, box.mailbox, unseen, How.ADD, ("\\Seen",))


async def answer(session: Session, plan: Plan, places: list[range]) -> bool:
    """Answer for all these messages; whether they all were there."""
    box, whole, pace = session.box, True, Pace()
    for each in _batches(box, plan, places, pace):
        batch = plan.batch(box, each)
        whole = whole and len(batch.uids) == len(each)
        if plan.light:
            session.say(*plan.lines(batch, box.snapshot))
            await asyncio.sleep(0)  # who reads quickly is not waited for
        elif batch.uids:
            told, pieces = await box.account.read(_pieces, plan, batch, box)
            whole = whole and told == len(batch.uids)
            pace.note(told, pieces)
            await send(session, pieces)
        await session.flush()
    return whole


@dataclass(slots=True)
class Pace:
    """How many messages are read from the database at once: as many as lately made OCTETS_BATCH."""

    most: int = BATCH

    def note(self, messages: int, pieces: Sequence[Piece]) -> None:
        octets = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        fitting = messages * OCTETS_BATCH // max(octets, 1)
        self.most = max(1, min(fitting, LIGHT_BATCH))


def _batches(box: Selected, plan: Plan, places: list[range], pace: Pace) -> Iterator[Sequence[int]]:
    for each in _joined_up(places):
        start = 0
        while start < len(each):
            batch = each[start : start + (LIGHT_BATCH if plan.light else pace.most)]
            if plan.sections:
                batch = _weighed(box, batch, OCTETS_BATCH // len(plan.sections))
            elif plan.bulky:
                batch = _weighed(box, batch, BULKY_BATCH)
            yield batch
            start += len(batch)


def _joined_up(places: list[range]) -> Sequence[Sequence[int]]:
    """Many short ranges as one list: a batch for each would be thousands, as of every other message."""
    short = sum(map(len, places)) < SHORT * len(places)
    return [list(chain.from_iterable(places))] if short else places


def _weighed(box: Selected, batch: Sequence[int], most: int) -> Sequence[int]:
    """Of these messages as many as are together no larger than `most` octets, at least one."""
    sizes = box.snapshot.sizes
    if isinstance(batch, range) and box.uids is box.snapshot.uids:
        weights: Iterable[int] = sizes[batch.start : batch.stop]
    else:
        weights = (sizes[at] if (at := box.place(place)) is not None else 0 for place in batch)
    fitting = sum(1 for _ in takewhile(most.__ge__, accumulate(weights)))
    return batch[: max(fitting, 1)]


def _pieces(transaction: Transaction, plan: Plan, batch: Batch, box: Selected) -> tuple[int, list[Piece]]:
    """The answers for a batch and how many they are; in a thread."""
    batch, stored = plan.read(transaction, batch, box.snapshot)
    if not batch.uids:
        return 0, []
    heads = plan.heads(batch, box.snapshot, stored)
    if not plan.sections:
        return len(heads), [b")\r\n".join([*heads, b""])]
    pieces: list[Piece] = []
    told = 0
    raw = stored.get("raw", repeat(b""))
    for head, *kept in zip(heads, stored["file"], stored["size"], stored["parts"], raw, strict=False):
        try:
            items = octets.answers(octets.Message(box.account.place, *kept), plan.sections)
        except FileNotFoundError:  # expunged while we looked
            continue
        if head.endswith(b"("):  # no item stands before
            items = items[1:]
        pieces += [head, *items, b")\r\n"]
        told += 1
    return told, _joined(pieces)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbouring octets in one piece."""
    joined: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            joined += [b"".join(run), piece]
            run = []
    return [*joined, b"".join(run)]


async def send(session: Session, pieces: Sequence[Piece]) -> None:
    """Send octets and ranges of files as the client takes them; the files are closed whatever happens.

    Raises Closing where something fails: the client could not tell what is said next from a message.
    """
    try:
        for piece in pieces:
            await _send_piece(session, piece)
            await session.flush()
    except (OSError, EOFError) as error:
        session.context.log.exception("octets of a message of %s cannot be read", session.stream.user)
        raise Closing from error
    finally:
        for piece in pieces:
            if not isinstance(piece, bytes):
                piece.close()


async def _send_piece(session: Session, piece: Piece) -> None:
    if isinstance(piece, bytes):
        session.say(piece)
    elif isinstance(piece, Range):
        await _send_range(session, piece)
    else:
        while made := await in_thread(piece.made):
            await send(session, made)


async def _send_range(session: Session, piece: Range) -> None:
    sent = 0
    while sent < piece.size:
        block = await in_thread(piece.block, sent)
        if not block:
            raise EOFError("a body is shorter than its row says")
        session.say(block)
        await session.flush()
        sent += len(block)
