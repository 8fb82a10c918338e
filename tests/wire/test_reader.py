"""The reader: any cutting of the octets gives the same replies, and each limit has its end."""

from __future__ import annotations

import contextlib
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire import ProtocolError
from webmail.wire.buffer import MAX_LITERAL, Limits, ReplyReader
from webmail.wire.imap_replies import Condition, Exists, Expunge, Fetch, MailboxList, Reply, Tagged
from webmail.wire.imap_tokens import MAX_NESTING

CONVERSATION = b"".join(
    (
        b"* OK [CAPABILITY IMAP4rev1 LITERAL+] ready {3}\r\n",
        b'* LIST (\\HasNoChildren) "/" {6}\r\nin {3}\r\n',
        b"* 2 EXISTS\n",
        b'* 1 FETCH (UID 7 BODY[] {9}\r\n\r\n* 1 OK\r BODY[HEADER.FIELDS (TO)] {0}\r\n ENVELOPE (NIL "{1}" NIL NIL))\r\n',
        b"* 1 EXPUNGE\r\n",
        b"A1 OK [READ-WRITE] {2}\r\n",
    )
)


def said(reader: ReplyReader, *chunks: bytes) -> list[Reply]:
    return [reply for chunk in chunks for reply in reader.feed(chunk)]


def test_a_conversation() -> None:
    replies = said(ReplyReader(), CONVERSATION)
    kinds = [type(reply) for reply in replies]
    assert kinds == [Condition, MailboxList, Exists, Fetch, Expunge, Tagged]
    assert isinstance(replies[3], Fetch)
    assert replies[3].sections == {"BODY[]": b"\r\n* 1 OK\r", "BODY[HEADER.FIELDS (TO)]": b""}


@given(st.lists(st.integers(0, len(CONVERSATION))))
def test_any_cutting_gives_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CONVERSATION)]
    chunks = [CONVERSATION[start:end] for start, end in itertools.pairwise(edges)]
    reader = ReplyReader()
    assert said(reader, *chunks) == said(ReplyReader(), CONVERSATION)
    assert reader.pending == 0


def test_feeding_takes_the_octets_even_if_nobody_looks() -> None:
    reader = ReplyReader()
    reader.feed(b"* 1 EXISTS\r\n* 2 EX")
    assert reader.pending == 18
    assert said(reader, b"ISTS\r\n") == [Exists(1), Exists(2)]


def test_replies_may_be_taken_one_at_a_time() -> None:
    reader = ReplyReader()
    replies = reader.feed(b"* 1 EXISTS\r\n* 2 EXISTS\r\n* 3")
    assert next(replies) == Exists(1)
    assert reader.pending == 15
    assert next(replies) == Exists(2)
    assert list(replies) == []
    assert reader.pending == 3


def test_the_switch_to_utf8_holds_for_what_is_not_yet_parsed() -> None:
    reader = ReplyReader()
    replies = reader.feed(b"A1 OK enabled\r\n* LIST () NIL A&-B\r\n")
    next(replies)
    reader.utf8 = True
    assert next(replies) == MailboxList(frozenset(), None, "A&-B")


def test_after_an_error_nothing_more_is_taken() -> None:
    reader = ReplyReader()
    with pytest.raises(ProtocolError):
        said(reader, b"* 1 EXISTS\r\n)(\r\n* 2 EXISTS\r\n")
    with pytest.raises(ProtocolError, match="refused"):
        said(reader, b"* 3 EXISTS\r\n")


@pytest.mark.parametrize("step", [1, 1000, 10_000_000])
def test_a_line_has_a_limit(step: int) -> None:
    limits = Limits(line=5000)
    whole = b"* OK " + b"x" * 4994 + b"\r\n"
    assert len(said(ReplyReader(limits), *cut(whole, step))) == 1
    endless = b"* OK " + b"x" * 6000
    with pytest.raises(ProtocolError, match="5000"):
        said(ReplyReader(limits), *cut(endless, step))


