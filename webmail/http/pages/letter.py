"""A letter as a document of its own: sanitised, in a sandbox, with its pictures inside it."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from webmail.errors import MailError, NotFound
from webmail.http.answers import row, sentence
from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Message
from webmail.http.backend.pool import Identity
from webmail.http.gateway import Gateway, gateway, identity
from webmail.http.pages import asked
from webmail.mail.display import choose
from webmail.mail.headers import Person, decode, parse_date, people
from webmail.mail.parts import find
from webmail.mail.sanitize import TooMuch, sanitize
from webmail.mail.text import decode_text, from_html, to_html
from webmail.wire import ProtocolError
from webmail.wire.imap_replies import Part

T = TypeVar("T")

MAX_BODY = 2 * 1024 * 1024  # octets of a body that are shown; newsletters have a tenth
INLINE = 50_000  # octets of a body: a longer one is read in a thread
MAX_PICTURES = 100  # places in one letter that show a picture from inside it
MAX_PICTURE_OCTETS = 25 * 1024 * 1024  # of all those pictures together: what a mail server takes at most
PICTURES = frozenset({"png", "jpeg", "jpg", "pjpeg", "gif", "webp", "bmp", "avif"})  # none can hold a script
HEADERS = {
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "unsafe-none",  # with the sandbox any other would refuse the page
    "X-DNS-Prefetch-Control": "off",
}
_OWN_COLOURS = re.compile(
    r"""\sbgcolor="|<font[^>]*\scolor="|\sstyle="(?:[^"]*;)?\s*(?:background|color)(?:-color)?:"""
)


@dataclass(frozen=True, slots=True)
class Body:
    """What of a message is read, ready to be put into a document."""

    html: str
    blocked: int = 0  # pictures and the like that are somewhere else and were not fetched
    colours: bool = False  # the sender chose colours: the letter keeps its paper
    is_text: bool = False
    plainer: bool = False  # it was too much to be shown with its formatting


class Pictures:
    """Marks the places of pictures from inside a message, and lets each flow into its place.

    Within its sandbox a letter has no cookie and so can fetch nothing: what it shows must be in it.
    """

    def __init__(self, inline: Mapping[str, Part]) -> None:
        self._inline = inline
        self._mark = secrets.token_hex(16)  # of base64’s alphabet, and not to be guessed by a sender
        self._placed: list[Part] = []
        self._room = MAX_PICTURE_OCTETS

    def __call__(self, cid: str) -> str | None:
        """The address of the picture with this Content-ID; None if it is not to be shown."""
        part = self._inline.get(cid)
        if part is None or part.subtype not in PICTURES or len(self._placed) >= MAX_PICTURES:
            return None
        self._room -= part.size
        if self._room < 0:
            return None
        self._placed.append(part)
        return f"data:image/{part.subtype};base64,{self._mark}{len(self._placed) - 1:03d}"

    def split(self, document: str) -> Iterator[tuple[str, Part | None]]:
        """The document in pieces, each with the picture that comes behind it."""
        pieces = re.split(rf"{self._mark}(\d{{3}})", document)
        for text, number in zip(pieces[::2], [*pieces[1::2], None], strict=True):
            yield text, None if number is None else self._placed[int(number)]


@dataclass(frozen=True, slots=True)
class Raw:
    """A body as it was fetched, before anything is done with it."""

    part: Part | None
    data: bytes = b""


async def body_frame(request: Request) -> Response:
    """GET /mail/{uidvalidity}/{uid}/body/{section}: the HTML of a letter, for the frame of its page."""
    here, where = gateway(request), asked.message(request)
    try:
        async with here.pool.lease(identity(request)) as box:
            message = await box.open(*where)
            part = find(message.structure, request.path_params["section"])
            if part is None or (part.type, part.subtype) != ("text", "html"):
                raise NotFound
            raw = await fetch(box, message, part)
        pictures = Pictures(choose(message.structure).inline)
        body = await readable(raw, pictures)
    except (MailError, ProtocolError) as error:
        document = here.render.text("letter.html", body=Body(""), problem=sentence(request, error))
        return HTMLResponse(document, row(error)[0], headers=HEADERS)
    document = here.render.text("letter.html", body=body, problem="")
    return _answer(request, message, pictures, document)


async def print_page(request: Request) -> Response:
    """GET …/print, with `?section=` a message inside the message: a clean page, head and letter."""
    here, where = gateway(request), asked.message(request)
    async with here.pool.lease(identity(request)) as box:
        message = await box.open(*where)
        structure, head = _inner(message, request.query_params.get("section", ""))
        choice = choose(structure)
        raw = await fetch(box, message, choice.html or choice.text)
    pictures = Pictures(choice.inline)
    body = await readable(raw, pictures)
    zone = here.render.zone(request)
    document = here.render.text("print.html", body=body, head=head, zone=zone, problem="")
    return _answer(request, message, pictures, document)


async def fetch(box: Box, message: Message, part: Part | None) -> Raw:
    """The first MAX_BODY octets of a body."""
    return Raw(part, await box.part_bytes(message, part, MAX_BODY) if part else b"")


async def readable(raw: Raw, pictures: Pictures) -> Body:
    """The body as HTML, made harmless."""
    if raw.part is None:
        return Body("")
    if raw.part.subtype != "html":
        return Body(await text_html(raw), is_text=True)
    return await _aside(raw.data, _sanitised, raw, pictures)


def _sanitised(raw: Raw, pictures: Pictures) -> Body:
    """The HTML made harmless, or just its text where it is too much for that."""
    assert raw.part is not None  # noqa: S101  for the type checker
    source = decode_text(raw.data, raw.part.params.get("charset"))
    try:
        clean = sanitize(source, pictures)
    except TooMuch:
        text = to_html(from_html(source))
        return Body(Markup(text), is_text=True, plainer=True)  # noqa: S704  escaped by to_html
    return Body(Markup(clean.html), clean.blocked, bool(_OWN_COLOURS.search(clean.html)))  # noqa: S704


async def text_html(raw: Raw) -> Markup:
    """A text part as safe HTML."""
    return await _aside(raw.data, _text_html, raw)


async def _aside(data: bytes, work: Callable[..., T], *values: object) -> T:
    """In a thread if there is much to do: the others must not wait for it."""
    return await asyncio.to_thread(work, *values) if len(data) > INLINE else work(*values)


def _text_html(raw: Raw) -> Markup:
    if raw.part is None:
        return Markup()
    text = decode_text(raw.data, raw.part.params.get("charset"))
    flowed = raw.part.params.get("format", b"").lower() == b"flowed"
    delsp = raw.part.params.get("delsp", b"").lower() == b"yes"
    return Markup(to_html(text, flowed=flowed, delsp=delsp))  # noqa: S704  escaped by to_html


def _answer(request: Request, message: Message, pictures: Pictures, document: str) -> Response:
    pieces = list(pictures.split(document))
    if len(pieces) == 1:
        return HTMLResponse(document, headers=HEADERS)
    blocks = _flow(gateway(request), identity(request), message, pieces)
    return StreamingResponse(blocks, media_type="text/html", headers=HEADERS)


async def _flow(
    here: Gateway, who: Identity, message: Message, pieces: list[tuple[str, Part | None]]
) -> AsyncIterator[bytes]:
    for text, part in pieces:
        yield text.encode()
        if part is not None:
            place = (message.folder, message.uidvalidity, message.summary.uid)
            async with aclosing(_base64(here.pool.part_blocks(who, *place, part))) as blocks:
                async for block in blocks:
                    yield block


async def _base64(blocks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    held = b""
    try:
        async for block in blocks:
            held += block
            whole = len(held) - len(held) % 3
            yield base64.b64encode(held[:whole])
            held = held[whole:]
    except (MailError, ProtocolError):
        return  # this picture stays away; the letter goes on
    yield base64.b64encode(held)


@dataclass(frozen=True, slots=True)
class Head:
    """The lines above a printed letter."""

    subject: str
    sender: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    date: datetime | None


def _inner(message: Message, section: str) -> tuple[Part, Head]:
    if not section:
        summary = message.summary
        return message.structure, Head(summary.subject, message.from_, message.to, message.cc, summary.date)
    part = find(message.structure, section)
    if part is None or part.envelope is None or not part.parts:
        raise NotFound
    envelope = part.envelope
    return part.parts[0], Head(
        decode(envelope.subject),
        people(envelope.from_),
        people(envelope.to),
        people(envelope.cc),
        parse_date(envelope.date),
    )
