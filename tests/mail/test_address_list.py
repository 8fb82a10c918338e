"""Address lists as senders write them, and as they should not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.mail.address_list import MAX_ADDRESSES, NO_HOST, NO_MAILBOX, _Reader, parse
from webmail.wire.imap_replies import Address

END = Address(None, None, None, None)


def one(mailbox: bytes, host: bytes, name: bytes | None = None, route: bytes | None = None) -> Address:
    return Address(name, route, mailbox, host)


def group(name: bytes) -> Address:
    return Address(None, None, name, None)


ANN = one(b"ann", b"x.test")
LISTS = [
    (b"", []),
    (b" , ,", []),
    (b"ann@x.test", [ANN]),
    (b"<ann@x.test>", [ANN]),
    (b"Ann Lee <ann@x.test>", [one(b"ann", b"x.test", b"Ann Lee")]),
    (b"Ann Q. Lee <ann@x.test>", [one(b"ann", b"x.test", b"Ann Q. Lee")]),
    (b'"Lee,  Ann" <ann@x.test>', [one(b"ann", b"x.test", b"Lee, Ann")]),
    (b'"say \\"hi\\" \\\\" <ann@x.test>', [one(b"ann", b"x.test", b'say "hi" \\')]),
    (b"Ann<ann@x.test>", [one(b"ann", b"x.test", b"Ann")]),
    (b"ann@x.test (Ann (the one) Lee)", [one(b"ann", b"x.test", b"Ann (the one) Lee")]),
    (b"<ann@x.test> (Ann)", [one(b"ann", b"x.test", b"Ann")]),
    (b"Ann (not this) <ann@x.test>", [one(b"ann", b"x.test", b"Ann")]),
    (b"ann@x.test, bob@y.test", [ANN, one(b"bob", b"y.test")]),
    (b"ann@x.test; bob@y.test", [ANN, one(b"bob", b"y.test")]),
    (b"<ann@x.test> <bob@y.test>", [ANN, one(b"bob", b"y.test")]),
    (b"ann . lee @ x . test", [one(b"ann.lee", b"x.test")]),
    (b'"ann lee"@x.test', [one(b"ann lee", b"x.test")]),
    (b"ann@[192.0.2.1]", [one(b"ann", b"[192.0.2.1]")]),
    (b"ann@[IPv6:::1]", [one(b"ann", b"[IPv6:::1]")]),
    (b"<@a.test,@b.test:ann@x.test>", [one(b"ann", b"x.test", route=b"@a.test,@b.test")]),
    (b"team: ann@x.test, Bob <bob@y.test>;", [group(b"team"), ANN, one(b"bob", b"y.test", b"Bob"), END]),
    (b"undisclosed-recipients:;", [group(b"undisclosed-recipients"), END]),
    (b'"a, b":;, ann@x.test', [group(b"a, b"), END, ANN]),
    (b"team: ann@x.test", [group(b"team"), ANN, END]),
    (b"ann", [one(b"ann", NO_HOST)]),
    (b"<>", [one(NO_MAILBOX, NO_HOST)]),
    (b"@x.test", [one(NO_MAILBOX, b"x.test")]),
    (b"ann@", [one(b"ann", NO_HOST)]),
    (b"Ann Lee", [one(NO_MAILBOX, NO_HOST, b"Ann Lee")]),
    (b"<ann@x.test", [ANN]),
    (b"<ann@x.test, bob@y.test", [ANN, one(b"bob", b"y.test")]),
    (b"Ann Lee ann@x.test", [one(b"ann", b"x.test", b"Ann Lee")]),
    (b"<ann@x.test> and more, bob@y.test", [ANN, one(b"bob", b"y.test")]),
    (b'"ann@x.test', [one(b"ann@x.test", NO_HOST)]),
    (b"=?utf-8?Q?Lee,_Ann?= <ann@x.test>", [one(b"ann", b"x.test", b"=?utf-8?Q?Lee,_Ann?=")]),
    (b"=?utf-8?Q?boss@x.test,_?= <ann@x.test>", [one(b"ann", b"x.test", b"=?utf-8?Q?boss@x.test,_?=")]),
    (b"J\xc3\xbcrgen <j\xc3\xbc@b\xc3\xbc.test>", [one(b"j\xc3\xbc", b"b\xc3\xbc.test", b"J\xc3\xbcrgen")]),
]


@pytest.mark.parametrize(("raw", "expected"), LISTS)
def test_lists(raw: bytes, expected: list[Address]) -> None:
    assert list(parse(raw)) == expected


PIECES = [
    b"ann", b"@", b"x.test", b"<", b">", b",", b";", b":", b"(", b")", b'"', b"\\", b" ", b".", b"Ann Lee ", b"[", b"]",
    b"<a@b.c>", b'"q" ', b"=?utf-8?q?a@b.c?=", b"\xff", b"\0", b"?",
]  # fmt: skip


@settings(max_examples=3000)
@given(st.lists(st.sampled_from(PIECES), max_size=15).map(b"".join))
def test_the_quick_way_reads_what_the_thorough_one_reads(raw: bytes) -> None:
    assert parse(raw) == _Reader(raw).read()


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=15).map(b"".join))
def test_groups_are_opened_and_closed_in_turn(raw: bytes) -> None:
    opened = False
    for address in parse(raw):
        assert address.mailbox is None or address.mailbox
        if address.host is None:
            assert opened is (address.mailbox is None)
            opened = not opened
    assert not opened


def test_too_many_addresses_are_left_out() -> None:
    """CVE-2026-27852: lists of addresses that took a server's memory."""
    for raw in (b"a@b," * 100_000, b"a@b;" * 100_000, b"g:;" * 100_000, b"g:" + b"a@b," * 100_000):
        start = time.process_time()
        assert len(parse(raw)) == MAX_ADDRESSES
        assert time.process_time() - start < 1
    assert parse(b"g:" + b"a@b," * 100_000)[-1] == END
