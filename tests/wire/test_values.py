"""Arguments: what goes on the wire is what was meant, and never a word more."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.said import read_back
from webmail.wire.imap_line import Line
from webmail.wire.imap_tokens import octets
from webmail.wire.imap_utf7 import decode_utf7, decode_utf8
from webmail.wire.imap_values import (
    AString,
    Atom,
    FlagList,
    Hidden,
    List,
    ListPattern,
    Literal,
    LiteralStream,
    LiteralStyle,
    MailboxName,
    Number,
    Quoted,
    String,
    Synchronising,
)

STYLES = st.sampled_from(["sync", "plus", "minus"])
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def written(argument: AString | String | MailboxName | ListPattern, *, utf8: bool = False) -> bytes:
    line = Line("plus", utf8=utf8)
    argument.write(line)
    return b"".join(piece for piece in line.finish() if isinstance(piece, bytes)).removesuffix(b"\r\n")


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("abc", b"abc"),
        ("INBOX.Sent", b"INBOX.Sent"),
        ("", b'""'),
        ("nil", b'"nil"'),
        ("two words", b'"two words"'),
        ('say "x" \\', b'"say \\"x\\" \\\\"'),
        ("(", b'"("'),
        ("*", b'"*"'),
        ("{3}", b'"{3}"'),
        ("a\tb", b'"a\tb"'),
        ("a\r\nb", b"{4+}\r\na\r\nb"),
        ("\n", b"{1+}\r\n\n"),
        ("ä", b"{2+}\r\n\xc3\xa4"),
        (b"\xff", b"{1+}\r\n\xff"),
        ("x" * 1024 + "!", b"{1025+}\r\n" + b"x" * 1024 + b"!"),
    ],
)
def test_the_content_chooses_the_form(value: str | bytes, wire: bytes) -> None:
    assert written(AString(value)) == wire


def test_eight_bits_are_quoted_once_utf8_is_enabled_and_only_as_text() -> None:
    assert written(AString("ä"), utf8=True) == '"ä"'.encode()
    assert written(AString("ä\n"), utf8=True) == b"{3+}\r\n\xc3\xa4\n"
    assert written(AString(b"\xff"), utf8=True) == b"{1+}\r\n\xff"


def test_a_string_is_never_an_atom() -> None:
    assert written(String("abc")) == b'"abc"'


@pytest.mark.parametrize(
    ("name", "utf7", "utf8"),
    [
        ("INBOX", b"INBOX", b"INBOX"),
        ("Sent Items", b'"Sent Items"', b'"Sent Items"'),
        ("Gelöscht", b"Gel&APY-scht", '"Gelöscht"'.encode()),
        ("A&B", b"A&-B", b"A&B"),
        ('"', b'"\\""', b'"\\""'),
        ("100%*", b'"100%*"', b'"100%*"'),
    ],
)
def test_mailbox_names(name: str, utf7: bytes, utf8: bytes) -> None:
    assert written(MailboxName(name)) == utf7
    assert written(MailboxName(name), utf8=True) == utf8


def test_patterns_are_always_strings() -> None:
    assert written(ListPattern("*")) == b'"*"'
    assert written(ListPattern("")) == b'""'
    assert written(ListPattern("Gelöscht/%")) == b'"Gel&APY-scht/%"'


@given(TEXTS | st.binary().filter(lambda octets: b"\0" not in octets), STYLES, st.booleans())
@example("", "sync", False)
@example("NIL", "sync", False)
@example("5 {3}", "sync", False)
def test_a_string_is_read_back_as_one_value(value: str | bytes, literal: LiteralStyle, utf8: bool) -> None:
    wanted = value.encode() if isinstance(value, str) else value
    for argument in (AString(value), String(value), Literal(wanted)):
        assert [octets(found) for found in read_back(argument, literal=literal, utf8=utf8)] == [wanted]


@given(st.lists(TEXTS, max_size=5), STYLES)
def test_a_list_is_read_back_as_one_value(texts: list[str], literal: LiteralStyle) -> None:
    (found,) = read_back(List(map(AString, texts)), literal=literal)
    assert isinstance(found, list)
    assert [octets(value) for value in found] == [text.encode() for text in texts]


@given(st.text(), STYLES, st.booleans())
def test_a_mailbox_name_is_read_back_or_refused(name: str, literal: LiteralStyle, utf8: bool) -> None:
    try:
        argument = MailboxName(name)
    except ValueError:
        assert not name or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", name)
        return
    (found,) = read_back(argument, literal=literal, utf8=utf8)
    assert (decode_utf8 if utf8 else decode_utf7)(octets(found) or b"") == name


@given(st.text(), st.booleans())
def test_an_argument_of_one_line_has_no_line_end(text: str, utf8: bool) -> None:
    """CR and LF are on the wire in literals only."""
    for kind in (Atom, Quoted, MailboxName, ListPattern, lambda flag: FlagList([flag])):
        try:
            argument = kind(text)
        except ValueError:
            continue
        line = Line("sync", utf8=utf8)
        argument.write(line)
        *announced, last = line.finish()
        assert isinstance(last, bytes)
        assert b"\r" not in last[:-2]
        assert b"\n" not in last[:-2]
        assert b"\0" not in last
        assert all(isinstance(piece, Synchronising) for piece in announced)


@pytest.mark.parametrize("kind", [AString, String, MailboxName, ListPattern, Quoted, Atom])
@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
def test_nul_and_half_characters_are_refused(kind: type[AString], text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        kind(text)


@pytest.mark.parametrize("name", ["", "a\nb", "a\rb", "\x7f", "\x01"])
def test_no_mailbox_has_such_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="mailbox"):
        MailboxName(name)


@pytest.mark.parametrize("word", ["", "a b", "a\r", "a\n", "(", "{3}", '"', "a\\", "*", "ä", "a]"])
def test_what_is_no_atom(word: str) -> None:
    with pytest.raises(ValueError, match="atom"):
        Atom(word)


@pytest.mark.parametrize("flag", ["\\Seen", "$Forwarded", "NonJunk", "$label1"])
def test_flags(flag: str) -> None:
    assert read_back(FlagList([flag])) == [[flag]]


@pytest.mark.parametrize(
    "flag", ["", "\\", "\\*", "a b", "a)", "\\Seen\r\n", "\\\\Seen", "x\n", "ä", "{1}", "[x]"]
)
def test_what_is_no_flag(flag: str) -> None:
    with pytest.raises(ValueError, match="flag"):
        FlagList([flag])


@pytest.mark.parametrize("value", [-1, 2**63, True, 1.5, "1"])
def test_what_is_no_number(value: int) -> None:
    with pytest.raises(ValueError, match="number"):
        Number(value)


def test_pieces_and_where_to_wait() -> None:
    def pieces(literal: LiteralStyle, size: int) -> list[bytes | LiteralStream]:
        line = Line(literal)
        line.text(b"x ")
        line.words([Literal(b"y" * size), Atom("Z")])
        return line.finish()

    assert pieces("sync", 3) == [b"x {3}\r\n", b"yyy Z\r\n"]
    assert isinstance(pieces("sync", 3)[0], Synchronising)
    assert pieces("plus", 3) == [b"x {3+}\r\n", b"yyy Z\r\n"]
    assert not any(isinstance(piece, Synchronising) for piece in pieces("plus", 5000))
    assert not any(isinstance(piece, Synchronising) for piece in pieces("minus", 4096))
    assert isinstance(pieces("minus", 4097)[0], Synchronising)


def test_octets_that_look_like_an_announcement_are_nothing_to_wait_for() -> None:
    line = Line("sync")
    Literal(b"{3}").write(line)
    first, last = line.finish()
    assert isinstance(first, Synchronising)
    assert last == b"{3}\r\n"
    assert not isinstance(last, Synchronising)


def test_a_stream_is_announced_and_left_to_the_sender() -> None:
    stream = LiteralStream(5, [b"ab", b"cde"], eight=True)
    line = Line("plus")
    stream.write(line)
    assert line.finish() == [b"~{5+}\r\n", stream, b"\r\n"]
    with pytest.raises(ValueError, match="size"):
        LiteralStream(-1, []).write(Line())


def test_a_literal8_may_hold_nul() -> None:
    line = Line("plus")
    Literal(b"\0", eight=True).write(line)
    assert line.finish() == [b"~{1+}\r\n", b"\0\r\n"]


def test_a_secret_is_starred_in_a_log_and_in_a_trace() -> None:
    secret = Hidden(String("geheim"))
    line = Line(public=True)
    secret.write(line)
    assert line.so_far == b"****"
    assert "geheim" not in repr(secret)
