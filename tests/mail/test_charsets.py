"""Charsets: what labels mean, and what is never done with them."""

from __future__ import annotations

import encodings
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.charsets import codec, decode


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("utf-8", "utf_8"),
        ("UTF8", "utf_8"),
        ('"utf-8"', "utf_8"),
        (" utf-8 ", "utf_8"),
        ("charset=utf-8", "utf_8"),
        ("iso-8859-1", "cp1252"),
        ("ISO8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("us-ascii", "ascii"),
        ("ansi_x3.4-1968", "ascii"),
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("x-gbk", "gb18030"),
        ("big5", "big5hkscs"),
        ("ks_c_5601-1987", "cp949"),
        ("EUC-KR", "cp949"),
        ("shift_jis", "cp932"),
        ("x-sjis", "cp932"),
        ("windows-31j", "cp932"),
        ("iso-2022-jp", "iso2022_jp_ext"),
        ("windows-1251", "cp1251"),
        ("win-1251", "cp1251"),
        ("cp-850", "cp850"),
        ("koi8-r", "koi8_r"),
        ("iso-8859-8-i", "iso8859_8"),
        ("tis-620", "cp874"),
        ("windows-874", "cp874"),
        ("unicode-1-1-utf-7", "utf_7"),
        ("macintosh", "mac_roman"),
        ("x-unknown", ""),
        ("", ""),
        (None, ""),
        (b"\xff\xfe", ""),
        ("x" * 10_000_000, ""),
    ],
)
def test_codec(label: str | bytes | None, expected: str) -> None:
    assert codec(label) == expected


@pytest.mark.parametrize(
    "label",
    [
        "base64",
        "hex",
        "zlib",
        "zip",
        "bz2",
        "rot13",
        "uu",
        "quopri",
        "punycode",
        "idna",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "oem",
        "aliases",
        "../aliases",
        "os.path",
        "unicode-internal",
        "string-escape",
        "charmap",
    ],
)
def test_codecs_that_are_no_text_encodings_are_refused(label: str) -> None:
    assert codec(label) == ""
    assert decode(b"abc", label) == "abc"


def test_unknown_labels_are_not_remembered() -> None:
    """codecs.lookup() keeps every unknown name for ever: a mail each with a new one fills the memory."""
    before = len(encodings._cache)
    for number in range(1000):
        decode(b"\xe4", f"x-made-up-{number}")
    assert len(encodings._cache) <= before + 2


@pytest.mark.parametrize(
    ("data", "label", "expected"),
    [
        (b"\xe4", "iso-8859-1", "ä"),
        (b"\x80", "iso-8859-1", "€"),
        ("Ý".encode(), "iso-8859-1", "Ý"),  # not decodable as Windows-1252: the label lies
        (b"\xe4", "utf-8", "ä"),
        (b"\xc3\xa4 \xc3\xa4 \xc3\xa4 \xc3\xa4 \xff", "utf-8", "ä ä ä ä \ufffd"),
        (b"\xef\xbb\xbfx", "utf-8", "x"),
        (b"\xef\xbb\xbfx", None, "x"),
        (b"\xff\xfex\x00", "utf-16", "x"),
        (b"+2AA-", "utf-7", "\ufffd"),
        (b"\x1b$B\x30\x21", "iso-2022-jp", "亜"),
        (b"\x1b$B-!0!\x1b(B a", "iso-2022-jp", "①亜 a"),  # of Windows, in no standard
        (b"\x1b$B-!", "iso-2022-jp", "①"),
        (b"\xb0\xa1", "euc-kr", "가"),
        (b"\xd6\xd0\x81\x30\x81\x30", "gb2312", "中\x80"),
    ],
)
def test_decode(data: bytes, label: str | None, expected: str) -> None:
    assert decode(data, label) == expected


LABELS = st.sampled_from(
    [
        "utf-8",
        "utf-16",
        "utf-32",
        "utf-7",
        "iso-8859-1",
        "iso-2022-jp",
        "iso-2022-kr",
        "hz",
        "gb2312",
        "big5",
        "euc-kr",
        "johab",
        "shift_jis",
        "cp037",
        "x",
    ]
)


@given(st.binary(max_size=200), LABELS | st.text(max_size=20))
def test_any_bytes_under_any_label(data: bytes, label: str) -> None:
    decode(data, label).encode()


@pytest.mark.parametrize(
    "label", ["utf-8", "utf-7", "iso-2022-jp", "hz", "gb18030", "cp949", "iso-2022-kr", None]
)
@pytest.mark.parametrize("junk", [b"\x80", b"\x1b$B", b"+", b"~{", b"\xe4\xb8", b"+AA-"])
def test_junk_takes_linear_time(label: str | None, junk: bytes) -> None:
    start = time.process_time()
    decode(junk * (1_000_000 // len(junk)), label)
    assert time.process_time() - start < 2
