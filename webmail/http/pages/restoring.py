"""Files that went with an expired session or made room for others, brought back from where they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from webmail.errors import NotFound
from webmail.http.backend.model import Message
from webmail.http.pages import copying
from webmail.http.pages.attaching import Posted
from webmail.http.pages.composing import Kept, Letter, Place
from webmail.http.pages.desk import Desk
from webmail.http.spool import File

FORWARDS = frozenset({"forward", "attach"})


async def restore(desk: Desk, posted: Posted) -> tuple[Posted, tuple[str, ...]]:
    """The letter with all files that can be had, and the ids of those that can't.

    They are taken from the letter's draft, or from the message that it forwards; never one more than
    the page shows.
    """
    letter, there = posted.letter, {file.id for file in posted.files}
    lost = [kept for kept in letter.kept if kept.id not in there]
    if not lost:
        return posted, ()
    letter = replace(letter, kept=tuple(kept for kept in letter.kept if kept.id in there))
    for message in [await _draft(desk, letter), await _original(desk, letter)]:
        if lost and message is not None:
            copied = await _copied(desk, letter, message, lost)
            found, lost = _matched(lost, copied)
            letter = replace(letter, kept=(*letter.kept, *found))
    return replace(posted, letter=letter, files=await desk.files(letter)), tuple(kept.id for kept in lost)


def _matched(lost: Iterable[Kept], files: Iterable[File]) -> tuple[list[Kept], list[Kept]]:
    """Those of the lost that these files are, with their new ids; and the others."""
    free = list(files)
    found, still = [], []
    for kept in lost:
        same = next((file for file in free if (file.name, file.size) == (kept.name, kept.size)), None)
        if same is None:
            still.append(kept)
        else:
            free.remove(same)
            found.append(Kept.of(same))
    return found, still


async def _copied(desk: Desk, letter: Letter, message: Message, lost: Iterable[Kept]) -> list[File]:
    shown = {kept.id for kept in letter.kept}
    there = await desk.spooled(letter.compose)
    if letter.how == "attach" and letter.origin == _place(message):
        copied = await copying.copy_whole(desk, letter, message, there)
    else:
        names = frozenset(kept.name for kept in lost)
        copied = await copying.copy_attachments(desk, letter, message, there, names)
    return [file for file in copied.files if file.id not in shown]


async def _draft(desk: Desk, letter: Letter) -> Message | None:
    """The letter's draft, or the older one that it was opened from."""
    if letter.saved is None or not letter.saved.uid:
        return None
    message = await _open(desk, letter.saved)
    known = {desk.message_id(letter), letter.replaces}
    return message if message is not None and message.message_id in known else None


async def _original(desk: Desk, letter: Letter) -> Message | None:
    if letter.how not in FORWARDS or letter.origin is None:
        return None
    return await _open(desk, letter.origin)


async def _open(desk: Desk, place: Place) -> Message | None:
    try:
        async with desk.lease() as box:
            return await box.open(place.folder, place.uidvalidity, place.uid)
    except NotFound:
        return None


def _place(message: Message) -> Place:
    return Place(message.folder, message.uidvalidity, message.summary.uid)