def test_literals_do_not_count_as_line_but_have_a_limit_together() -> None:
    limits = Limits(line=100, literal=5000)
    literal = b"{2500}\r\n" + b"x" * 2500
    assert len(said(ReplyReader(limits), b"* 1 FETCH (BODY[1] %s BODY[2] %s)\r\n" % (literal, literal))) == 1
    with pytest.raises(ProtocolError, match="5000"):
        said(ReplyReader(limits), b"* 1 FETCH (BODY[1] %s BODY[2] {2501}\r\n" % literal)


def test_each_reply_has_the_whole_limit_of_literals() -> None:
    one = b"* 1 FETCH (BODY[1] {50}\r\n" + b"x" * 50 + b")\r\n"
    assert len(said(ReplyReader(Limits(literal=50)), one * 20)) == 20


@pytest.mark.parametrize("size", [MAX_LITERAL + 1, 2**32, 10**19])
def test_a_literal_too_big_is_refused_before_it_comes(size: int) -> None:
    reader = ReplyReader()
    with pytest.raises(ProtocolError, match="literals"):
        said(reader, b"* 1 FETCH (BODY[] {%d}\r\n" % size)
    assert reader.pending == 0


def test_empty_literals_are_bounded_by_the_line() -> None:
    with pytest.raises(ProtocolError, match="a line of more"):
        said(ReplyReader(Limits(line=1000)), b"* LIST (" + b"{0}\r\n " * 1000)


def test_nesting_has_a_limit() -> None:
    deep = b"* THREAD " + b"(" * MAX_NESTING + b")" * MAX_NESTING + b"\r\n"
    assert len(said(ReplyReader(), deep)) == 1
    deeper = b"* SEARCH " + b"(" * (MAX_NESTING + 1) + b")" * (MAX_NESTING + 1) + b"\r\n"
    with pytest.raises(ProtocolError, match="100"):
        said(ReplyReader(), deeper)


BOMBS = [  # each once cost some parser somewhere the square of its length
    b"* OK [" + b"a" * 500_000,
    b"* OK [" + b"a [" * 160_000,
    b'* OK [A "' + b'\\"' * 250_000,
    b"* LIST (" + b"(" * 500_000,
    b"* LIST " + b")" * 500_000,
    b'* LIST "' + b'\\"' * 250_000,
    b"* LIST " + b'"' * 499_999,
    b"* LIST " + b'"\\' * 250_000,
    b"* LIST " + b'""' * 250_000,
    b"* SEARCH" + b" 1234567" * 60_000,
    b"* SEARCH " + b"9" * 500_000,
    b"* 1 FETCH (" + b"BODY[ " * 80_000 + b")",
    b"* 1 FETCH (" + b"BODY[HEADER.FIELDS (" * 25_000,
    b"* 1 FETCH (" + b"{" * 500_000,
    b"* 1 FETCH (" + b" {0}\r\n" * 80_000 + b")",
    b"* 1 FETCH (BODYSTRUCTURE (" + b"()" * 250_000 + b"))",
    b'* 1 FETCH (BODYSTRUCTURE ("a" "b" (' + b'"x" "y" ' * 60_000 + b")))",
    b"* 1 FETCH (ENVELOPE (NIL NIL (" + b"(NIL NIL NIL NIL)" * 28_000 + b")))",
    b"* LIST () NIL " + b"&AAAA" * 100_000,
    b"* LIST () NIL " + b"&-" * 250_000,
    b"* " + b"1" * 500_000,
    b"x" * 500_000,
    b"\r" * 500_000,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: repr(bomb[:40]))
def test_no_line_takes_long(bomb: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(ProtocolError):
        said(ReplyReader(), *cut(bomb + b"\r\n", 50_000))
    assert time.process_time() - started < 5  # half a second is usual; the square would be minutes


def test_ten_thousand_replies_in_one_chunk() -> None:
    assert len(said(ReplyReader(), b"* 7 FETCH (FLAGS (\\Seen))\r\n" * 10_000)) == 10_000


def test_octet_by_octet_is_linear() -> None:
    literal = b"* 1 FETCH (BODY[] {300000}\r\n" + b"x\n" * 150_000 + b")\r\n"
    assert len(said(ReplyReader(), *cut(literal, 1))) == 1


def cut(octets: bytes, step: int) -> list[bytes]:
    return [octets[at : at + step] for at in range(0, len(octets), step)]
