"""A message, opened: who wrote it, what it brings along, and the letter itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Folder, Message, Page
from webmail.http.gateway import gateway, identity
from webmail.http.pages import asked, formats, letter, listing
from webmail.http.pages.render import mail_url
from webmail.mail.display import Choice, choose
from webmail.mail.headers import Person, fields
from webmail.mail.parts import filename
from webmail.wire.imap_replies import Part

WIDE = "wide"  # the cookie of browsers with room for the list beside the message
KIND_LETTERS = 4  # of a file name’s extension, on the tile
ENCODED = 78 / 57  # octets of base64 with its line breaks for an octet of the file


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as the page shows it."""

    name: str
    kind: str
    tone: int
    size: int
    href: str
    opens: str  # the address of a message inside the message; else empty


@dataclass(frozen=True, slots=True)
class View:
    """An opened message, ready for its template."""

    message: Message
    page: int
    special: str
    people: tuple[tuple[str, tuple[Person, ...]], ...]  # label and who
    files: tuple[File, ...]
    frame: str  # the address of the letter’s own document; empty if it is text
    text: Markup
    cut: bool  # only the beginning of the text is shown
    other: str  # "text" or "html", if it can be read that way too


@dataclass(frozen=True, slots=True)
class _Opened:
    message: Message
    choice: Choice
    raw: letter.Raw
    folders: tuple[Folder, ...]
    beside: Page | None


async def open_page(request: Request) -> Response:
    """GET /mail/{uidvalidity}/{uid}?folder=&page=&show="""
    here = gateway(request)
    opened = await _open(request)
    translate = here.render.translate(request)
    shown = _view(request, opened, await letter.text_html(opened.raw))
    beside = None
    if opened.beside is not None:
        beside = listing.view(opened.beside, opened.folders, here.render.zone(request), translate)
    folder = opened.message.folder
    return here.render.page(
        request, "message.html", view=shown, list=beside, folders=opened.folders, here=folder
    )


async def headers(request: Request) -> Response:
    """GET …/headers: every field of the header, decoded."""
    here, where = gateway(request), asked.message(request)
    async with here.pool.lease(identity(request)) as box:
        message = await box.open(*where)
        block = await box.header_bytes(message)
        folders = await box.folders()
    return here.render.page(
        request, "headers.html", message=message, fields=fields(block), folders=folders, here=message.folder
    )


async def _open(request: Request) -> _Opened:
    """All that the page needs of the backend: two round trips if the message is not new."""
    where = asked.message(request)
    async with gateway(request).pool.lease(identity(request)) as box:
        message = await box.open(*where)
        choice = choose(message.structure)
        raw = await letter.fetch(box, message, _text_part(choice, request.query_params.get("show", "")))
        folders = await box.folders()
        beside = None
        if request.cookies.get(WIDE) == "1":
            number = asked.page_number(request.query_params.get("page", ""))
            beside = await box.page(message.folder, number)
        if not message.summary.seen and _is_read_by_a_person(request):
            folders, beside = await _mark_read(box, message, folders, beside)
    return _Opened(message, choice, raw, folders, beside)


async def _mark_read(
    box: Box, message: Message, folders: tuple[Folder, ...], beside: Page | None
) -> tuple[tuple[Folder, ...], Page | None]:
    """Mark it, and tell so in what was fetched before."""
    uid = message.summary.uid
    await box.flag(message.folder, message.uidvalidity, (uid,), add=("\\Seen",))
    counted = tuple(_one_less(f) if f.name == message.folder else f for f in folders)
    if beside is not None:
        rows = (replace(row, flags=row.flags | {"\\seen"}) if row.uid == uid else row for row in beside.rows)
        beside = replace(beside, rows=tuple(rows))
    return counted, beside


def _one_less(folder: Folder) -> Folder:
    return replace(folder, unseen=folder.unseen - 1) if folder.unseen else folder


def _is_read_by_a_person(request: Request) -> bool:
    asked_early = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return request.method == "GET" and "prefetch" not in asked_early


def _text_part(choice: Choice, show: str) -> Part | None:
    """The text to put into the page itself; HTML comes in a frame."""
    wants_text = show == "text" or choice.best == "text"
    return choice.text if wants_text or choice.html is None else None


def _view(request: Request, opened: _Opened, text: Markup) -> View:
    message, choice, raw = opened.message, opened.choice, opened.raw
    _ = gateway(request).render.translate(request)
    place = (message.folder, message.uidvalidity, message.summary.uid)
    framed = choice.html if raw.part is None else None
    people = (
        (_("From"), message.from_),
        (_("Reply to"), message.reply_to if message.reply_to != message.from_ else ()),
        (_("To"), message.to),
        (_("Cc"), message.cc),
        (_("Bcc"), message.bcc),
    )
    return View(
        message=message,
        page=asked.page_number(request.query_params.get("page", "")),
        special=next((f.special for f in opened.folders if f.name == message.folder), ""),
        people=tuple((label, who) for label, who in people if who),
        files=_files(choice.attachments, place),
        frame=_at(place, "body", framed.section) if framed else "",
        text=text,
        cut=raw.part is not None and raw.part.size > letter.MAX_BODY,
        other="" if not (choice.text and choice.html) else "text" if framed else "html",
    )


def _files(parts: Sequence[Part], place: tuple[str, int, int]) -> tuple[File, ...]:
    return tuple(_file(part, place) for part in parts)


def _file(part: Part, place: tuple[str, int, int]) -> File:
    name = filename(part)
    stem, _dot, end = name.rpartition(".")
    kind = end.upper() if stem and 0 < len(end) <= KIND_LETTERS else "…"
    is_message = part.envelope is not None and bool(part.parts)
    return File(
        name=name,
        kind=kind,
        tone=formats.tone(kind),
        size=round(part.size / ENCODED) if part.encoding == "base64" else part.size,
        href=_at(place, "part", part.section),
        opens=_at(place, "print", section=part.section) if is_message else "",
    )


def _at(place: tuple[str, int, int], *path: str, **query: str) -> str:
    folder, uidvalidity, uid = place
    return mail_url(folder, uidvalidity, uid, *path, **query)
