"""Types and parameters as senders write them."""

from __future__ import annotations

import time

import pytest

from webmail.mail import content_type
from webmail.mail.content_type import MAX_PARAMS, disposition, parameters, parse

TYPES = [
    (b"text/plain", b"text", b"plain", [(b"charset", b"us-ascii")]),
    (b"TEXT/HTML; Charset=UTF-8", b"TEXT", b"HTML", [(b"Charset", b"UTF-8")]),
    (b"text", b"text", b"plain", [(b"charset", b"us-ascii")]),
    (b"image / png", b"image", b"png", []),
    (b"image/png (a picture); name=x.png", b"image", b"png", [(b"name", b"x.png")]),
    (b"text/plain charset=x", b"text", b"plain", [(b"charset", b"us-ascii")]),
]


@pytest.mark.parametrize(("raw", "type_", "subtype", "params"), TYPES)
def test_types(raw: bytes, type_: bytes, subtype: bytes, params: list[tuple[bytes, bytes]]) -> None:
    found = parse(raw)
    assert (found.type, found.subtype, list(found.params)) == (type_, subtype, params)
    assert found.media == f"{type_.decode()}/{subtype.decode()}".lower()


@pytest.mark.parametrize("raw", [b"", b"image", b"/", b"image/", b'"image/png"', b";charset=utf-8", b"a b/c"])
def test_what_is_no_type_is_text(raw: bytes) -> None:
    assert parse(raw) is content_type.PLAIN
    assert parse(raw, content_type.MESSAGE) is content_type.MESSAGE


PARAMS = [
    (b"; a=b", [(b"a", b"b")]),
    (b'; a="b c"; d = e', [(b"a", b"b c"), (b"d", b"e")]),
    (b'; a="b\\"c\\\\"', [(b"a", b'b"c\\')]),
    (b'; a=";b=c"; d=e', [(b"a", b";b=c"), (b"d", b"e")]),
    (b"; a=b c", [(b"a", b"b")]),
    (b"; a=b (c); d=e", [(b"a", b"b"), (b"d", b"e")]),
    (b"; a; b=; =c; d=e", [(b"b", b""), (b"d", b"e")]),
    (b'; a="never closed', [(b"a", b"never closed")]),
    (b"; a*0*=utf-8''%C3; a*1=b", [(b"a*0*", b"utf-8''%C3"), (b"a*1", b"b")]),
    (b"; a=1; A=2", [(b"a", b"1"), (b"A", b"2")]),
    (b'; name="\xfc"', [(b"name", b"\xfc")]),
]


@pytest.mark.parametrize(("raw", "params"), PARAMS)
def test_parameters(raw: bytes, params: list[tuple[bytes, bytes]]) -> None:
    assert list(parameters(raw)) == params


def test_too_many_parameters_are_left_out() -> None:
    """CVE-2026-27859: segments of RFC 2231 that took a server's time."""
    start = time.process_time()
    assert len(parameters(b"".join(b"; a*%d=b" % number for number in range(200_000)))) == MAX_PARAMS
    assert time.process_time() - start < 1


def test_disposition() -> None:
    assert disposition(None) is None
    assert disposition(b"INLINE") == (b"INLINE", ())
    assert disposition(b"attachment; filename=x") == (b"attachment", ((b"filename", b"x"),))
    assert disposition(b"; filename=x") == (b"attachment", ((b"filename", b"x"),))
