"""Body structures: numbers of sections as RFC 9051, 6.4.5.1 wants them, and the broken ones of real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wire.thrice import read
from webmail.wire.imap_replies import Fetch, Part
from webmail.wire.imap_structure import MAX_PARTS

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 1152 23 NIL NIL NIL NIL)'
PNG = b'("IMAGE" "PNG" ("NAME" "x.png") "<i@x>" "a picture" "BASE64" 4554 NIL ("ATTACHMENT" ("FILENAME" "x.png")) "en" NIL)'
ENVELOPE = b'("date" "inner" NIL NIL NIL NIL NIL NIL NIL "<m@x>")'


def message(body: bytes) -> bytes:
    return b'("MESSAGE" "RFC822" NIL NIL NIL "8BIT" 342 %s %s 45 NIL ("inline" NIL) NIL NIL)' % (
        ENVELOPE,
        body,
    )


def mixed(*bodies: bytes) -> bytes:
    return b'(%s "MIXED" ("BOUNDARY" "b") NIL NIL NIL)' % b"".join(bodies)


def structure(said: bytes) -> Part:
    reply = read(b"* 1 FETCH (BODYSTRUCTURE %s UID 5)" % said)
    assert isinstance(reply, Fetch)
    assert reply.uid == 5
    assert reply.structure is not None
    return reply.structure


def walk(part: Part) -> Iterator[Part]:
    yield part
    for child in part.parts:
        yield from walk(child)


def sections(said: bytes) -> list[str]:
    return [f"{part.section} {part.type}/{part.subtype}" for part in walk(structure(said))]


def test_a_text_with_everything() -> None:
    assert structure(TEXT) == Part("1", "text", "plain", {"charset": b"UTF-8"}, size=1152, lines=23)


def test_an_attachment_with_everything() -> None:
    part = structure(PNG)
    assert part == Part(
        "1",
        "image",
        "png",
        {"name": b"x.png"},
        b"<i@x>",
        b"a picture",
        "base64",
        4554,
        None,
        "attachment",
        {"filename": b"x.png"},
    )


def test_a_multipart_keeps_its_parameters_and_disposition() -> None:
    part = structure(
        b'(%s "ALTERNATIVE" ("BOUNDARY" "b" "TYPE" NIL) ("INLINE" NIL) ("en" "de") "loc")' % TEXT
    )
    assert (part.section, part.subtype, part.params) == ("", "alternative", {"boundary": b"b", "type": b""})
    assert (part.disposition, part.disposition_params) == ("inline", {})


def test_a_message_in_a_message() -> None:
    part = structure(message(TEXT))
    assert (part.section, part.type, part.lines, part.disposition) == ("1", "message", 45, "inline")
    assert part.envelope is not None
    assert part.envelope.subject == b"inner"
    assert [inner.section for inner in part.parts] == ["1.1"]


@pytest.mark.parametrize(
    ("said", "numbered"),
    [
        (TEXT, ["1 text/plain"]),
        (mixed(TEXT, PNG), [" multipart/mixed", "1 text/plain", "2 image/png"]),
        (
            mixed(TEXT, mixed(TEXT, PNG), PNG),
            [
                " multipart/mixed",
                "1 text/plain",
                "2 multipart/mixed",
                "2.1 text/plain",
                "2.2 image/png",
                "3 image/png",
            ],
        ),
        (message(TEXT), ["1 message/rfc822", "1.1 text/plain"]),
        (
            message(mixed(TEXT, PNG)),
            ["1 message/rfc822", "1.TEXT multipart/mixed", "1.1 text/plain", "1.2 image/png"],
        ),
        (
            mixed(TEXT, message(mixed(TEXT, message(TEXT), message(mixed(PNG))))),
            [
                " multipart/mixed",
                "1 text/plain",
                "2 message/rfc822",
                "2.TEXT multipart/mixed",
                "2.1 text/plain",
                "2.2 message/rfc822",
                "2.2.1 text/plain",
                "2.3 message/rfc822",
                "2.3.TEXT multipart/mixed",
                "2.3.1 image/png",
            ],
        ),
        (message(message(TEXT)), ["1 message/rfc822", "1.1 message/rfc822", "1.1.1 text/plain"]),
    ],
)
def test_section_numbers(said: bytes, numbered: list[str]) -> None:
    assert sections(said) == numbered


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"()", Part("1", "application", "octet-stream")),
        (b"(NIL NIL NIL NIL NIL NIL NIL)", Part("1", "application", "octet-stream")),
        (b'("mixed" ("boundary" "b") NIL NIL)', Part("", "multipart", "mixed", {"boundary": b"b"})),
        (b'(NIL "related" ("boundary" "b") NIL)', Part("", "multipart", "related", {"boundary": b"b"})),
        (b'(NIL "mixed")', Part("", "multipart", "mixed")),
        (b"(())", Part("", "multipart", "mixed", parts=(Part("1", "application", "octet-stream"),))),
        (b'("text" "plain")', Part("1", "text", "plain")),
        (
            b'(text html NIL NIL NIL 8bit "12" "3")',
            Part("1", "text", "html", encoding="8bit", size=12, lines=3),
        ),
        (b'("text" "plain" NIL NIL NIL "7bit" NIL NIL)', Part("1", "text", "plain")),
        (b'("text" "plain" NIL NIL NIL "7bit" -1 -1)', Part("1", "text", "plain")),
        (b'("text" "plain" () () () () ())', Part("1", "text", "plain")),
        (b'("text" "plain" ("a") NIL NIL "" 5 1)', Part("1", "text", "plain", size=5, lines=1)),
        (b'("a" "b" ("x" "1" "x" "2") NIL NIL NIL 5)', Part("1", "a", "b", {"x": b"2"}, size=5)),
        (
            b'("text" "plain" NIL NIL NIL "7bit" 5 NIL NIL ("attachment" ("filename" "f")) NIL)',
            Part(
                "1", "text", "plain", size=5, disposition="attachment", disposition_params={"filename": b"f"}
            ),
        ),
        (
            b'("text" "plain" NIL NIL NIL "7bit" 5 NIL ("attachment" NIL) ("en" "de"))',
            Part("1", "text", "plain", size=5, disposition="attachment"),
        ),
        (
            b'("image" "png" NIL NIL NIL "base64" 5 NIL "attachment")',
            Part("1", "image", "png", encoding="base64", size=5, disposition="attachment"),
        ),
        (
            b'("message" "rfc822" NIL NIL NIL "7bit" 5 NIL ("attachment" NIL))',
            Part("1", "message", "rfc822", size=5, disposition="attachment"),
        ),
        (
            b'("message" "delivery-status" NIL NIL NIL "7bit" 5)',
            Part("1", "message", "delivery-status", size=5),
        ),
    ],
)
def test_a_broken_structure_gives_what_it_has(said: bytes, meant: Part) -> None:
    assert structure(said) == meant


def test_a_message_without_lines_and_with_a_body_that_is_none() -> None:
    part = structure(b'("message" "global" NIL NIL NIL "8bit" 342 %s NIL)' % ENVELOPE)
    assert (part.lines, part.envelope is not None) == (None, True)
    assert part.parts == (Part("1.1", "application", "octet-stream"),)


def test_the_deepest_nesting_that_is_read() -> None:
    said = TEXT
    for _ in range(97):  # of the hundred, one is FETCH's and one is the text's parameters'
        said = b'(%s "MIXED")' % said
    assert sum(1 for _ in walk(structure(said))) == 98


def test_more_parts_than_anybody_reads_are_left_out() -> None:
    assert sum(1 for _ in walk(structure(b'(%s "mixed")' % (b"()" * 40_000)))) == MAX_PARTS
    nested = b'(%s "mixed")' % (b'(%s "mixed")' % (b"()" * 400) * 100)
    assert sum(1 for _ in walk(structure(nested))) == MAX_PARTS
