"""What a letter takes over from a message at the backend: its text, and its files from server to server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Container, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from webmail.disk import in_thread
from webmail.errors import Busy, OverQuota, TooBig
from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Message
from webmail.http.pages.composing import Letter, Place, attached
from webmail.http.pages.desk import Desk
from webmail.http.pages.weighing import MESSAGE, Scale
from webmail.http.spool import File
from webmail.mail import display, parts, text
from webmail.mail.compose import BLOCK, canonical
from webmail.wire.imap_replies import Part

MAX_QUOTED = 1_048_576  # octets of the text that is quoted or edited; a longer one is cut
INLINE = 50_000  # octets: a longer text is read in a thread, the others must not wait for it
EML = ".eml"

Blocks = Callable[[], AsyncGenerator[bytes, None]]  # opens the source anew each time


@dataclass(frozen=True, slots=True)
class Copied:
    files: tuple[File, ...] = ()
    there: tuple[File, ...] = ()  # all that lie in the letter's spool now
    left_out: tuple[str, ...] = ()  # names of what found no room


@dataclass(slots=True)
class _Goal:
    """Where the files go, and what lies there."""

    desk: Desk
    letter: Letter
    there: list[File]
    scale: Scale


async def text_of(box: Box, message: Message) -> str:
    """What the message says, as plain text; empty if it says nothing in text or HTML."""
    choice = display.choose(message.structure)
    part = choice.text or choice.html
    if part is None:
        return ""
    data = await box.part_bytes(message, part, MAX_QUOTED)
    return await asyncio.to_thread(_plain, data, part) if len(data) > INLINE else _plain(data, part)


def _plain(data: bytes, part: Part) -> str:
    decoded = text.decode_text(data, part.params.get("charset"))
    if part.subtype == "html":
        return text.from_html(decoded).rstrip("\n")
    if part.params.get("format", b"").lower() == b"flowed":
        delsp = part.params.get("delsp", b"").lower() == b"yes"
        decoded = text.unflow(decoded, delsp=delsp)
    return decoded.removesuffix("\n")


async def copy_attachments(
    desk: Desk,
    letter: Letter,
    message: Message,
    there: Sequence[File],
    names: Container[str] | None = None,
) -> Copied:
    """Put the message's files into the letter's spool, as far as they fit, each once.

    `there`: what lies in it; `names`: only files that are called so.
    """
    goal = await _goal(desk, letter, there)
    place = Place(message.folder, message.uidvalidity, message.summary.uid)
    files: list[File] = []
    left_out: list[str] = []
    for part in _files_of(message):
        name = parts.filename(part)
        if names is not None and name not in names:
            continue
        blocks = partial(
            desk.here.pool.part_blocks, desk.who, place.folder, place.uidvalidity, place.uid, part
        )
        try:
            files.append(await _once(goal, name, _type(part), _origin(place, part.section), blocks))
        except (TooBig, OverQuota, Busy):
            left_out.append(name)
    return Copied(tuple(files), tuple(goal.there), tuple(left_out))


async def copy_whole(desk: Desk, letter: Letter, message: Message, there: Sequence[File]) -> Copied:
    """Put the message itself into the letter's spool, as message/rfc822."""
    goal = await _goal(desk, letter, there)
    place = Place(message.folder, message.uidvalidity, message.summary.uid)
    stem = parts.safe_name(message.summary.subject.replace("/", "-").replace("\\", "-"))
    name = parts.safe_name(f"{stem or 'message'}{EML}")
    blocks = partial(desk.here.pool.source_blocks, desk.who, place.folder, place.uidvalidity, place.uid)
    try:
        file = await _once(goal, name, MESSAGE, _origin(place, ""), blocks)
    except (TooBig, OverQuota, Busy):
        return Copied((), tuple(there), (name,))
    return Copied((file,), tuple(goal.there))


async def _goal(desk: Desk, letter: Letter, there: Sequence[File]) -> _Goal:
    return _Goal(desk, letter, list(there), await desk.scale(letter, there))


async def _once(goal: _Goal, name: str, type_: str, origin: str, blocks: Blocks) -> File:
    """The file from there, copied if it is not in the spool yet."""
    known = next((file for file in goal.there if file.origin == origin), None)
    if known is not None:
        return known
    try:
        return await _receive(goal, name, type_, origin, blocks)
    except (OverQuota, Busy):
        # Letters that were opened and left: what was copied for them can be copied again.
        if not await goal.desk.make_room(goal.letter.compose):
            raise
    return await _receive(goal, name, type_, origin, blocks)


async def _receive(goal: _Goal, name: str, type_: str, origin: str, blocks: Blocks) -> File:
    desk, compose = goal.desk, goal.letter.compose
    fits = goal.scale.room(name, type_, desk.limits)
    if fits < 0:
        raise TooBig
    async with aclosing(blocks()) as source:
        file = await desk.here.spool.receive(
            desk.session.key, compose, name, type_, source, fits, origin=origin
        )
    file = await in_thread(_checked, desk, compose, file)
    goal.there.append(file)
    goal.scale.add(attached(file))
    return file


def _checked(desk: Desk, compose: str, file: File) -> File:
    """A message goes out as it is (RFC 2046, 5.2.1): so it must be fit to, or is only octets."""
    if file.type != MESSAGE:
        return file
    encoding = _canonical(file)
    type_ = f"{MESSAGE};{encoding}" if encoding else "application/octet-stream"
    return desk.here.spool.retype(desk.session.key, compose, file, type_)


def _canonical(file: File) -> str:
    with file.open() as content:
        return canonical(iter(lambda: content.read(BLOCK), b""))


def _files_of(message: Message) -> list[Part]:
    """The attachments, and the pictures inside the HTML, which the plain text would lose."""
    choice = display.choose(message.structure)
    listed = {part.section for part in choice.attachments}
    pictures = [part for part in choice.inline.values() if part.section not in listed]
    return [*choice.attachments, *pictures]


def _type(part: Part) -> str:
    return "application/octet-stream" if part.type == "multipart" else f"{part.type}/{part.subtype}"


def _origin(place: Place, section: str) -> str:
    return f"{section}@{place}"
