"""Forms are read as browsers write them, and as quickly as they come."""

from __future__ import annotations

import asyncio
import tracemalloc
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from webmail.errors import BadRequest
from webmail.http.forms import MAX_FIELDS, Form, form


def read(body: bytes) -> Form:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    return asyncio.run(form(Request(scope, receive)))


@given(st.text(alphabet="a%4e1=&+;\t \r_?~").filter(lambda text: "\r" not in text))
def test_reads_what_urllib_reads(body: str) -> None:
    expected = parse_qsl(body, keep_blank_values=True, errors="replace")
    assert list(read(body.encode()).fields) == expected


def test_escapes_by_the_million_take_no_multiple_of_their_memory() -> None:
    body = b"text=" + b"%3C" * 1_000_000
    tracemalloc.start()
    try:
        assert read(body).one("text") == "<" * 1_000_000
        assert tracemalloc.get_traced_memory()[1] < 10 * len(body)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("body", ["text=ä".encode(), b"&".join([b"a=1"] * (MAX_FIELDS + 1)), b"a=%00"])
def test_refuses_what_no_browser_sends(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read(body)
