"""Messages known by their Message-ID: drafts that replace each other, sent ones that are filed once."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable

from webmail.errors import BadRequest
from webmail.http.backend import messages
from webmail.http.backend.session import Session, mailbox_name
from webmail.wire import imap_search as keys
from webmail.wire.imap_sets import UidSet

DRAFT_FLAGS = ("\\Draft", "\\Seen")


async def save(
    session: Session, folder: str, message_id: str, size: int, blocks: Iterable[bytes] | AsyncIterable[bytes]
) -> tuple[int, int | None]:
    """UIDVALIDITY and UID of the draft, now the only one with its Message-ID.

    The new copy is there before older ones go, and only older ones go: when two save at once, one remains.
    """
    told = await messages.append(session, folder, size, blocks, DRAFT_FLAGS)
    here = await session.select(mailbox_name(folder), current=True, write=True)
    copies = tuple(await with_id(session, message_id))
    newest = told[1] if told is not None and told[0] == here.uidvalidity else max(copies, default=None)
    older = [uid for uid in copies if newest is not None and uid < newest]
    if older:
        await messages.expunge(session, UidSet.of(older))
    return here.uidvalidity, newest


async def drop(session: Session, folder: str, message_id: str) -> None:
    await session.select(mailbox_name(folder), current=True, write=True)
    copies = await with_id(session, message_id)
    if copies:
        await messages.expunge(session, copies)


async def has(session: Session, folder: str, message_id: str) -> bool:
    await session.select(mailbox_name(folder), current=True)
    return bool(await with_id(session, message_id))


async def with_id(session: Session, message_id: str) -> UidSet:
    """UIDs in the selected mailbox. Raises BadRequest if that is no Message-ID."""
    if len(message_id) < 5 or not (message_id.isascii() and message_id.isprintable()):
        raise BadRequest  # an empty one would find every message
    if not (message_id.startswith("<") and message_id.endswith(">")):
        message_id = f"<{message_id}>"
    return await messages.found(session, keys.Header("Message-ID", message_id))
