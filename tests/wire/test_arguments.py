"""The cursor: each reader takes exactly its own thing, and says what it wanted instead."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.asked import pieces
from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import MAX_ITEMS, MAX_KEYWORD, MAX_NAME, Arguments
from webmail.wire.imap_line import Line
from webmail.wire.imap_request import Announced
from webmail.wire.imap_sets import Page, Saved, SequenceSet
from webmail.wire.imap_utf7 import encode_utf7
from webmail.wire.imap_values import AString, LiteralStyle, MailboxName, Number, String

STYLES = st.sampled_from(["sync", "plus", "minus"])
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NAMES = st.text(
    st.characters(exclude_characters="\u2028\u2029", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80
)


def args(*said: bytes, utf8: bool = False) -> Arguments:
    return Arguments(said, utf8=utf8)


def sent(argument: AString | String | MailboxName, literal: LiteralStyle, *, utf8: bool = False) -> Arguments:
    line = Line(literal, utf8=utf8)
    argument.write(line)
    return Arguments(
        pieces(b"".join(piece for piece in line.finish() if isinstance(piece, bytes))), utf8=utf8
    )


@given(TEXTS, STYLES, st.booleans())
def test_a_string_of_a_client_is_read_back(text: str, literal: LiteralStyle, utf8: bool) -> None:
    for argument in (AString(text), String(text)):
        found = sent(argument, literal, utf8=utf8)
        assert found.text("a text") == text
        found.end()


@given(NAMES, STYLES, st.booleans())
def test_a_name_of_a_client_is_read_back(name: str, literal: LiteralStyle, utf8: bool) -> None:
    found = sent(MailboxName(name), literal, utf8=utf8).mailbox()
    assert found == ("INBOX" if name.upper() == "INBOX" else name)


@pytest.mark.parametrize(
    ("raw", "utf8", "name"),
    [
        (b"inBox", False, "INBOX"),
        (b'"INBOX"', False, "INBOX"),
        (b"inbox/x", False, "inbox/x"),
        (b"Gel&APY-scht", False, "Gelöscht"),
        (b"Gel&APY-scht", True, "Gel&APY-scht"),
        ('"Gelöscht"'.encode(), True, "Gelöscht"),
        ('"Gelöscht"'.encode(), False, "Gelöscht"),
        (b"A&B", False, "A&B"),
        (b"&AAo-", False, "&AAo-"),  # an encoded line feed stays text
        (b"[Gmail]/x", False, "[Gmail]/x"),
        (b'"a\\"b\\\\c"', False, 'a"b\\c'),
        (b"x" * MAX_NAME, False, "x" * MAX_NAME),
    ],
)
def test_mailboxes(raw: bytes, utf8: bool, name: str) -> None:
    assert args(raw, utf8=utf8).mailbox() == name


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'""',
        b'"a\tb"',
        b'"a\rb"',
        b'"a\x7f"',
        b'"\xff"',
        '"a\x85b"'.encode(),
        '"\u2028"'.encode(),
        encode_utf7("\x85"),
        encode_utf7("\u2029"),
        b"(x)",
        b"a*",
        b"x" * (MAX_NAME + 1),
    ],
)
def test_what_names_no_mailbox(raw: bytes) -> None:
    found = args(raw)
    with pytest.raises(ProtocolError):  # noqa: PT012 - `a*` is read up to what no name holds, and something is left
        found.mailbox()
        found.end()


def test_wildcards_are_in_patterns_only() -> None:
    assert args(b"INBOX/%*").list_mailbox() == "INBOX/%*"
    assert args(b'""').list_mailbox() == ""
    assert args(b"&AOQ-*").list_mailbox() == "ä*"
    assert args(b'""').mailbox_or_none() == ""


def test_numbers() -> None:
    assert args(b"0").number("n") == 0
    assert args(b"007").number("n") == 7
    assert args(b"4294967295").number("n") == 2**32 - 1
    assert args(b"9223372036854775807").number64("n") == 2**63 - 1
    for raw in (b"4294967296", b"", b"-1", b"x", b"9" * 5000):
        with pytest.raises(ProtocolError):
            args(raw).number("n")
    with pytest.raises(ProtocolError):
        args(b"9223372036854775808").number64("n")
    with pytest.raises(ProtocolError, match="from 1"):
        args(b"0").number("n", 1)


def test_sets() -> None:
    assert args(b"1:3,*").sequence_set() == SequenceSet.parse("1:3,*")
    assert args(b"$").sequence_set() is Saved.RESULT
    assert args(b"1:3,7").known_set("the UIDs") == SequenceSet.parse("1:3,7")
    for raw in (b"0", b"1,", b"4294967296", b"x", b"", b"1:2:3"):
        with pytest.raises(ProtocolError):
            args(raw).sequence_set()
    for raw in (b"$", b"1:*"):
        with pytest.raises(ProtocolError, match="without"):
            args(raw).known_set("the UIDs")


def test_pages() -> None:
    assert args(b"1:500").page() == Page(1, 500)
    assert args(b"-1:-100").page() == Page(-1, -100)
    for raw in (b"0:5", b"-1:5", b"1", b"*:5", b"4294967296:1", b"1:"):
        with pytest.raises(ProtocolError):
            args(raw).page()


def test_flags() -> None:
    assert args(b"(\\seen $Forwarded \\SEEN)").flag_list() == ("\\Seen", "$Forwarded")
    assert args(b"()").flag_list() == ()
    for raw in (b"\\Recent", b"\\*", b"\\Foo", b"[x", b"", b"x" * (MAX_KEYWORD + 1)):
        with pytest.raises(ProtocolError):
            args(raw).flag()
    for raw in (b"(", b"(a", b"( a)", b"(a )", b"(a  b)", b"a"):
        with pytest.raises(ProtocolError):
            args(raw).flag_list()


def test_dates() -> None:
    assert args(b"1-Feb-2026").date() == date(2026, 2, 1)
    assert args(b'"01-FEB-2026"').date() == date(2026, 2, 1)
    for raw in (
        b"31-Feb-2026",
        b"1-Foo-2026",
        b"1-Feb-0000",
        b'"1-Feb-2026',
        b'1-Feb-2026"',
        b"1-Feb-20261",
        b"1-2-2026",
    ):
        with pytest.raises(ProtocolError):
            args(raw).date()


@pytest.mark.parametrize(
    ("raw", "when"),
    [
        (b'" 1-Feb-2026 08:05:00 +0100"', (1769929500, 60)),
        (b'"01-Feb-2026 08:05:00 +0100"', (1769929500, 60)),
        (b'"01-jan-1970 00:00:00 -0330"', (12600, -210)),
        (b'"31-Dec-2016 23:59:60 +0000"', (1483228799, 0)),
        (b'"01-Jan-0001 00:00:00 +2359"', (-62135596800 - 86340, 1439)),
    ],
)
def test_dates_with_time(raw: bytes, when: tuple[int, int]) -> None:
    assert args(raw).date_time() == when


@pytest.mark.parametrize(
    "raw",
    [
        b'"1-Feb-2026 08:05:00 +0100"',
        b' 1-Feb-2026 08:05:00 +0100"',
        b'"30-Feb-2026 08:05:00 +0100"',
        b'"01-Feb-2026 24:05:00 +0100"',
        b'"01-Feb-2026 08:60:00 +0100"',
        b'"01-Feb-2026 08:05:61 +0100"',
        b'"01-Feb-2026 08:05:00 +2400"',
        b'"01-Feb-2026 08:05:00 +0160"',
        b'"01-Feb-2026 08:05:00 CET"',
        b'"01-Feb-0000 08:05:00 +0000"',
        b'"  -Feb-2026 08:05:00 +0000"',
        b"{26}",
    ],
)
def test_what_no_clock_shows(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        args(raw).date_time()


def test_strings_and_their_ends() -> None:
    assert args(b"NIL").nstring("x") is None
    assert args(b"nil").nstring("x") is None
    assert args(b'"NIL"').nstring("x") == b"NIL"
    assert args(b"NIL").astring("x") == b"NIL"
    assert args(b"a]").astring("x") == b"a]"
    assert args(b"~{3}", b"a\0b", b"").nstring8("x") == b"a\0b"
    assert args(b"{3}", b"{5}", b"").string("x") == b"{5}"
    for raw in (b'"', b'"a', b'"a\\"', b'"\\a"', b'"a\0"', b'"a\n"', b"atom", b"NIL", b"", b"{3}", b"{3} "):
        with pytest.raises(ProtocolError):
            args(raw).string("x")


@pytest.mark.parametrize(
    "said",
    [
        (b"{3}", b"ab", b""),  # shorter than announced
        (b"{3}", b"abc"),  # nothing behind it
        (b"{1}x", b"a", b""),
        (b"{1", b"a", b""),
        (b"{x{1}", b"a", b""),
        (b"{3}", b"a\0b", b""),
        (b"~{3}", b"abc", b""),
    ],
)
def test_what_is_no_literal(said: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolError):
        args(*said).string("x")


def test_every_character_of_an_atom_may_stand_in_a_name() -> None:
    name = b"!#$&'+,-.0123456789:;<=>?@^_`|[}~"
    assert args(name).atom("x").encode() == name
    assert args(name, utf8=True).mailbox().encode() == name


def test_an_announced_message() -> None:
    assert args(b"~{5+}").announcement() == Announced(5, synchronising=False, binary=True)
    for said in ((b"x{5}",), (b"{x{5}",), (b"~~{5}",), (b"{5}", b"abcde", b""), (b"",), (b'"x"',)):
        with pytest.raises(ProtocolError, match="literal"):
            args(*said).announcement()


def test_a_command_ends_where_its_last_piece_ends() -> None:
    args(b"").end()
    for said in ((b" ",), (b"x",), (b"", b"", b"")):
        with pytest.raises(ProtocolError, match="goes on"):
            args(*said).end()


def test_texts_of_errors_tell_what_is_wanted() -> None:
    with pytest.raises(ProtocolError, match=r"^a space is wanted before the mailbox$"):
        args(b"x").space("the mailbox")
    with pytest.raises(ProtocolError, match=r"^the user is wanted as a string$"):
        args(b"(").string("the user")


def test_lists_are_bounded_in_depth_and_length() -> None:
    def nested(cursor: Arguments) -> object:
        return cursor.in_list(lambda: nested(cursor), "x") if cursor.at(b"(") else cursor.atom("x")

    assert nested(Arguments([b"((a) b)"], depth=2)) == (("a",), "b")
    with pytest.raises(ProtocolError, match="parentheses"):
        nested(Arguments([b"(((a)))"], depth=2))
    many = Arguments([b"(" + b" ".join([b"1"] * (MAX_ITEMS + 1)) + b")"])
    with pytest.raises(ProtocolError, match="more than"):
        many.in_list(lambda: many.number("x"), "x")


@pytest.mark.parametrize(
    ("raw", "octets"), [(b"=", b""), (b"YQ==", b"a"), (b"YWI=", b"ab"), (b"YWJj", b"abc")]
)
def test_base64(raw: bytes, octets: bytes) -> None:
    assert args(raw).base64("the response") == octets


@given(st.integers(0, 2**63 - 1))
def test_a_number_of_a_client_is_read_back(value: int) -> None:
    line = Line()
    Number(value).write(line)
    assert Arguments([line.so_far]).number64("n") == value
