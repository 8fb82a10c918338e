"""Files into a letter: one request each from the page's script, or with the form, part by part."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webmail.disk import in_thread
from webmail.errors import OverQuota, TooBig
from webmail.http import multipart
from webmail.http.forms import MAX_FORM, PARSE_INLINE, Form, clean, form
from webmail.http.pages import showing, weighing
from webmail.http.pages.composing import Kept, Letter, attached, check_compose, letter_of
from webmail.http.pages.desk import Desk, check_person, desk
from webmail.http.pages.weighing import Scale
from webmail.http.spool import File
from webmail.mail.parts import safe_name

PLAIN_TYPE = "application/octet-stream"
NAMELESS = "attachment"
SIZES = frozenset(
    {"service.http.maxpostsize", "service.http.maxmessagesize"}
)  # limits that we say in our words
# RFC 6838, 4.2; message/* and multipart/* would have to go out unencoded, so an upload never is one.
_TYPE = re.compile(
    r"(?!message/|multipart/)[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
)


@dataclass(frozen=True, slots=True)
class Posted:
    """What the page sent: the letter with the files it shows and those that just came."""

    letter: Letter
    files: tuple[File, ...]  # those of them that lie in the spool
    action: str
    refused: tuple[str, ...] = ()  # why a file was not taken, in the person's language


async def receive(request: Request) -> Response:
    """PUT /write/{compose}/files?name=…&type=…: the body is the file. 201 with what came of it."""
    at = await desk(request)
    letter = Letter(check_compose(request.path_params["compose"]))
    query = request.query_params
    name, type_ = query.get("name", ""), query.get("type", "")
    scale = await at.scale(letter, await at.spooled(letter.compose))
    async with aclosing(request.stream()) as blocks:
        file = await _take(at, letter, scale, name, type_, blocks, length=_length(request))
    return JSONResponse({**asdict(showing.rows([file])[0]), **await _left(at, letter)}, 201)


async def remove(request: Request) -> Response:
    """DELETE /write/{compose}/files/{id}"""
    at = await desk(request)
    letter = Letter(check_compose(request.path_params["compose"]))
    await in_thread(at.here.spool.remove, at.session.key, letter.compose, request.path_params["id"])
    return JSONResponse(await _left(at, letter))


async def _left(at: Desk, letter: Letter) -> dict[str, int]:
    """What the letter's files are together, and what is left for others."""
    files = await at.spooled(letter.compose)
    scale = await at.scale(letter, files)
    return {"total": showing.total(files), "left": max(0, scale.room("", PLAIN_TYPE, at.limits))}


async def read(request: Request, at: Desk) -> Posted:
    """The posted letter; files of a multipart form go to the spool as they arrive. Raises MailError."""
    if not multipart.is_multipart(request):
        letter, action = _posted(await form(request), at)
        return Posted(letter, await at.files(letter), action)
    reader = _Reader(at)
    async with aclosing(multipart.parts(request)) as found:
        async for part in found:
            await reader.read(part)
    letter, action = _posted(await reader.form(), at)
    letter = replace(letter, kept=(*letter.kept, *reader.came))
    return Posted(letter, await at.files(letter), action, tuple(reader.refused))


class _Reader:
    """Takes the parts of one posted form: fields into memory, files into the spool."""

    def __init__(self, at: Desk) -> None:
        self._at = at
        self._fields: list[tuple[str, str]] = []
        self._room = MAX_FORM
        self._begun: tuple[Letter, Scale] | None = None  # with the first file: the fields stand before it
        self.came: list[Kept] = []
        self.refused: list[str] = []

    async def form(self) -> Form:
        """The fields that came so far."""
        if MAX_FORM - self._room <= PARSE_INLINE:
            return clean(self._fields)
        return await asyncio.to_thread(clean, self._fields)

    async def read(self, part: multipart.Part) -> None:
        if part.filename is None:
            value = await part.text(self._room)
            self._room -= len(value)
            self._fields.append((part.name, value))
        elif part.filename:  # a file field that nobody used has an empty name
            await self._file(part)

    async def _file(self, part: multipart.Part) -> None:
        if self._begun is None:
            letter, _action = _posted(await self.form(), self._at)
            self._begun = letter, await self._at.scale(letter, await self._at.files(letter))
        letter, scale = self._begun
        try:
            async with aclosing(part.blocks()) as blocks:
                file = await _take(self._at, letter, scale, part.filename or "", part.type, blocks)
        except (TooBig, OverQuota) as error:
            self.refused.append(error.said(self._at.translate))
        else:
            self.came.append(Kept.of(file))


async def _take(
    at: Desk,
    letter: Letter,
    scale: Scale,
    name: str,
    type_: str,
    blocks: AsyncIterator[bytes],
    length: int | None = None,
) -> File:
    """Stream one file to the spool and add it. Raises TooBig with the words of the limit that it passed."""
    name = safe_name(name) or NAMELESS
    type_ = type_.partition(";")[0].strip().lower()
    type_ = type_ if _TYPE.fullmatch(type_) else PLAIN_TYPE
    fits = scale.room(name, type_, at.limits)
    refusal = weighing.too_big(name, fits, at.limits, at.translate)
    if fits < 0 or (length is not None and length > fits):
        raise refusal
    try:
        file = await at.here.spool.receive(
            at.session.key, letter.compose, name, type_, blocks, fits, length=length
        )
    except TooBig as error:
        raise (refusal if error.detail in SIZES else error) from error
    except OverQuota:
        await at.make_room(letter.compose)  # so that the next try finds some
        raise
    scale.add(attached(file))
    return file


def _posted(posted: Form, at: Desk) -> tuple[Letter, str]:
    """The letter and what is to be done with it."""
    check_person(at.session, posted.one("person"))
    return letter_of(posted), posted.one("action", "save")


def _length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
