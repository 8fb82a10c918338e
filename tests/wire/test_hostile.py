"""What strangers send to exhaust a server: refused, in time and memory that go with its length.

Each of Dovecot's holes of 2025 and 2026 that lay in reading commands is a test here by its number.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.timing import quickest
from tests.wire.asked import PARSERS, ask, pieces
from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import MAX_DEPTH_BEFORE_LOGIN, Arguments
from webmail.wire.imap_ask_session import parse_id, parse_login, parse_nothing
from webmail.wire.imap_request import MAX_LINE, MAX_LINE_BEFORE_LOGIN, MAX_LITERAL, BadRequest, opening

WORDS = [
    b" ", b"(", b")", b"((", b"))", b'"', b'""', b'"a"', b"\\", b"\\Seen", b"{1}\r\na", b"{1+}\r\n\xff", b"~{1}\r\n\0", b"{",
    b"}", b"{9}", b"NIL", b"*", b"%", b"$", b"1", b"1:*", b"0", b"-1:-5", b"99999999999999999999", b"INBOX", b"&AOQ-", b"&",
    b"RETURN", b"STATUS", b"CHARSET", b"UTF-8", b"ALL", b"OR", b"NOT", b"FROM", b"UID", b"HEADER", b"MODSEQ", b"KEYWORD",
    b"SINCE", b"1-Feb-2026", b'" 1-Feb-2026 08:05:00 +0100"', b"FLAGS", b"+FLAGS.SILENT", b"BODY[", b"BODY.PEEK[", b"]",
    b"HEADER.FIELDS", b"1.2", b".MIME", b"<0.5>", b"BINARY[", b"PREVIEW", b"LAZY", b"CHANGEDSINCE", b"PARTIAL", b"QRESYNC",
    b"CONDSTORE", b"USE", b"UTF8", b"SET", b"NONE", b"selected", b"subtree", b"MessageNew", b"MessageExpunge", b"PLAIN",
    b"AGEAYg==", b"=", b"REFERENCES", b"DATE", b"REVERSE", b"/private/a", b"DEPTH", b"MAXSIZE", b"infinity", b"STORAGE", b"lrs",
    b"\xff", b"\xc3\xa4", b"\t", b"\r", b"\n", b"\0", b"\x7f",
]  # fmt: skip

LIKELY = st.lists(st.sampled_from(WORDS) | st.just(b" "), max_size=30).map(b"".join)
SPACED = st.lists(st.sampled_from(WORDS), max_size=10).map(b" ".join)


@contextmanager
def cheap(seconds: float = 0.5, octets: int = 8 * 1024 * 1024) -> Iterator[None]:
    tracemalloc.start()
    start = time.process_time()
    try:
        yield
        assert time.process_time() - start < seconds
        assert tracemalloc.get_traced_memory()[1] < octets
    finally:
        tracemalloc.stop()


@settings(max_examples=3000)
@given(st.sampled_from(sorted(PARSERS)), SPACED | LIKELY | st.binary(max_size=100), st.booleans())
@example("SEARCH", b"HEADER a b c", False)
@example("NOTIFY", b"SET (", False)
def test_any_octets_are_a_command_or_refused(name: str, octets: bytes, utf8: bool) -> None:
    try:
        assert repr(ask(name.encode() + b" " + octets, utf8=utf8))
    except ProtocolError as error:
        assert "\n" not in str(error)  # noqa: PT017 - there may be none


@settings(max_examples=1000)
@given(st.sampled_from(sorted(PARSERS)), st.lists(st.binary(max_size=20), min_size=1, max_size=5))
def test_any_pieces_are_a_command_or_refused(name: str, cut: list[bytes]) -> None:
    try:
        assert repr(PARSERS[name](Arguments(cut)))
    except ProtocolError:
        return


def read(name: str, rest: bytes) -> None:
    with suppress(ProtocolError):
        PARSERS[name](Arguments([rest]))


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize(
    "octets",
    [
        b"(",
        b")",
        b"()",
        b'"',
        b'"\\',
        b'\\"',
        b"\\",
        b" ",
        b"a",
        b"a ",
        b"0",
        b"1,",
        b"1:",
        b"[",
        b"{",
        b"}",
        b"~",
        b"&",
        b"&-",
        b"*",
        b"%",
    ],
    ids=str,
)
def test_a_line_full_of_one_thing_is_read_at_once(name: str, octets: bytes) -> None:
    for start in (b" ", b" x ", b" (", b" 1 (", b" 1 BODY[", b' "" '):
        rest = start + octets * ((MAX_LINE - 10) // len(octets))
        assert quickest(partial(read, name, rest)) < 0.5


@pytest.mark.parametrize("name", ["NOOP", "ID", "LOGIN", "AUTHENTICATE", "ENABLE", "CAPABILITY", "LANGUAGE"])
def test_cve_2026_27857_and_42006_parentheses_of_a_stranger_cost_nothing(name: str) -> None:
    line = f"A1 {name} ".encode() + b"(" * MAX_LINE_BEFORE_LOGIN
    with cheap(octets=256 * 1024), pytest.raises(ProtocolError):
        PARSERS[name](Arguments([opening(line).rest], depth=MAX_DEPTH_BEFORE_LOGIN))


def test_noop_takes_no_parentheses_at_all() -> None:
    line = b" " + b"(" * MAX_LINE + b")" * MAX_LINE
    with cheap(octets=16 * 1024), pytest.raises(ProtocolError, match="goes on"):
        parse_nothing(Arguments([line]))


def test_cve_2026_42391_id_keeps_thirty_fields_and_no_more() -> None:
    pairs = b" ".join(b'"%d" "x"' % number for number in range(5000))
    with cheap(octets=256 * 1024), pytest.raises(ProtocolError, match="more than 30 fields"):
        parse_id(Arguments([b" (" + pairs + b")"]))
    literals = [
        piece for number in range(500) for piece in (b" {1024}" if number else b' ("0" {1024}', b"x" * 1024)
    ]
    with cheap(octets=1024 * 1024), pytest.raises(ProtocolError):
        parse_id(Arguments([*literals, b")"]))


def test_id_keeps_no_long_value() -> None:
    with pytest.raises(ProtocolError, match="too long"):
        parse_id(Arguments([b' ("name" {%d}' % MAX_LITERAL, b"x" * MAX_LITERAL, b")"]))


@pytest.mark.parametrize(
    "response", [b"A", b"====", b"AA=A", b"A" * 4001 + b"!", b"\xff", b"QQ==QQ==", b"A" * 8000]
)
def test_cve_2025_59028_bad_base64_is_one_refused_command(response: bytes) -> None:
    with cheap(octets=256 * 1024), pytest.raises(ProtocolError):
        ask(b"AUTHENTICATE PLAIN " + response)
    assert ask(b"AUTHENTICATE PLAIN AGEAYg==").initial == b"\0a\0b"


def test_a_tag_or_name_without_end_is_refused_at_once() -> None:
    for line in (
        b"x" * MAX_LINE,
        b"x" * MAX_LINE + b" NOOP",
        b"a " + b"X" * MAX_LINE,
        b"a UID " + b"X" * MAX_LINE,
    ):
        with cheap(octets=256 * 1024):
            try:
                opened = opening(line)
            except BadRequest:
                continue
            assert opened.name == "UID"


def test_a_user_name_is_no_syntax_for_whoever_reads_it_next() -> None:
    """CVE-2026-24031 and 27860: quoting is the directory's, but NUL and what is no UTF-8 never get there."""
    for name in (b'"a\0"', b"{2}\r\na\0", b"{1}\r\n\xff", b'"\xc3"'):
        with pytest.raises(ProtocolError):
            ask(b"LOGIN " + name + b" x")


