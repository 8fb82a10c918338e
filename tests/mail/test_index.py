"""Messages parsed once: golden files, any octets, and what must not take long.

`golden/structure/NAME.eml` is told in `NAME.out.txt`. After a change that is meant:
`WRITE_GOLDEN=1 pytest tests/mail/test_index.py`, and read the diff.
"""

from __future__ import annotations

import mmap
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mail.bombs import BOMBS
from tests.mail.test_golden import GOLDEN, compare, inputs
from tests.timing import quickest
from webmail.mail import sections
from webmail.mail.entities import MAX_HEADERS, MAX_PARTS
from webmail.mail.index import MAX_KEY, MAX_PREVIEW, MAX_TEXT, Parsed, parse
from webmail.wire.imap_parse import parse as parse_reply
from webmail.wire.imap_replies import Fetch

LIMIT = 2.0  # seconds of CPU for the worst message


def text(content: bytes, kind: str = "plain; charset=utf-8", encoding: str = "8bit") -> bytes:
    header = f"Content-Type: text/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return header.encode() + content


@pytest.mark.parametrize("name", inputs("structure", ".eml"))
def test_golden(name: str) -> None:
    source = (GOLDEN / "structure" / name).read_bytes()
    told = "\n".join(lines(parse(source), source)).encode("utf-8", "surrogateescape")
    compare(GOLDEN / "structure" / name.replace(".eml", ".out.txt"), told)


def lines(parsed: Parsed, source: bytes) -> Iterator[str]:
    """Each field of what was parsed, and what each section begins and ends with."""
    for field in fields(parsed):
        value = getattr(parsed, field.name)
        if field.name == "sections":
            yield from (f"[{section.number}] {told(section, source)}" for section in value)
        elif isinstance(value, bytes) and field.name != "raw_header":
            yield f"{field.name} {value.decode('utf-8', 'surrogateescape')}"
        else:
            yield f"{field.name} {value!r}"


def told(section: sections.Section, source: bytes) -> str:
    body = source[section.body : section.end]
    shown = body if len(body) <= 40 else body[:20] + b" ... " + body[-20:]
    return f"{section.start} {section.body} {section.text} {section.end} {section.type} {section.encoding} {section.charset} {shown!r}"


PIECES = [
    b"\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"--", b"a", b"--a", b"--a--", b"\n--a\n", b"\n--b\n", b"\n--ab\n", b"\r\n--ab--",
    b"Content-Type: ", b"multipart/mixed; boundary=a\n", b"multipart/digest; boundary=ab\r\n", b"message/rfc822\r\n\r\n",
    b"multipart/alternative; boundary=b\n\n", b"text/html\n", b": ", b"From: ", b"To: g:", b"<a@b>", b'"', b"(", b")", b",", b";",
    b"\0", b"\xff", b" ", b"\t", b"=?utf-8?q?=C3?=", b"x", b"Subject: Re: [", b"Content-Transfer-Encoding: base64\n", b"References: <",
    b"Date: 1 Jan 2020", b"<style>", b"&amp;", b"[", b"]", b"=", b"; filename*0*=u''%", b"Content-Disposition: ", b"charset=utf-7;",
]  # fmt: skip
LIKELY = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=60).map(b"".join)


@settings(max_examples=3000)
@given(st.binary(max_size=200) | LIKELY)
@example(b"")
@example(b"\n")
@example(
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nSubject: x\n\n--a--"
)
def test_any_octets_give_offsets_in_order_and_answers_that_can_be_read(source: bytes) -> None:
    parsed = parse(source)
    for section in parsed.sections:
        assert 0 <= section.start <= section.body <= section.end <= parsed.size == len(source)
        assert section.text == -1 or section.body <= section.text <= section.end
    assert sections.unpack(sections.pack(parsed.sections)) == parsed.sections
    assert source.startswith(parsed.raw_header)
    for structure in (parsed.body, parsed.bodystructure):
        reply = parse_reply(b"* 1 FETCH (ENVELOPE %b BODYSTRUCTURE %b)\r\n" % (parsed.envelope, structure))
        assert isinstance(reply, Fetch)
        assert reply.envelope is not None
        assert reply.structure is not None
    assert all("\r" not in value and "\n\n" not in value for value in (parsed.header, parsed.preview))


