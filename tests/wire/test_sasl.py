"""What SASL says, octet for octet."""

from __future__ import annotations

import pytest

from webmail.wire import sasl


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
