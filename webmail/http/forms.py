"""Posted forms: urlencoded, bounded, every value clean of what no field may hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from webmail.errors import BadRequest, TooBig
from webmail.i18n import N_

MAX_FIELDS = 10_000  # a page of ticked messages many times over
MAX_FORM = 32 * 1024 * 1024  # the text of a message, percent-encoded; memory for one request
PARSE_INLINE = 64 * 1024  # a larger body is parsed in a thread: it would hold up the others


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
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError as error:
        raise BadRequest(detail="form not urlencoded or with too many fields") from error
    return clean(pairs)
