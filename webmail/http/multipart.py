"""Forms with files, part by part as they arrive: no file is ever held in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from webmail.errors import BadRequest, TooBig
from webmail.http.forms import Form, clean
from webmail.i18n import N_

MAX_PARTS = 2000  # fields and files of one form; ours has about twenty
# Bytes of one request that we read and throw away so that the text beside a file too big is kept.
MAX_BODY = 1024 * 1024 * 1024


@dataclass(slots=True)
class Part:
    """One field or file; its blocks can be read once, and end where the next part begins."""

    name: str
    filename: str | None  # None: a field
    type: str
    _events: AsyncIterator[bytes | None]
    _ended: bool = False

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        while not self._ended:
            block = await anext(self._events, None)
            if block is None:
                self._ended = True
            elif block:
                yield block

    async def skip(self) -> None:
        """Read what is left of it and throw it away."""
        async for _block in self.blocks():
            pass

    async def text(self, limit: int) -> str:
        """A field's value. Raises TooBig."""
        gathered = bytearray()
        async for block in self.blocks():
            gathered += block
            if len(gathered) > limit:
                raise TooBig(N_("This form is too long. Nothing was changed."))
        return gathered.decode("utf-8", "replace")


def is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


async def parts(request: Request) -> AsyncGenerator[Part, None]:
    """The parts of a multipart/form-data body (RFC 7578). Raises BadRequest, TooBig."""
    async with aclosing(_events(request)) as events:
        count = 0
        async for event in events:
            if not isinstance(event, dict):
                continue  # what nobody read of the last part
            count += 1
            if count > MAX_PARTS:
                raise BadRequest(detail="too many parts")
            part = _part(event, _data_of(events))
            yield part
            await part.skip()


async def fields(request: Request, limit: int) -> Form:
    """The fields alone, of at most so many characters; files are read and thrown away."""
    kept: list[tuple[str, str]] = []
    room = limit
    async with aclosing(parts(request)) as found:
        async for part in found:
            if part.filename is None:
                value = await part.text(room)
                room -= len(value)
                kept.append((part.name, value))
    return clean(kept)


Event = dict[bytes, bytes] | bytes | None  # a part's headers, a block of it, its end


@dataclass(slots=True)
class _Collector:
    """The parser's callbacks, written down as events."""

    events: list[Event] = field(default_factory=list)
    ended: bool = False
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    _name: bytes = b""
    _value: bytes = b""

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": lambda: self.events.append(self._headers),
            "on_part_data": lambda data, start, end: self.events.append(data[start:end]),
            "on_part_end": lambda: self.events.append(None),
            "on_end": self._end,
        }

    def _end(self) -> None:
        self.ended = True

    def _begin(self) -> None:
        self._headers = {}

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""


async def _events(request: Request) -> AsyncGenerator[Event, None]:
    collector = _Collector()
    parser = _parser(request, collector)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooBig(N_("This form is too long. Nothing was changed."))
        try:
            parser.write(chunk)
        except FormParserError as error:
            raise BadRequest(detail=f"multipart: {error}") from error
        for event in collector.events:
            yield event
        collector.events.clear()
    if not collector.ended:
        raise BadRequest(detail="multipart: cut short")


def _parser(request: Request, collector: _Collector) -> MultipartParser:
    _type, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise BadRequest(detail="multipart without boundary")
    try:
        return MultipartParser(boundary, collector.callbacks())  # type: ignore[arg-type]
    except FormParserError as error:
        raise BadRequest(detail=f"multipart: {error}") from error


async def _data_of(events: AsyncIterator[Event]) -> AsyncIterator[bytes | None]:
    async for event in events:
        if isinstance(event, dict):
            raise BadRequest(detail="multipart: a part has no end")
        yield event
        if event is None:
            return


def _part(headers: dict[bytes, bytes], data: AsyncIterator[bytes | None]) -> Part:
    _disposition, options = parse_options_header(headers.get(b"content-disposition", b""))
    filename = options.get(b"filename")
    return Part(
        name=options.get(b"name", b"").decode("utf-8", "replace"),
        # Browsers write a quote in a name as %22 (HTML, multipart/form-data encoding algorithm).
        filename=None if filename is None else filename.decode("utf-8", "replace").replace("%22", '"'),
        type=headers.get(b"content-type", b"").decode("ascii", "replace"),
        _events=data,
    )
