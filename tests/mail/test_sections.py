"""Sections by number: what BODY[…] of RFC 9051, 6.4.5.1 means, as offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.index import parse
from webmail.mail.sections import Section, find, pack, unpack

SINGLE = b"Subject: x\r\n\r\nbody\r\n"
NESTED = (
    b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    b"preamble\r\n--a\r\nContent-Type: text/plain\r\n\r\none\r\n"
    b"--a\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nX: y\r\n\r\ntwo one\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: innermost\r\n\r\ndeep\r\n--b--\r\n"
    b"--a\r\nContent-Type: multipart/related; boundary=c\r\n\r\n--c\r\n\r\nthree one\r\n--c--\r\n"
    b"--a--\r\nepilogue\r\n"
)
MESSAGE = b"Content-Type: message/rfc822\r\n\r\nSubject: held\r\n\r\nbody\r\n"

FOUND = [
    (SINGLE, "", SINGLE),
    (SINGLE, "HEADER", b"Subject: x\r\n\r\n"),
    (SINGLE, "TEXT", b"body\r\n"),
    (SINGLE, "1", b"body\r\n"),
    (SINGLE, "1.MIME", b"Subject: x\r\n\r\n"),
    (SINGLE, "1.TEXT", None),
    (SINGLE, "1.HEADER", None),
    (SINGLE, "1.1", None),
    (SINGLE, "2", None),
    (SINGLE, "0", None),
    (SINGLE, "MIME", None),
    (SINGLE, "1.", None),
    (SINGLE, ".TEXT", None),
    (SINGLE, "TEXT.1", None),
    (SINGLE, "1TEXT", None),
    (SINGLE, "01", None),
    (NESTED, "1", b"one"),
    (NESTED, "1.mime", b"Content-Type: text/plain\r\n\r\n"),
    (NESTED, "2.MIME", b"Content-Type: message/rfc822\r\n\r\n"),
    (NESTED, "2.HEADER", b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
    (NESTED, "2.1", b"two one"),
    (NESTED, "2.1.MIME", b"X: y\r\n\r\n"),
    (NESTED, "2.2", b"Subject: innermost\r\n\r\ndeep"),
    (NESTED, "2.2.HEADER", b"Subject: innermost\r\n\r\n"),
    (NESTED, "2.2.TEXT", b"deep"),
    (NESTED, "2.2.1", b"deep"),
    (NESTED, "2.2.1.MIME", b"Subject: innermost\r\n\r\n"),
    (NESTED, "3", b"--c\r\n\r\nthree one\r\n--c--"),
    (NESTED, "3.1", b"three one"),
    (NESTED, "3.TEXT", None),
    (NESTED, "4", None),
    (MESSAGE, "TEXT", b"Subject: held\r\n\r\nbody\r\n"),
    (MESSAGE, "1", b"Subject: held\r\n\r\nbody\r\n"),
    (MESSAGE, "1.HEADER", b"Subject: held\r\n\r\n"),
    (MESSAGE, "1.TEXT", b"body\r\n"),
    (MESSAGE, "1.1", b"body\r\n"),
]


@pytest.mark.parametrize(("message", "specifier", "expected"), FOUND)
def test_find(message: bytes, specifier: str, expected: bytes | None) -> None:
    span = find(parse(message).sections, specifier)
    assert (None if span is None else message[slice(*span)]) == expected


def test_the_text_of_a_message_inside_begins_with_its_preamble() -> None:
    span = find(parse(NESTED).sections, "2.TEXT")
    assert span is not None
    assert NESTED[slice(*span)].startswith(b"--b\r\nX: y")
    assert NESTED[slice(*span)].endswith(b"--b--")


def test_what_binary_needs_is_told() -> None:
    source = (
        b"Content-Type: Text/Plain; CHARSET=ISO-8859-1\r\nContent-Transfer-Encoding: Base64 (yes)\r\n\r\n4A=="
    )
    section = parse(source).sections[1]
    assert (section.type, section.charset, section.encoding) == ("text/plain", "iso-8859-1", "base64")
    junk = parse(
        b"Content-Type: te\xffxt/plain; charset=a b\r\nContent-Transfer-Encoding: 7 bit\r\n\r\n"
    ).sections[1]
    assert (junk.type, junk.charset, junk.encoding) == ("application/octet-stream", "a", "7bit")


WORDS = st.from_regex(r"[!-~]{0,20}", fullmatch=True)
SECTIONS = st.builds(
    Section, st.from_regex(r"([1-9](\.[1-9])*)?", fullmatch=True), *[st.integers(0, 2**40)] * 3,
    st.integers(-1, 2**40), WORDS, WORDS, WORDS,
)  # fmt: skip


@given(st.lists(SECTIONS, min_size=1, max_size=5))
def test_packing_is_undone_by_unpacking(sections: list[Section]) -> None:
    assert unpack(pack(sections)) == tuple(sections)


@given(st.binary() | st.binary().map(lambda rest: b"\x01" + rest))
def test_what_was_never_packed_is_refused(packed: bytes) -> None:
    try:
        sections = unpack(packed)
    except ValueError:
        return
    assert all(isinstance(section, Section) for section in sections)
