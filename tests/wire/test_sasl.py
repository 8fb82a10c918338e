"""What SASL says, octet for octet."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire import ProtocolError, sasl

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)


def test_plain() -> None:
    assert sasl.plain("", "tim", "tanstaaftanstaaf") == b"\0tim\0tanstaaftanstaaf"
    assert sasl.plain("Ursel", "Kurt", "xipj3plmq") == b"Ursel\0Kurt\0xipj3plmq"
    assert sasl.plain("", "ä", "ö\r\n") == b"\0\xc3\xa4\0\xc3\xb6\r\n"


@pytest.mark.parametrize("parts", [("a\0", "b", "c"), ("a", "b\0", "c"), ("a", "b", "\0c")])
def test_nul_would_make_another_identity(parts: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        sasl.plain(*parts)


def test_login() -> None:
    assert sasl.login("tim", "ö") == (b"tim", b"\xc3\xb6")
    with pytest.raises(ValueError, match="NUL"):
        sasl.login("tim", "\0")


def test_xoauth2() -> None:
    assert sasl.xoauth2("ann@x", "ya29.v") == b"user=ann@x\x01auth=Bearer ya29.v\x01\x01"


def test_oauthbearer() -> None:
    assert sasl.oauthbearer("u,s=r@x", "vF9d", "server.example", 143) == (
        b"n,a=u=2Cs=3Dr@x,\x01host=server.example\x01port=143\x01auth=Bearer vF9d\x01\x01"
    )
    assert sasl.oauthbearer("u", "t") == b"n,a=u,\x01auth=Bearer t\x01\x01"


@pytest.mark.parametrize("bad", ["a\x01b", "a\0", "a\r\n"])
def test_a_separator_would_make_another_field(bad: str) -> None:
    for say in (sasl.xoauth2, sasl.oauthbearer):
        with pytest.raises(ValueError, match="control"):
            say(bad, "token")
        with pytest.raises(ValueError, match="control"):
            say("user", bad)


@given(NAMES, NAMES.filter(bool), NAMES.filter(bool))
def test_plain_is_read_back(authzid: str, authcid: str, password: str) -> None:
    said = b64encode(sasl.plain(authzid, authcid, password))
    assert sasl.parse_plain(sasl.parse_response(said) or b"") == (authzid, authcid, password)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"a",
        b"\0",
        b"\0\0",
        b"\0a\0",
        b"\0\0b",
        b"x\0\0b",
        b"a\0b",
        b"\0a\0b\0c",
        b"\0a\0b\0",
        b"\0\xff\0b",
        b"\0a\0\xff",
        b"\xff\0a\0b",
        b"\0" + b"a" * (sasl.MAX_NAME + 1) + b"\0b",
    ],
)
def test_what_is_no_plain(message: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        sasl.parse_plain(message)
    assert str(refused.value).isascii()


def test_external() -> None:
    assert sasl.parse_external(b"") == ""
    assert sasl.parse_external("ä".encode()) == "ä"
    for message in (b"a\0", b"\xff", b"a" * (sasl.MAX_NAME + 1)):
        with pytest.raises(ProtocolError):
            sasl.parse_external(message)


@given(st.binary(max_size=200))
def test_base64_is_read_back(octets: bytes) -> None:
    assert sasl.decode_base64(b64encode(octets)) == octets


@given(st.binary(max_size=20))
def test_only_base64_is_base64(line: bytes) -> None:
    try:
        octets = sasl.decode_base64(line)
    except ProtocolError:
        return
    assert len(b64encode(octets)) == len(line)


@pytest.mark.parametrize(
    "line",
    [
        b"A",
        b"AA",
        b"AAA",
        b"AA=",
        b"A===",
        b"=",
        b"AAAA=",
        b"AAAA====",
        b"AA==AA==",
        b"AA A",
        b"AAA\n",
        b"AA-_",
    ],
)
def test_what_is_no_base64(line: bytes) -> None:
    with pytest.raises(ProtocolError, match="base64"):
        sasl.decode_base64(line)


def test_base64_has_an_end() -> None:
    assert len(sasl.decode_base64(b"A" * sasl.MAX_BASE64)) == 3072
    with pytest.raises(ProtocolError, match="more than"):
        sasl.decode_base64(b"A" * (sasl.MAX_BASE64 + 4))


def test_a_client_may_give_up() -> None:
    assert sasl.parse_response(b"*") is None
    assert sasl.parse_response(b"") == b""
