"""Files into a letter: one request each from the page's script, or with the form, part by part."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webmail.errors import OverQuota, TooBig
from webmail.http import multipart
from webmail.http.forms import MAX_FORM, Form, clean, form
from webmail.http.pages import showing, weighing
from webmail.http.pages.composing import Kept, Letter, Recipients, check_compose, letter_of
from webmail.http.pages.desk import Desk, check_person, desk
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
    action: str
    refused: tuple[str, ...] = ()  # why a file was not taken, in the person's language


async def receive(request: Request) -> Response:
    """PUT /write/{compose}/files?name=…&type=…: the body is the file. 201 with what came of it."""
    at = await desk(request)
    letter = Letter(check_compose(request.path_params["compose"]))
    query = request.query_params
    file = await _take(
        at,
        letter,
        query.get("name", ""),
        query.get("type", ""),
        request.stream(),
        length=_length(request),
    )
    files = at.spooled(letter.compose)
    message = at.message(letter, Recipients(), files)
    answer = {
        **asdict(showing.rows([file])[0]),
        "total": showing.total(files),
        "left": max(0, weighing.room(message, "", PLAIN_TYPE, at.limits)),
    }
    return JSONResponse(answer, 201)


async def remove(request: Request) -> Response:
    """DELETE /write/{compose}/files/{id}"""
    at = await desk(request)
    letter = Letter(check_compose(request.path_params["compose"]))
    at.here.spool.remove(at.session.key, letter.compose, request.path_params["id"])
    files = at.spooled(letter.compose)
    message = at.message(letter, Recipients(), files)
    left = max(0, weighing.room(message, "", PLAIN_TYPE, at.limits))
    return JSONResponse({"total": showing.total(files), "left": left})


async def read(request: Request, at: Desk) -> Posted:
    """The posted letter; files of a multipart form go to the spool as they arrive. Raises MailError."""
    if not multipart.is_multipart(request):
        return _posted(await form(request), at)
    reader = _Reader(at)
    async with aclosing(multipart.parts(request)) as found:
        async for part in found:
            await reader.read(part)
    posted = _posted(reader.form, at)
    came = tuple(Kept.of(file) for file in reader.files)
    return replace(
        posted,
        letter=replace(posted.letter, kept=(*posted.letter.kept, *came)),
        refused=tuple(reader.refused),
    )


class _Reader:
    """Takes the parts of one posted form: fields into memory, files into the spool."""

    def __init__(self, at: Desk) -> None:
        self._at = at
        self._fields: list[tuple[str, str]] = []
        self._room = MAX_FORM
        self.files: list[File] = []
        self.refused: list[str] = []

    @property
    def form(self) -> Form:
        return clean(self._fields)

    async def read(self, part: multipart.Part) -> None:
        if part.filename is None:
            value = await part.text(self._room)
            self._room -= len(value)
            self._fields.append((part.name, value))
        elif part.filename:  # a file field that nobody used has an empty name
            await self._file(part)

    async def _file(self, part: multipart.Part) -> None:
        letter = _posted(self.form, self._at).letter
        letter = replace(letter, kept=(*letter.kept, *(Kept.of(file) for file in self.files)))
        try:
            file = await _take(self._at, letter, part.filename or "", part.type, part.blocks())
        except (TooBig, OverQuota) as error:
            self.refused.append(error.said(self._at.translate))
        else:
            self.files.append(file)


async def _take(
    at: Desk, letter: Letter, name: str, type_: str, blocks: AsyncIterator[bytes], length: int | None = None
) -> File:
    """Stream one file to the spool. Raises TooBig with the words of the limit that it passed."""
    name = safe_name(name) or NAMELESS
    type_ = type_.partition(";")[0].strip().lower()
    type_ = type_ if _TYPE.fullmatch(type_) else PLAIN_TYPE
    files = at.files(letter) if letter.kept else at.spooled(letter.compose)
    message = at.message(letter, Recipients(), files)
    fits = await weighing.aside(message, weighing.room, name, type_, at.limits)
    refusal = weighing.too_big(name, fits, at.limits, at.translate)
    if fits < 0 or (length is not None and length > fits):
        raise refusal
    try:
        return await at.here.spool.receive(
            at.session.key, letter.compose, name, type_, blocks, fits, length=length
        )
    except TooBig as error:
        raise (refusal if error.detail in SIZES else error) from error
    except OverQuota:
        at.here.spool.drop_copies(at.session.key, letter.compose)  # so that the next try finds room
        raise


def _posted(posted: Form, at: Desk) -> Posted:
    check_person(at.session, posted.one("person"))
    return Posted(letter_of(posted), posted.one("action", "save"))


def _length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