@pytest.mark.parametrize(
    "said",
    [
        b"SEARCH " + b"(" * MAX_LINE,
        b"FETCH 1 (" + b"BODY[HEADER.FIELDS (" * 3000,
        b"FETCH 1 BODY[" + b"1." * 30000 + b"1]",
        b"FETCH 1 (" + b" ".join([b"BODY[]"] * 9000) + b")",
        b"STORE 1 FLAGS (" + b" ".join(b"f%d" % number for number in range(8000)) + b")",
        b"LIST (" + b"() " * 20000,
        b'LIST "" (' + b" ".join([b"*%"] * 20000) + b")",
        b"LIST () a " + b"%*" * 30000,
        b"STATUS x (" + b"MESSAGES " * 7000,
        b"SORT (" + b"REVERSE " * 8000,
        b"NOTIFY SET " + b"(personal (" * 6000,
        b"SELECT x (QRESYNC (1 1 1:4294967295 (1:4294967295 1:4294967294)))",
        b"SETACL x ann " + b"lr" * 30000 + b"!",
        b"GETMETADATA x (" + b" ".join([b"/private/a"] * 5000) + b")",
        b"RENAME " + b"&" * 60000 + b" x",
        b'RENAME "' + b"&AOQ-" * 12000 + b'" x',
        b"ENABLE " + b" " * 60000,
    ],
    ids=lambda said: str(said[:30]),
)
def test_lists_without_end_are_refused_at_once(said: bytes) -> None:
    with cheap(seconds=1), pytest.raises(ProtocolError):
        ask(said)


@pytest.mark.parametrize(
    "said",
    [
        b"UID FETCH " + b",".join(b"%d" % uid for uid in range(1, 30000, 3)) + b" FLAGS",
        b"UID FETCH " + b",".join(b"%d:%d" % (uid + 1, uid) for uid in range(1, 30000, 6)) + b" FLAGS",
        b"UID FETCH 1:4294967295 FLAGS",
        b"FETCH " + b",".join([b"*:*"] * 15000) + b" FLAGS",
        b"SEARCH TEXT {%d+}\r\n%s" % (MAX_LITERAL, b"x" * MAX_LITERAL),
        b"SEARCH " + b" ".join([b"TEXT {1+}\r\nx"] * 999),
        b"SELECT x (QRESYNC (1 1 1:4294967295 (1:4294967295 1:4294967295)))",
    ],
    ids=lambda said: str(said[:30]),
)
def test_what_is_long_and_right_is_read_at_once(said: bytes) -> None:
    with cheap(seconds=1):
        assert ask(said)


def test_a_literal_is_never_read_as_a_command() -> None:
    """Whatever stands before the announcement, its octets are taken for a literal."""
    for line in (b"A1 FOO {9+}", b"A1 NOOP{9+}", b'A1 LOGIN "a{9+}', b"{9+}", b"A1 LOGIN a b {9+}"):
        assert pieces(line + b"\r\nB2 NOOP\r\n" + b"\r\n")[1:] == [b"B2 NOOP\r\n", b""]


def test_a_password_is_not_in_an_error() -> None:
    for said in (
        (b" ann geheim x",),
        (b" ann (geheim",),
        (b" ann {6}", b"geheim", b" x"),
        (b" ann {7}", b"geheim\xff", b""),
    ):
        with pytest.raises(ProtocolError) as refused:
            parse_login(Arguments(said))
        assert "geheim" not in str(refused.value)
