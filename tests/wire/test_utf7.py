"""Modified UTF-7: the examples of RFC 3501, 5.1.3, both ways for any name, and what is not in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire.imap_utf7 import decode_utf7, decode_utf8, encode_utf7

NAMES = [
    ("", b""),
    ("INBOX", b"INBOX"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("A&B", b"A&-B"),
    ("&", b"&-"),
    ("&&", b"&-&-"),
    ("Gelöscht", b"Gel&APY-scht"),
    ("\N{RAT}", b"&2D3cAA-"),
    ("ä&ö", b"&AOQ-&-&APY-"),
]


@pytest.mark.parametrize(("name", "raw"), NAMES)
def test_both_ways(name: str, raw: bytes) -> None:
    assert encode_utf7(name) == raw
    assert decode_utf7(raw) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_both_ways(name: str) -> None:
    raw = encode_utf7(name)
    assert raw.isascii()
    if name.isprintable():
        assert decode_utf7(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        b"a&",  # never shifted back
        b"a&AOQ",
        b"&AO-",  # half a character
        b"&A-",
        b"&2D0-",  # half a pair
        b"&!!-",
        b"&AOR-",  # bits left over
        b"&AGE-",  # a letter that needs no shift
        b"&AOQ-&APY-",  # two shifts where one is enough
        b"&AOQ=-",
        b"&AAo-",  # a line end
        b"&AAAA-",
    ],
)
def test_what_is_not_in_it_is_kept_and_is_nobody_elses_name(raw: bytes) -> None:
    assert decode_utf7(raw) == raw.decode("ascii")
    assert encode_utf7(decode_utf7(raw)) != raw


def test_what_careless_servers_send() -> None:
    assert decode_utf7("Gelöscht &-".encode()) == "Gelöscht &-"
    assert decode_utf7(b"Gel\xf6scht") == "Gelöscht"
    assert decode_utf7(b"a\r\nb\x00\x7f") == "a\ufffd\ufffdb\ufffd\ufffd"
    assert decode_utf8(b"&AOQ-\x01") == "&AOQ-\ufffd"


def test_half_a_character_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode_utf7("\ud83d")
