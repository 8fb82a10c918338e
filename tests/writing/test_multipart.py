"""Forms with files, read part by part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from webmail.errors import BadRequest, TooBig
from webmail.http import multipart

BOUNDARY = "----tHe.bOuNdArY"
FILE = bytes(range(256)) * 10 + b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n--"
BODY = (
    (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="subject"\r\n\r\nGrüße\r\nweiter\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a \u201c%22b.bin"\r\n'
        f"Content-Type: application/x-thing\r\n\r\n"
    ).encode()
    + FILE
    + (
        f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n\r\n"
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="action"\r\n\r\nattach\r\n--{BOUNDARY}--\r\n'
    ).encode()
)


def request_of(body: bytes, step: int, boundary: str = BOUNDARY) -> Request:
    pieces = [body[at : at + step] for at in range(0, len(body), step)]

    async def receive() -> Message:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    headers = [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def everything(request: Request) -> list[tuple[str, str | None, str, bytes]]:
    found = []
    async for part in multipart.parts(request):
        data = b"".join([block async for block in part.blocks()])
        found.append((part.name, part.filename, part.type, data))
    return found


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
def test_parts_are_the_same_however_they_arrive(step: int) -> None:
    assert asyncio.run(everything(request_of(BODY, step))) == [
        ("subject", None, "", "Grüße\r\nweiter".encode()),
        ("file", 'a \u201c"b.bin', "application/x-thing", FILE),
        ("file", "", "application/octet-stream", b""),
        ("action", None, "", b"attach"),
    ]


def test_unread_parts_are_passed_over() -> None:
    async def names() -> list[str]:
        return [part.name async for part in multipart.parts(request_of(BODY, 50))]

    assert asyncio.run(names()) == ["subject", "file", "file", "action"]


def test_fields_alone_leave_the_files() -> None:
    form = asyncio.run(multipart.fields(request_of(BODY, 33), 1000))
    assert form.fields == (("subject", "Grüße\nweiter"), ("action", "attach"))


@pytest.mark.parametrize("cut", [10, 60, 200, 1500, len(BODY) - 8])
def test_a_body_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(BadRequest):
        asyncio.run(everything(request_of(BODY[:cut], 16)))


@pytest.mark.parametrize("body", [b"nonsense", b"--other\r\n\r\n", b"\0" * 500])
def test_nonsense_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        asyncio.run(everything(request_of(body, 16)))


def test_a_field_has_a_limit() -> None:
    async def read() -> None:
        async for part in multipart.parts(request_of(BODY, 16)):
            await part.text(5)

    with pytest.raises(TooBig):
        asyncio.run(read())


def test_no_boundary_is_refused() -> None:
    with pytest.raises(BadRequest):
        asyncio.run(everything(request_of(BODY, 16, boundary="")))


def test_a_file_is_handed_on_while_it_still_arrives() -> None:
    """The first block comes before the last piece was asked for."""
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        piece = BODY[(asked - 1) * 200 : asked * 200]
        return {"type": "http.request", "body": piece, "more_body": asked * 200 < len(BODY)}

    async def first_block() -> tuple[bytes, int]:
        headers = [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())]
        parts = multipart.parts(Request({"type": "http", "method": "POST", "headers": headers}, receive))
        async for part in parts:
            if part.filename:
                blocks: AsyncIterator[bytes] = part.blocks()
                return await anext(blocks), asked
        raise AssertionError

    block, pieces = asyncio.run(first_block())
    assert FILE.startswith(block)
    assert pieces < 4
