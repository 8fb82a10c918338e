"""Names of attachments, and the tree they hang in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.structures import leaf, multi, named
from webmail.mail import parts
from webmail.mail.parts import filename, find, safe_name, walk

NAMES: list[tuple[Mapping[str, bytes], str]] = [
    ({"filename": b"report.pdf"}, "report.pdf"),
    ({"filename": b"two words.pdf"}, "two words.pdf"),
    # RFC 2231
    ({"filename*": b"utf-8''Gr%C3%BC%C3%9Fe.pdf"}, "Grüße.pdf"),
    ({"filename*": b"utf-8'de'Gr%C3%BC%C3%9Fe.pdf"}, "Grüße.pdf"),
    ({"filename*": b"iso-8859-1''Gr%FC%DFe.pdf"}, "Grüße.pdf"),
    ({"filename*": b"''plain%20name.pdf"}, "plain name.pdf"),
    ({"filename*": b"no-quotes%20here.pdf"}, "no-quotes here.pdf"),
    ({"filename*": b"utf-8''a%zz%4"}, "a%zz%4"),
    ({"filename*": b"x-nonsense''Gr%C3%BC%C3%9Fe.pdf"}, "Grüße.pdf"),
    (
        {"filename*0*": b"utf-8''Gr%C3%BC", "filename*1*": b"%C3%9Fe", "filename*2": b" %41.pdf"},
        "Grüße %41.pdf",
    ),
    ({"filename*1*": b"%C3%9Fe.pdf", "filename*0*": b"utf-8''Gr%C3%BC"}, "Grüße.pdf"),
    # cut inside a character, between two segments
    ({"filename*0*": b"utf-8''Gr%C3", "filename*1*": b"%BC%C3%9Fe.pdf"}, "Grüße.pdf"),
    ({"filename*0": b"long ", "filename*1": b"name.pdf"}, "long name.pdf"),
    ({"filename*0": b"first", "filename*2": b"third"}, "first"),
    ({"filename*": b"utf-8''right.pdf", "filename": b"wrong.pdf"}, "right.pdf"),
    # RFC 2047 inside a parameter: forbidden, met every day (Roundcube 9725, 9376, 10268)
    ({"filename": b"=?utf-8?q?Gr=C3=BC=C3=9Fe.pdf?="}, "Grüße.pdf"),
    ({"filename": b"=?utf-8?b?R3LDvA==?= =?utf-8?b?w59lLnBkZg==?="}, "Grüße.pdf"),
    ({"filename*0": b"=?utf-8?q?Gr=C3=BC", "filename*1": b"=C3=9Fe.pdf?="}, "Grüße.pdf"),
    ({"filename*": b"utf-8''=?utf-8?q?Gr=C3=BC=C3=9Fe.pdf?="}, "Grüße.pdf"),
    # raw octets
    ({"filename": "Grüße.pdf".encode()}, "Grüße.pdf"),
    ({"filename": "Grüße.pdf".encode("latin-1")}, "Grüße.pdf"),
    # paths, and what deceives
    ({"filename": b"../../etc/passwd"}, "passwd"),
    ({"filename": b"C:\\Windows\\evil.exe"}, "evil.exe"),
    ({"filename": b".."}, "attachment-2.bin"),
    ({"filename": b"/"}, "attachment-2.bin"),
    ({"filename": b""}, "attachment-2.bin"),
    ({"filename": b"   "}, "attachment-2.bin"),
    ({"filename": "invoice\u202efdp.exe".encode()}, "invoicefdp.exe"),
    ({"filename*": b"utf-8''invoice%E2%80%AEfdp.exe"}, "invoicefdp.exe"),
    ({"filename": b"a\r\nContent-Type: text/html\r\n\r\n<script>"}, "html _script_"),
    ({"filename": b"a\x00b.txt"}, "ab.txt"),
    ({"filename": b'a"b<c>d|e?f*g:h.txt'}, "a_b_c_d_e_f_g_h.txt"),
    ({"filename": b"con.txt"}, "_con.txt"),
    ({"filename": b"NUL"}, "_NUL"),
    ({"filename": b"concert.txt"}, "concert.txt"),
    ({"filename": b".htaccess"}, "htaccess"),
    ({"filename": b"trailing. . ."}, "trailing"),
    ({"filename": b"x" * 300 + b".pdf"}, "x" * 176 + ".pdf"),
    ({"filename": ("日" * 300 + ".pdf").encode()}, "日" * 78 + ".pdf"),
    ({"filename": b"x." + b"y" * 300}, "x." + "y" * 178),
]


@pytest.mark.parametrize(("params", "expected"), NAMES)
def test_filename(params: Mapping[str, bytes], expected: str) -> None:
    assert filename(named(params)) == expected


def test_name_of_the_type_stands_in() -> None:
    part = leaf("1.2", "application/pdf", params={"name*0*": b"utf-8''Gr%C3%BC", "name*1*": b"n.pdf"})
    assert filename(part) == "Grün.pdf"
    assert filename(replace(part, disposition_params={"filename": b"better.pdf"})) == "better.pdf"
    assert filename(replace(part, disposition_params={"filename": b".."})) == "attachment-1.2.pdf"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("image/png", "image-3.png"),
        ("text/plain", "text-3.txt"),
        ("text/calendar", "text-3.ics"),
        ("application/x-thing", "attachment-3.bin"),
        ("message/rfc822", "message-3.eml"),
    ],
)
def test_no_name_at_all(kind: str, expected: str) -> None:
    assert filename(leaf("3", kind)) == expected


def test_a_message_is_named_after_its_subject() -> None:
    assert filename(named({}, b"=?utf-8?q?Gr=C3=BC=C3=9Fe?= 1/2")) == "Grüße 1-2.eml"
    assert filename(named({}, b"")) == "message-2.eml"


@given(
    st.dictionaries(
        st.sampled_from(["filename", "filename*", "filename*0", "filename*0*", "filename*1", "filename*1*"]),
        st.binary(max_size=60) | st.sampled_from([b"utf-8''%C3", b"=?utf-8?q?=C3?=", b"..", b"%2e%2e%2f"]),
    )
)
def test_any_parameters_give_a_name_that_is_safe_everywhere(params: Mapping[str, bytes]) -> None:
    name = filename(named(params))
    assert name
    assert name == safe_name(name)
    assert not set(name) & set('/\\:*?"<>|\r\n\x00')
    assert name.strip(" .") == name
    assert len(name) <= parts.MAX_NAME
    assert len(name.encode()) <= parts.MAX_NAME_OCTETS


def test_two_hundred_thousand_segments_take_linear_time() -> None:
    """The stdlib's parser took over 15 s for 200,000 RFC 2231 parameters; Dovecot: CVE-2026-27859."""
    params = {f"filename*{number}*": b"%41" for number in range(200_000)}
    start = time.process_time()
    assert filename(named(params)) == "A" * parts.MAX_SEGMENTS
    assert time.process_time() - start < 2


