"""Header fields as met in the wild."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail import encoded_words, headers
from webmail.mail.headers import Person, decode, fields, message_ids, parse_date, people
from webmail.wire.imap_replies import Address

DECODED = [
    (b"plain", "plain"),
    (b"", ""),
    (b"  two   blanks  ", "two blanks"),
    (b"=?utf-8?q?caf=C3=A9?=", "café"),
    (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
    (b"=?iso-8859-1?Q?caf=E9?= au =?iso-8859-1?Q?lait?=", "café au lait"),
    (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    (b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
    (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
    (b"=?utf-8?q?a?= =?iso-8859-1?q?=E4?=", "aä"),
    (b"=?utf-8?q?a_b?= c", "a b c"),
    (b"x=?utf-8?q?=C3=A4?=y", "xäy"),
    # cut inside a character, as Outlook and old PHP do
    (b"=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä"),
    (b"=?utf-8?B?5p?= =?utf-8?B?el5pys?=", "日本"),
    (b"=?utf-8?B?Y2Fmw6k?= =?utf-8?B?w6TDtg==?=", "caféäö"),
    (b"=?utf-8?B?5pel?= =?utf-8?B?5pys?=", "日本"),
    # wrong padding, blanks inside, raw octets inside, a language
    (b"=?utf-8?B?Y2Fmw6k?=", "café"),
    (b"=?utf-8?B?Y2Fm w6k=?=", "café"),
    (b"=?utf-8?Q?hello world?=", "hello world"),
    ("=?utf-8?q?Grüße?=".encode(), "Grüße"),
    (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    (b"=?utf-8?q?50=25_=ZZ?=", "50% =ZZ"),
    # not words at all
    (b"=?utf-8?q?never closed", "=?utf-8?q?never closed"),
    (b"=?utf-8?q?broken =?utf-8?q?whole?=", "=?utf-8?q?broken whole"),
    (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    (b"=? 5 * 3 = 15 ?=", "=? 5 * 3 = 15 ?="),
    # no charset: UTF-8, Windows-1252, ISO-2022-JP
    ("Grüße".encode(), "Grüße"),
    ("Grüße".encode("latin-1"), "Grüße"),
    ("日本".encode("iso2022_jp"), "日本"),
    ("“quoted”".encode("cp1252"), "“quoted”"),
    # wrong and unknown labels
    (b"=?gb2312?B?" + b"1tDOxA==" + b"?=", "中文"),
    (b"=?x-unknown?q?Gr=FC=DFe?=", "Grüße"),
    (b"=?unknown-8bit?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    (b"=?utf-8?q?Gr=FC=DFe?=", "Grüße"),
    (b"=?us-ascii?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    (b"=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"),
    (b"=?unicode-1-1-utf-7?q?+AOQ-?=", "ä"),
    (b"=?utf-7?q?+ADw-script+AD4-?=", "<script>"),
    (b"=?base64?q?eA=3D=3D?=", "eA=="),
    (b"=?idna?q?xn--bcher-kva?=", "xn--bcher-kva"),
    # what deceives
    (b"a\x00b\x07c\x1bd", "abcd"),
    (b"=?utf-8?q?a=0D=0ABcc:_x@y?=", "a Bcc: x@y"),
    ("invoice\u202efdp.exe".encode(), "invoicefdp.exe"),
    ("a\u2066b\u2069\ufeffc".encode(), "abc"),
    ("one\u2028two\u2029three".encode(), "one two three"),
    ("שלום\u200f!".encode(), "שלום\u200f!"),
    ("👩\u200d🚀".encode(), "👩\u200d🚀"),
]


@pytest.mark.parametrize(("raw", "expected"), DECODED)
def test_decode(raw: bytes, expected: str) -> None:
    assert decode(raw) == expected


def test_nothing_is_empty() -> None:
    assert decode(None) == ""


def test_a_long_field_is_cut() -> None:
    assert len(decode(b"x" * 10_000_000)) == headers.MAX_FIELD + 1
    assert decode(b"x" * 10_000_000).endswith("x…")


@given(st.binary(max_size=300))
def test_any_bytes_give_one_line(raw: bytes) -> None:
    text = decode(raw)
    assert text == headers.clean(text)
    assert not any(char in text for char in "\r\n\x00\u202e")
    text.encode()


@given(
    st.lists(
        st.sampled_from([b"=?", b"utf-8", b"?q?", b"?b?", b"?=", b" ", b"=C3", b"w6Q", b"\xff"]), max_size=40
    )
)
def test_any_pieces_of_words_give_one_line(pieces: list[bytes]) -> None:
    decode(b"".join(pieces)).encode()


@pytest.mark.parametrize(
    "bomb",
    [
        b"=?",
        b"=?a?q?",
        b"=?a?q?x?=",
        b"=?utf-8?b?AA",
        b"?=",
        b"=?utf-8?q?=C3?= ",
        b"\x1b$",
        b" ",
        b"=?a?q?x?= ",
    ],
)
def test_bombs_take_linear_time(bomb: bytes) -> None:
    """fast-mail-parser took 0.8 s for one field of `=?`."""
    start = time.process_time()
    decode(bomb * (2_000_000 // len(bomb)))
    assert time.process_time() - start < 0.5


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_what_python_writes_is_read(text: str) -> None:
    assert decode(Header(text, "utf-8", maxlinelen=76).encode().encode()) == headers.clean(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_words_round_trip(text: str) -> None:
    words = encoded_words.encode(text)
    assert all(len(word) <= encoded_words.MAX_WORD and word.isascii() for word in words)
    assert encoded_words.decode("\r\n ".join(words).encode()) == text.removeprefix("\ufeff")


def address(name: bytes | None, mailbox: bytes | None, host: bytes | None) -> Address:
    return Address(name, None, mailbox, host)


def test_people_and_groups() -> None:
    envelope = (
        address(b"=?utf-8?q?J=C3=BCrgen?=", b"j", b"example.org"),
        address(None, b"friends", None),
        address(None, b"a", b"example.org"),
        address(None, None, None),
        address(None, b"undisclosed-recipients", None),
        address(None, None, None),
        address(b'"', b"odd name", b"example.org"),
        address(None, b"root", b"MISSING_DOMAIN"),
        address(b"x", None, b"example.org"),
    )
    assert people(envelope) == (
        Person("Jürgen", "j@example.org"),
        Person("", "a@example.org"),
        Person("undisclosed-recipients", ""),
        Person('"', '"odd name"@example.org'),
        Person("", "root"),
        Person("x", "@example.org"),
    )


def test_mailsploit_words_in_an_address_stay_as_they_are() -> None:
    """Decoded, `=?utf-8?b?…?=@evil.example` would look like an address at another domain."""
    sent = address(None, b"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YAIg==?=", b"evil.example")
    assert people((sent,))[0].address == "=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YAIg==?=@evil.example"


def test_a_hundred_thousand_people_are_a_thousand() -> None:
    assert len(people((address(None, b"a", b"b"),) * 100_000)) == headers.MAX_PEOPLE


def test_fields_in_order() -> None:
    block = (
        b"Received: from a\r\n by b;\r\n\tMon\r\nSubject: =?utf-8?q?=C3=A4?=\r\nno field at all\r\n"
        b"X-Empty:\r\nOdd : blank\r\nSubject: twice\n\r\n"
    )
    assert fields(block) == (
        ("Received", "from a by b; Mon"),
        ("Subject", "ä"),
        ("X-Empty", ""),
        ("Odd", "blank"),
        ("Subject", "twice"),
    )


def test_fields_are_bounded() -> None:
    assert len(fields(b"a: b\r\n" * 100_000)) == headers.MAX_FIELDS


@given(st.binary(max_size=300))
def test_any_block_has_fields(block: bytes) -> None:
    for name, value in fields(block):
        assert name.isascii()
        assert headers.clean(value) == value


def test_message_ids() -> None:
    assert message_ids(b"<a@b> junk <c@d>\r\n <e@f>") == ("<a@b>", "<c@d>", "<e@f>")
    assert message_ids(None) == message_ids("") == message_ids("no <id here") == message_ids("<a b@c>") == ()
    assert message_ids("<a@b\r\nBcc: x>") == ()
    assert len(message_ids(b"<a@b>" * 100_000)) == headers.MAX_IDS


CET = timezone(timedelta(hours=1))
DATES = [
    (b"Mon, 23 Nov 2026 11:06:00 +0100", datetime(2026, 11, 23, 11, 6, tzinfo=CET)),
    (b"23 Nov 2026 10:06 GMT", datetime(2026, 11, 23, 10, 6, tzinfo=UTC)),
    (b"Mon, 23 Nov 2026 10:06:00 -0000", datetime(2026, 11, 23, 10, 6, tzinfo=UTC)),
    (b"Mon, 23 Nov 2026 10:06:00 +0000 (UTC)", datetime(2026, 11, 23, 10, 6, tzinfo=UTC)),
    (b"Mon, 23 Nov 26 10:06:00 UT", datetime(2026, 11, 23, 10, 6, tzinfo=UTC)),
    (b"2026-11-23T10:06:00+00:00", datetime(2026, 11, 23, 10, 6, tzinfo=UTC)),
    (b"Mon, 31 Feb 2026 10:06:00 +0000", None),
    (b"Mon, 23 Nov 2026 99:06:00 +0000", None),
    (b"Mon, 23 Nov 2026 10:06:00 +9999", None),
    (b"Fri, 31 Dec 9999 23:59:59 -1200", None),
    (b"Mon, 1 Jan 0101 00:00:00 +1200", None),
    (b"yesterday", None),
    (b"\xff\xfe", None),
    (b"", None),
    (None, None),
]


@pytest.mark.parametrize(("raw", "expected"), DATES)
def test_parse_date(raw: bytes | None, expected: datetime | None) -> None:
    found = parse_date(raw)
    assert found == expected
    assert found is None or found.tzinfo is not None


@given(st.binary(max_size=80) | st.from_regex(rb"\w{3}, \d{1,9} \w{3} \d{1,5} \d\d:\d\d:\d\d [+-]\d{1,9}"))
def test_any_date_can_be_shown_in_any_zone(raw: bytes) -> None:
    found = parse_date(raw)
    if found is not None:
        found.astimezone(timezone(timedelta(hours=14)))
        found.astimezone(timezone(timedelta(hours=-12)))
