"""Tag, command and announced literal: what a server sees of a line before it knows the command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.wire.imap_request import MAX_SIZE, MAX_TAG, Announced, BadRequest, Opening, announced, opening


@pytest.mark.parametrize(
    ("line", "literal"),
    [
        (b"A1 LOGIN {5}", Announced(5, synchronising=True)),
        (b"A1 LOGIN {5+}", Announced(5, synchronising=False)),
        (b"A1 APPEND x ~{310}", Announced(310, synchronising=True, binary=True)),
        (b"A1 APPEND x UTF8 (~{310+}", Announced(310, synchronising=False, binary=True)),
        (b"{0}", Announced(0, synchronising=True)),
        (b"~{0}", Announced(0, synchronising=True, binary=True)),
        (b"x{007}", Announced(7, synchronising=True)),
        (b'A1 LOGIN "{3+}', Announced(3, synchronising=False)),
        (b"A1 x {9223372036854775807}", Announced(MAX_SIZE, synchronising=True)),
        (b"A1 x {9223372036854775808}", Announced(MAX_SIZE, synchronising=True)),
        (b"A1 x {" + b"9" * 60000 + b"+}", Announced(MAX_SIZE, synchronising=False)),
        (b"A1 x {" + b"0" * 60000 + b"1}", Announced(1, synchronising=True)),
    ],
)
def test_literals(line: bytes, literal: Announced) -> None:
    assert announced(line) == literal


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"}",
        b"{}",
        b"{+}",
        b"{5",
        b"{5} ",
        b"{-5}",
        b"{5++}",
        b"{5-}",
        b"{ 5}",
        b"{5}\r",
        b"{a}",
        b'"{5}"',
        b"5}",
    ],
)
def test_what_announces_nothing(line: bytes) -> None:
    assert announced(line) is None


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        (b"a NOOP", Opening("a", "NOOP", b"")),
        (b"A.1-[x] noop ", Opening("A.1-[x]", "NOOP", b" ")),
        (b"1 login ann secret", Opening("1", "LOGIN", b" ann secret")),
        (b"a uid fetch 1:* FLAGS", Opening("a", "UID FETCH", b" 1:* FLAGS")),
        (b"a UID", Opening("a", "UID", b"")),
        (b"a UID 5", Opening("a", "UID", b" 5")),
        (b"a UIDFETCH 5", Opening("a", "UIDFETCH", b" 5")),
        (b"x" * MAX_TAG + b" NOOP", Opening("x" * MAX_TAG, "NOOP", b"")),
    ],
)
def test_commands_begin(line: bytes, begun: Opening) -> None:
    assert opening(line) == begun


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        (b"", "*"),
        (b"NOOP", "*"),
        (b" a NOOP", "*"),
        (b"* NOOP", "*"),
        (b"+ NOOP", "*"),
        (b"a+b NOOP", "*"),
        (b"a% NOOP", "*"),
        (b"\xc3\xa4 NOOP", "*"),
        (b"x" * (MAX_TAG + 1) + b" NOOP", "*"),
        (b"a ", "a"),
        (b"a  NOOP", "a"),
        (b"a 1", "a"),
        (b"a NO\0P", "a"),
        (b"a NOOP\r", "a"),
        (b"a NOOP(", "a"),
        (b"a " + b"X" * 33, "a"),
    ],
)
def test_what_is_no_command_is_answered_under_its_tag(line: bytes, tag: str) -> None:
    with pytest.raises(BadRequest) as refused:
        opening(line)
    assert refused.value.tag == tag


def begun_or_refused(line: bytes) -> Opening | BadRequest:
    try:
        return opening(line)
    except BadRequest as error:
        return error


@given(st.binary())
def test_any_line_begins_a_command_or_is_refused(line: bytes) -> None:
    announced(line)
    begun = begun_or_refused(line)
    assert begun.tag.isascii()
    assert begun.tag.isprintable()
    if isinstance(begun, Opening):
        assert line.lower().startswith(f"{begun.tag} {begun.name}".lower().encode())
        assert line.endswith(begun.rest)
