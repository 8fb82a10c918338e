"""Drafts: saved to the Drafts folder, replaced without leaving copies, opened again."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, closing, suppress
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from webmail.disk import in_thread
from webmail.errors import BadRequest, NotFound
from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Message
from webmail.http.pages import copying
from webmail.http.pages.composing import (
    HOWS,
    NAMELESS,
    RECIPIENT_FIELDS,
    Letter,
    Place,
    Recipients,
    legible,
    one_line,
)
from webmail.http.pages.desk import Desk, aside
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.mail import compose, headers
from webmail.mail.headers import BadAddress, Person, parse_recipients

# What a draft must remember and a message has no field for: what it answers, and addresses half typed.
NOTE = "X-Webmail-Draft"
NOTE_LINE = 900  # octets of a folded line; RFC 5322, 2.1.1 allows 998
MAX_NOTE = 32_000  # octets; what would not be read back whole is left out
ANSWERED, FORWARDED = "\\Answered", "$Forwarded"  # RFC 9051, 2.3.2; RFC 5788


async def save(desk: Desk, letter: Letter, files: Sequence[File]) -> Letter:
    """Put the letter into Drafts in place of its older copies; the letter that knows where it lies.

    Raises MailError; the older copy is still there then.
    """
    message_id = desk.message_id(letter)
    try:
        size, head, rest = await aside(letter, _written, desk, letter, files)
    except ValueError as error:
        raise BadRequest(
            N_("Not saved: a field holds characters that mail can’t carry."), detail=str(error)
        ) from error
    async with desk.lease() as box:
        async with aclosing(_poured(head, rest)) as blocks:
            folder, uidvalidity, uid = await box.save_draft(message_id, size, blocks)
        await _replace_older(box, letter, message_id)
    return replace(letter, saved=Place(folder, uidvalidity, uid or 0), replaces="")


def _written(
    desk: Desk, letter: Letter, files: Sequence[File]
) -> tuple[int, bytes, Generator[bytes, None, None]]:
    """The draft: its octets, its first block, which takes the longest to make, and the others."""
    whom = Recipients(*(legible(getattr(letter, name)) for name in RECIPIENT_FIELDS))
    message = desk.message(letter, whom, files)
    remembered = note(letter)
    blocks = compose.blocks(message, bcc=True)
    return compose.size(message, bcc=True) + len(remembered), remembered + next(blocks), blocks


async def _poured(head: bytes, rest: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """The draft's blocks; its files are read in a thread."""
    with closing(rest):
        yield head
        while block := await in_thread(next, rest, b""):
            yield block


async def drop(desk: Desk, letter: Letter) -> None:
    """Take the letter's drafts away for good: it was handed in."""
    async with desk.lease() as box:
        await _drop_all(desk, box, letter)
        if letter.replaces == NAMELESS:
            await _trash(box, letter.saved)


async def discard(desk: Desk, letter: Letter) -> None:
    """Take the letter's draft away; the copy goes to Trash, where it can be found again."""
    async with desk.lease() as box:
        await _trash(box, letter.saved)
        await _drop_all(desk, box, letter)


async def _drop_all(desk: Desk, box: Box, letter: Letter) -> None:
    await box.drop_draft(desk.message_id(letter))
    if letter.replaces not in {"", NAMELESS}:
        await box.drop_draft(letter.replaces)


async def _trash(box: Box, place: Place | None) -> None:
    if place is not None and place.uid:
        with suppress(NotFound):  # another client was quicker
            await box.delete(place.folder, place.uidvalidity, [place.uid])


async def reopen(desk: Desk, box: Box, message: Message, place: Place, compose_id: str) -> Letter:
    """The letter that this draft holds. Its files are not yet in the spool."""
    remembered = _read_note(await box.header_bytes(message))
    how = remembered.get("how", "new")
    fresh = Letter(
        compose=compose_id,
        how=how if how in HOWS else "new",
        to=remembered.get("to") or typed(message.to),
        cc=remembered.get("cc") or typed(message.cc),
        bcc=remembered.get("bcc") or typed(message.bcc),
        subject=message.summary.subject,
        text=await copying.text_of(box, message),
        in_reply_to=headers.message_ids(message.in_reply_to)[-1:],
        references=headers.message_ids(message.references),
        origin=Place.parse(remembered.get("origin", "")),
        saved=place,
    )
    same = message.message_id == desk.message_id(fresh)
    return fresh if same else replace(fresh, replaces=message.message_id or NAMELESS)


async def _replace_older(box: Box, letter: Letter, message_id: str) -> None:
    """The draft that was opened, if this letter has another Message-ID than it."""
    if letter.replaces == NAMELESS:
        await _trash(box, letter.saved)
    elif letter.replaces and letter.replaces != message_id:
        await box.drop_draft(letter.replaces)


def note(letter: Letter) -> bytes:
    """The header field that says what a draft must remember (percent-encoded, folded)."""
    values = {"how": letter.how, "origin": str(letter.origin or "")}
    for name in RECIPIENT_FIELDS:
        text = getattr(letter, name)
        if typed(legible(text)) != text and not _is_whole(text):
            values[name] = text
    encoded = urlencode({name: value for name, value in values.items() if value}).encode("ascii")
    if len(encoded) > MAX_NOTE:
        return b""
    lines = [encoded[at : at + NOTE_LINE] for at in range(0, len(encoded), NOTE_LINE)]
    return NOTE.encode() + b": " + b"\r\n ".join(lines) + b"\r\n"


def _read_note(block: bytes) -> dict[str, str]:
    found = next((value for name, value in headers.fields(block) if name.lower() == NOTE.lower()), "")
    pairs = parse_qsl(re.sub(r"\s", "", found), errors="replace")
    return {name: one_line(value, ", ") for name, value in pairs}


def _is_whole(text: str) -> bool:
    try:
        parse_recipients(text)
    except BadAddress:
        return False
    return True


def typed(people: tuple[Person, ...]) -> str:
    """These people as one would type them."""
    return ", ".join(str(person) for person in people if person.address)
