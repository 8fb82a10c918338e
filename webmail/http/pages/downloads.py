"""Parts and sources of messages on their way to a disk: streamed, and harmless whatever they claim to be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from webmail.errors import NotFound
from webmail.http.gateway import gateway, identity
from webmail.http.pages import asked
from webmail.i18n import N_
from webmail.mail.parts import filename, find, safe_name
from webmail.wire.imap_replies import Part

NO_PART = N_("The message has no such part.")
ANYTHING = "application/octet-stream"
# Types that a browser or telephone may hand to a program of its own; none can hold a script of ours.
KNOWN = frozenset(
    {
        "application/pdf",
        "application/zip",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "audio/mpeg",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/calendar",
        "text/plain",
        "video/mp4",
    }
)
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Download-Options": "noopen",
}


async def part(request: Request) -> Response:
    """GET /mail/{uidvalidity}/{uid}/part/{section}: an attachment, to be saved."""
    here, where = gateway(request), asked.message(request)
    async with here.pool.lease(identity(request)) as box:
        message = await box.open(*where)
    found = find(message.structure, request.path_params["section"])
    if found is None or found.type == "multipart":
        raise NotFound(NO_PART)
    blocks = here.pool.part_blocks(identity(request), *where, found)
    named = {"Content-Disposition": disposition(filename(found)), "Content-Type": media_type(found)}
    return await _streamed(blocks, HEADERS | named)


async def source(request: Request) -> Response:
    """GET …/source: the message as it lies there; `?save=1` as a file."""
    here, where = gateway(request), asked.message(request)
    headers = {**HEADERS, "Content-Type": "text/plain; charset=utf-8"}
    if request.query_params.get("save"):
        async with here.pool.lease(identity(request)) as box:
            message = await box.open(*where)
        name = safe_name(message.summary.subject.replace("/", "-"))[:170] or "message"
        headers |= {"Content-Disposition": disposition(f"{name}.eml"), "Content-Type": ANYTHING}
    return await _streamed(here.pool.source_blocks(identity(request), *where), headers)


async def _streamed(blocks: AsyncIterator[bytes], headers: dict[str, str]) -> Response:
    """The first block is fetched before the answer begins, so that a failure still becomes a page."""
    first = await anext(blocks, b"")
    return StreamingResponse(_rest(first, blocks), headers=headers)


async def _rest(first: bytes, blocks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    assert isinstance(blocks, AsyncGenerator)  # noqa: S101  for the type checker
    async with aclosing(blocks):
        yield first
        async for block in blocks:
            yield block


def media_type(part: Part) -> str:
    """What to call the part: its own type if that is harmless, else just octets."""
    kind = f"{part.type}/{part.subtype}"
    return kind if kind in KNOWN else ANYTHING


def disposition(name: str) -> str:
    """Content-Disposition for a name in any script (RFC 6266, 4.3; RFC 8187)."""
    plain = "".join(c if 0x20 <= ord(c) < 0x7F and c not in '"\\%' else "_" for c in name)
    if plain == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