@settings(max_examples=300)
@given(LIKELY)
def test_a_mapped_file_gives_the_same_as_its_octets(source: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(source or b"x")
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert parse(mapped) == parse(source or b"x")


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_made_to_take_long_does_not(name: str) -> None:
    source = BOMBS[name]()
    start = time.process_time()
    parsed = parse(source)
    assert time.process_time() - start < LIMIT
    assert len(parsed.sections) <= 2 * MAX_PARTS + 1
    assert len(parsed.text) <= MAX_TEXT
    assert len(parsed.header) <= MAX_TEXT


def test_an_attachment_of_50_mib_is_not_looked_at_line_by_line() -> None:
    line = b"QUJD" * 19 + b"\r\n"
    source = (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nhello\r\n--a\r\nContent-Type: application/zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (50 * 1_048_576 // len(line)) + b"--a--\r\n"
    )
    parsed = parse(source)
    assert quickest(lambda: parse(source)) < 0.5  # 0.03 on a machine with nothing else to do
    assert [section.number for section in parsed.sections] == ["", "1", "2"]


def test_the_last_of_too_many_parts_holds_the_rest() -> None:
    source = (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        + b"--a\r\n\r\nx\r\n" * (MAX_PARTS + 5)
        + b"--a--\r\n"
    )
    parsed = parse(source)
    assert parsed.sections[-1].number == str(MAX_PARTS - 1)
    assert parsed.sections[-1].end == len(source)


def test_too_deep_parts_are_one_opaque_part() -> None:
    source = b"Content-Type: message/rfc822\r\n\r\n" * 120 + b"Subject: x\r\n\r\nx"
    parsed = parse(source)
    assert parsed.sections[-1].number == ".".join(["1"] * 100)
    assert parsed.sections[-1].type == "application/octet-stream"
    assert parsed.sections[-1].end == len(source)
    assert parsed.bodystructure.count(b'"rfc822"') == 99


def test_a_header_that_is_too_long_is_read_in_part_and_not_handed_out() -> None:
    parsed = parse(b"Subject: first\r\n" + b"X: y\r\n" * (MAX_HEADERS // 4) + b"\r\nbody\r\n")
    assert parsed.subject == "first"
    assert parsed.raw_header == b""
    assert parsed.text == "body\n"


def test_addresses_are_searched_as_envelope_tells_them_too() -> None:
    parsed = parse(b"From: <Ann (Tea)@ (comment) example.org>\r\nTo: Bob B. <b@example.org>\r\n\r\n")
    assert parsed.from_ == "<ann (tea)@ (comment) example.org>\nann@example.org"
    assert parsed.to == "bob b. <b@example.org>"


def test_texts_are_decoded_and_folded() -> None:
    parsed = parse(
        b"From: =?utf-8?q?J=C3=9Crgen?= <J@Example.org>\r\nBcc: X@y\r\nSUBJECT: =?utf-8?q?STRASSE?=\r\n\t=?utf-8?q?_=C3=84?=\r\n"
        + text("Straße ﬁn ΑΣ\r\nend".encode("cp1252", "replace"), "plain; charset=cp1252")
    )
    assert parsed.from_ == "ju\u0308rgen <j@example.org>"
    assert parsed.bcc == "x@y"
    assert parsed.subject == "strasse a\u0308"
    assert parsed.header.startswith(
        "from: ju\u0308rgen <j@example.org>\nbcc: x@y\nsubject: strasse a\u0308\n"
    )
    assert parsed.text == "strasse ?n ??\nend"
    assert parsed.complete


def test_an_encoded_word_cannot_begin_another_field() -> None:
    parsed = parse(b"Subject: =?utf-8?q?a=0D=0Abcc:_x?=\r\n\r\n")
    assert parsed.header == "subject: a bcc: x"
    assert parsed.bcc == ""


def test_what_is_found_in_attachments_and_messages_inside() -> None:
    parsed = parse((GOLDEN / "structure" / "mixed.eml").read_bytes())
    for words in ("ubersicht.pdf", "carol@example.org", "subject: innermost", "last"):
        assert words in parsed.text.replace("\u0308", "")


def test_html_is_searched_without_tags_styles_and_scripts() -> None:
    page = (
        b"<style>.a{}</style><p>H<b>ell</b>o<br>you &lt;3<!-- no --><script>no()</script><td>x</td><td>y</td>"
    )
    assert parse(text(page, "html")).text == "hello you <3 x y"


def test_a_text_that_grows_when_folded_is_cut_off_as_well() -> None:
    parsed = parse(text("\ufdfa".encode() * 100_000))
    assert len(parsed.text) == MAX_TEXT
    assert not parsed.complete


def test_no_nul_is_left_in_texts() -> None:
    parsed = parse(b"Subject: a\0b\r\nFrom: \0 <a\0@b>\r\nMessage-ID: <a\0@b>\r\n\r\n\0\r\n")
    assert "\0" not in repr(parsed.header + parsed.text + parsed.base_subject + parsed.display_from)
    assert parsed.message_id is None


def test_a_text_that_is_cut_off_says_so() -> None:
    parsed = parse(text(b"word " * 400_000))
    assert len(parsed.text) == MAX_TEXT
    assert not parsed.complete
    assert parse(text(b"word " * 100_000)).complete


PREVIEWS = [
    (b"> quoted\r\n\r\nMy  answer\r\nis\tno.\r\n", "plain", "My answer is no."),
    (b"> only quoted\r\n", "plain", "> only quoted"),
    (b" \r\n\r\n", "plain", ""),
    (b"x" * 300, "plain", "x" * MAX_PREVIEW),
    ("a\u202eb\x07c".encode(), "plain; charset=utf-8", "abc"),
    (b"<p>Hello &amp; good <b>b</b>ye</p>", "html", "Hello & good bye"),
]


@pytest.mark.parametrize(("content", "kind", "expected"), PREVIEWS)
def test_preview(content: bytes, kind: str, expected: str) -> None:
    assert parse(text(content, kind)).preview == expected


def test_the_preview_is_of_the_first_text_that_says_something() -> None:
    source = (
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\n \r\n"
        b"--a\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--a--\r\n"
    )
    assert parse(source).preview == "hi"


def test_what_is_sorted_by_has_an_end() -> None:
    """SORT read a quarter of a megabyte of each message's first address."""
    name = "x" * 250_000
    parsed = parse(f"From: {name} <{name}@example.test>\r\nTo: {name}@example.test\r\n\r\n".encode())
    assert {parsed.from_key, parsed.to_key, parsed.display_from, parsed.display_to} == {"x" * MAX_KEY}


LONG = {
    "levels around": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (level, level)
        for level in range(90)
    )
    + b"\n" * 40_000_000,
    "a header alone": b"a: b\r\n" * 6_000_000,
    "tags that do not end": b"Content-Type: text/html\r\n\r\n" + b"<" * 3_000_000,
    "letters that become eighteen": b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    + "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}".encode() * 1_000_000,
}


@pytest.mark.parametrize("name", LONG)
def test_no_single_step_is_long(name: str, tmp_path: Path) -> None:
    """While a function in C looks at a whole message no other thread runs: they held all up for 0.3 s."""
    (tmp_path / "body").write_bytes(LONG[name])
    begun: list[float] = []
    longest = 0.0

    def watch(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal longest
        if event == "c_call":
            begun.append(time.thread_time())
        elif event.startswith("c_") and begun:
            longest = max(longest, time.thread_time() - begun.pop())

    with (
        (tmp_path / "body").open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets,
    ):
        sys.setprofile(watch)
        try:
            parse(octets)
        finally:
            sys.setprofile(None)
    assert longest < 0.12
