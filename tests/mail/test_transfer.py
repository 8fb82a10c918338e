"""Transfer encodings: whole, octet by octet, with a tail, and junk."""

from __future__ import annotations

import base64
import quopri
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.mail.transfer import MAX_LINE, Decoder, decode

CASES = [
    ("base64", b"aGVsbG8=", b"hello"),
    ("BASE64", b"aGVs\r\nbG8=\r\n", b"hello"),
    ("base64", b"aGVsbG8", b"hello"),
    ("base64", b"aGVsbG8=aGVsbG8=", b"hellohello"),
    ("base64", b"a G\x00V*s!b-G_8=", b"hello"),
    ("base64", b"aGVsb", b"hel"),
    ("base64", b"====", b""),
    ("base64", b"aGVsbG8=\r\n\r\n-- \r\nfooter", b"hello" + base64.b64decode("footer==")),
    ("quoted-printable", b"a=3Db", b"a=b"),
    ("quoted-printable", b"soft=\r\nbreak=\nagain", b"softbreakagain"),
    ("quoted-printable", b"blanks  \t\r\nend \n", b"blanks\r\nend\n"),
    ("quoted-printable", b"soft= \r\nbreak", b"softbreak"),
    ("quoted-printable", b"=e4=E4", b"\xe4\xe4"),
    ("quoted-printable", b"=zz =4", b"=zz =4"),
    ("quoted-printable", b"=\rx", b"=\rx"),
    ("quoted-printable", b"end=", b"end"),
    ("quoted-printable", b"\xe4 raw", b"\xe4 raw"),
    ("7bit", b"a=3D", b"a=3D"),
    ("8bit", b"\xff", b"\xff"),
    ("x-unknown", b"a=3D", b"a=3D"),
    ("", b"a=3D", b"a=3D"),
]


@pytest.mark.parametrize(("encoding", "data", "expected"), CASES)
def test_whole_and_in_every_cut(encoding: str, data: bytes, expected: bytes) -> None:
    assert decode(data, encoding) == expected
    for cut in range(len(data)):
        decoder = Decoder(encoding)
        assert decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.finish() == expected
    decoder = Decoder(encoding)
    assert b"".join(decoder.feed(bytes([octet])) for octet in data) + decoder.finish() == expected


@given(st.binary(max_size=500), st.lists(st.integers(1, 50), max_size=20))
def test_base64_round_trips_in_any_blocks(data: bytes, sizes: list[int]) -> None:
    decoder, encoded, out = Decoder("base64"), base64.encodebytes(data), b""
    for size in sizes:
        out += decoder.feed(encoded[:size])
        encoded = encoded[size:]
    assert out + decoder.feed(encoded) + decoder.finish() == data


@given(st.binary(max_size=300))
def test_quoted_printable_round_trips(data: bytes) -> None:
    text = data.replace(b"\r", b"")
    assert decode(quopri.encodestring(text, quotetabs=True), "quoted-printable") == text


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable"]), st.integers(0, 300))
def test_any_bytes_in_any_two_blocks(data: bytes, encoding: str, cut: int) -> None:
    decoder = Decoder(encoding)
    assert decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.finish() == decode(data, encoding)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("junk", [b"=", b"=3D", b"=\n", b" \n", b" ", b"= ", b"A", b"=\r", b"\n", b"A="])
def test_junk_takes_linear_time_and_little_memory(encoding: str, junk: bytes) -> None:
    start = time.process_time()
    decoder = Decoder(encoding)
    for _ in range(64):
        decoder.feed(junk * (16_384 // len(junk)))
    assert len(decoder.finish()) <= MAX_LINE
    assert time.process_time() - start < 3


QUOTED = [
    b"=",
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"a",
    b"=3D",
    b"=e9",
    b"4",
    b"A",
    b"=\r\n",
    b"=\n",
    b"_",
    b"\xff",
    b".",
]


@settings(max_examples=2000)
@given(st.lists(st.sampled_from(QUOTED), max_size=12).map(b"".join))
def test_quoted_printable_at_once_is_what_it_is_piece_by_piece(data: bytes) -> None:
    """What is well-formed is left to the C library, which reads some of the rest otherwise."""
    decoder = Decoder("quoted-printable")
    assert decode(data, "quoted-printable") == decoder.feed(data) + decoder.finish()
