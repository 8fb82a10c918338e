"""Attachments on their way out: no name and no type leads a browser astray."""

from __future__ import annotations

from email.message import Message
from urllib.parse import unquote

import pytest

from webmail.http.pages import downloads
from webmail.http.pages.downloads import disposition, media_type
from webmail.wire.imap_replies import Part


@pytest.mark.parametrize(
    "name",
    [
        "a.pdf",
        "Week 47 – costs.ods",
        '"quoted".txt',
        "back\\slash",
        "100%.txt",
        "日本.txt",
        "a;b='c'.txt",
        "\udcff.x",
    ],
)
def test_a_name_in_any_script_arrives(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header
    assert header.startswith("attachment; ")
    if "filename*" in header:
        extended = header.partition("filename*=UTF-8''")[2]
        assert unquote(extended) == name.encode("utf-8", "replace").decode()
    else:
        parsed = Message()
        parsed["Content-Disposition"] = header
        assert parsed.get_filename() == name


@pytest.mark.parametrize("name", ['x"; filename="evil.exe', "a\r\nSet-Cookie: x=1", "a\0b", "a\x7fb"])
def test_no_name_writes_a_header(name: str) -> None:
    plain = disposition(name).partition("filename*")[0]
    assert plain.count('"') == 2
    assert not set(plain) & set("\r\n\0\x7f")


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/plain", "text/plain"),
        ("text/html", downloads.ANYTHING),
        ("image/svg+xml", downloads.ANYTHING),
        ("application/xhtml+xml", downloads.ANYTHING),
        ("message/rfc822", downloads.ANYTHING),
        ("text/javascript", downloads.ANYTHING),
        ("image/png\r\nx/y", downloads.ANYTHING),
    ],
)
def test_only_harmless_types_keep_their_name(kind: str, given: str) -> None:
    main, _, sub = kind.partition("/")
    assert media_type(Part("1", main, sub)) == given
