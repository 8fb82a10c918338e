"""Posted forms: urlencoded, bounded, every value clean of what no field may hold."""

from __future__ import annotations

import asyncio
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from webmail.errors import BadRequest, TooBig
from webmail.i18n import N_

MAX_FIELDS = 10_000  # a page of ticked messages many times over
MAX_FORM = 32 * 1024 * 1024  # the text of a message, percent-encoded; memory for one request
PARSE_INLINE = 64 * 1024  # a larger body is parsed in a thread: it would hold up the others

_BARE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in the order they came."""

    fields: tuple[tuple[str, str], ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for key, value in self.fields if key == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.fields if key == name)


def clean(fields: Iterable[tuple[str, str]]) -> Form:
    """Refuse NUL, which nothing behind us takes; line breaks become one LF."""
    kept = []
    for name, value in fields:
        if "\0" in value or "\0" in name:
            raise BadRequest(N_("The form holds a character that can’t be stored. Nothing was changed."))
        kept.append((name, value.replace("\r\n", "\n").replace("\r", "\n")))
    return Form(tuple(kept))


async def form(request: Request, limit: int = MAX_FORM) -> Form:
    """The request's urlencoded form of at most so many octets, parsed once. Raises BadRequest, TooBig."""
    parsed = getattr(request.state, "form", None)
    if isinstance(parsed, Form):
        return parsed
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", ""}:
        raise BadRequest(detail=f"content type {kind!r}")
    body = await _body(request, limit)
    parsed = _parse(body) if len(body) <= PARSE_INLINE else await asyncio.to_thread(_parse, body)
    request.state.form = parsed
    return parsed


async def _body(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooBig(N_("This form is too long. Nothing was changed."))
        chunks.append(chunk)
    return b"".join(chunks)


def _parse(body: bytes) -> Form:
    pairs = body.split(b"&")
    if len(pairs) > MAX_FIELDS or not body.isascii():
        raise BadRequest(detail="form not urlencoded or with too many fields")
    return clean((_text(name), _text(value)) for name, _, value in (it.partition(b"=") for it in pairs if it))


def _text(escaped: bytes) -> str:
    """Percent-decoding (URL Standard, 5.1); urllib’s holds each escape as an object of many octets."""
    octets = escaped.replace(b"+", b" ")
    if b"%" in octets:
        octets = _BARE.sub(b"%25", octets).replace(b"=", b"%3D").replace(b"%", b"=")
        octets = binascii.a2b_qp(octets)  # no = is left but before two hexadecimal digits
    return octets.decode("utf-8", "replace")
