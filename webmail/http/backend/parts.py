"""The octets of a message's parts, fetched in windows so that none is ever held whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum

from webmail.errors import BadRequest, NotAllowed, NotFound, Unavailable
from webmail.http.backend.model import Message
from webmail.http.backend.refusals import MESSAGE_GONE, UnknownEncoding
from webmail.http.backend.session import Session, mailbox_name, merged, uid_set
from webmail.mail.transfer import Decoder
from webmail.wire import imap_fetch_items as items
from webmail.wire.imap_commands import fetch, noop
from webmail.wire.imap_replies import Fetch, Part

WINDOW = 768 * 1024  # octets of one FETCH: few round trips, and still a small piece of memory
MAX_PART = 1 << 32  # octets; a server that still sends then never ends
MAX_HEADER = 256 * 1024  # octets of a header block that anybody gets to see


class How(Enum):
    ENCODED = "BODY"
    DECODED = "BINARY"  # RFC 3516: the server takes the transfer encoding off


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies."""

    folder: str
    uidvalidity: int
    uid: int


Read = Callable[[How, int, int], Awaitable[bytes]]


async def fetched(session: Session, place: Place, what: tuple[str, ...]) -> Fetch:
    """One message's reply to FETCH. Raises NotFound if the message, or the folder as it was, is gone."""
    await session.select(mailbox_name(place.folder), place.uidvalidity)
    command = fetch(uid_set([place.uid]), ("UID", *what))
    for again in (True, False):
        for reply in merged(await session.ask(command)).values():
            if reply.uid == place.uid and not _lacks(reply, what):
                return reply
        if again:
            await session.ask(noop())  # it may have come after the folder was selected here
    raise NotFound(MESSAGE_GONE)


def _lacks(reply: Fetch, what: tuple[str, ...]) -> bool:
    """Whether this is only news, not what was asked for."""
    if "ENVELOPE" in what:
        return reply.envelope is None and reply.structure is None
    if "FLAGS" in what:
        return reply.flags is None
    return not reply.sections


async def octets(session: Session, place: Place, section: str, how: How, start: int, count: int) -> bytes:
    """A window of a part, short at its end. Raises UnknownEncoding if it can’t be had DECODED."""
    if how is How.ENCODED:
        return await _window(session, place, items.body(section, start, count))
    if not session.offers("BINARY"):
        raise UnknownEncoding
    try:
        return await _window(session, place, items.binary(section, start, count))
    except (BadRequest, NotAllowed) as error:  # UNKNOWN-CTE, or PARSE where the encoding is damaged
        raise UnknownEncoding(detail=error.detail) from error


async def _window(session: Session, place: Place, item: str) -> bytes:
    reply = await fetched(session, place, (item,))
    found = reply.sections.get(items.reply_key(item))
    return found if found is not None else b"".join(it for it in reply.sections.values() if it)


async def decoded(read: Read, part: Part, window: int = WINDOW) -> AsyncGenerator[bytes, None]:
    """The part without its transfer encoding, window by window as `read` brings them.

    Base64 by the server where it can; where it gives up, even midway, by us from there on.
    """
    given = 0
    if part.encoding == "base64":
        try:
            async for piece in _windows(read, How.DECODED, window):
                yield piece
                given += len(piece)
        except UnknownEncoding:
            pass
        else:
            return
    async for piece in _undone(read, part.encoding, window):
        yield piece[given:]
        given = max(0, given - len(piece))


async def _undone(read: Read, encoding: str, window: int) -> AsyncGenerator[bytes, None]:
    decoder = Decoder(encoding)
    async for piece in _windows(read, How.ENCODED, window):
        yield decoder.feed(piece)
    yield decoder.finish()


async def _windows(read: Read, how: How, window: int) -> AsyncGenerator[bytes, None]:
    start = 0
    while start <= MAX_PART:
        piece = await read(how, start, window)
        yield piece
        start += len(piece)
        if len(piece) < window:
            return
    raise Unavailable(detail=f"a part of more than {MAX_PART} octets")


async def part_bytes(session: Session, message: Message, part: Part, limit: int) -> bytes:
    """The part without its transfer encoding, cut at the limit."""
    place = Place(message.folder, message.uidvalidity, message.summary.uid)

    async def read(how: How, start: int, count: int) -> bytes:
        return await octets(session, place, part.section, how, start, count)

    found = bytearray()
    async with aclosing(decoded(read, part)) as blocks:
        async for block in blocks:
            found += block
            if len(found) >= limit:
                break
    return bytes(found[:limit])


async def header_bytes(session: Session, message: Message) -> bytes:
    place = Place(message.folder, message.uidvalidity, message.summary.uid)
    return await octets(session, place, "HEADER", How.ENCODED, 0, MAX_HEADER)