@pytest.mark.parametrize("junk", [b"'", b"%", b"%41", b"=?", b"\\", b"/", b".", b" ", b"*0*=", "é".encode()])
def test_long_names_take_linear_time(junk: bytes) -> None:
    start = time.process_time()
    for key in ("filename", "filename*", "filename*0*"):
        filename(named({key: junk * (2_000_000 // len(junk))}))
    assert time.process_time() - start < 2


TREE = multi(
    "",
    "mixed",
    multi("1", "alternative", leaf("1.1", "text/plain"), leaf("1.2", "text/html")),
    replace(leaf("2", "message/rfc822"), parts=(multi("2", "mixed", leaf("2.1", "text/plain")),)),
)


def test_walk_in_order() -> None:
    assert [part.section for part in walk(TREE)] == ["", "1", "1.1", "1.2", "2", "2", "2.1"]


def test_find() -> None:
    found = find(TREE, "2.1")
    assert found is not None
    assert found.type == "text"
    assert find(TREE, "3") is None


def test_walk_is_bounded_and_does_not_recurse() -> None:
    """The stdlib's parser raises RecursionError at 1,000 nested multiparts."""
    deep = leaf("1", "text/plain")
    for _ in range(5_000):
        deep = multi("", "mixed", deep)
    assert len(list(walk(deep))) == 5_001
    assert len(list(walk(multi("", "mixed", *[leaf("1", "text/plain")] * 50_000)))) == parts.MAX_PARTS


def test_a_signature_marks_no_list_row() -> None:
    signed = multi("", "signed", leaf("1", "text/plain"), leaf("2", "application/pgp-signature"))
    assert parts.attachments(signed) == ()


def test_name_of_marks_without_end_holds_up_nobody() -> None:
    began = time.monotonic()
    assert safe_name("a" + "\u0315\u0300" * 30_000 + ".pdf").endswith(".pdf")
    assert time.monotonic() - began < 0.1
