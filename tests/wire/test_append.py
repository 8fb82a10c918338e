"""APPEND and REPLACE as they come: a line up to each message, whose octets are not held."""

from __future__ import annotations

import pytest

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_messages import (
    AppendItem,
    Replace,
    names_mailbox,
    parse_append_item,
    parse_append_mailbox,
    parse_replace_target,
)
from webmail.wire.imap_request import Announced


@pytest.mark.parametrize(
    ("name", "rest", "is_name"),
    [
        ("APPEND", b" {5}", True),
        ("APPEND", b" {5+}", True),
        ("APPEND", b" x {5}", False),
        ("APPEND", b" 4 {5}", False),
        ("APPEND", b" (\\Seen) {5}", False),
        ("APPEND", b" {5}x {5}", False),
        ("APPEND", b" ~{5}", False),
        ("REPLACE", b" 4 {5+}", True),
        ("UID REPLACE", b" * {5}", True),
        ("REPLACE", b" {5}", False),
        ("REPLACE", b" 4 x {5}", False),
    ],
)
def test_which_literal_is_the_mailbox(name: str, rest: bytes, is_name: bool) -> None:
    assert names_mailbox(name, rest) == is_name


def test_several_messages() -> None:
    args = Arguments([b" {3}", b"a b", b' (\\Seen) "01-Feb-2026 08:05:00 +0000" {310}'])
    assert parse_append_mailbox(args) == "a b"
    first = parse_append_item(args)
    assert first == AppendItem(
        ("\\Seen",), (1769933100, 0), utf8=False, literal=Announced(310, synchronising=True)
    )
    second = parse_append_item(Arguments([b" UTF8 (~{7+}"]), after=first)
    assert second == AppendItem((), None, utf8=True, literal=Announced(7, synchronising=False, binary=True))
    third = parse_append_item(Arguments([b") ($x) {0}"]), after=second)
    assert third == AppendItem(("$x",), None, utf8=False, literal=Announced(0, synchronising=True))
    assert parse_append_item(Arguments([b""]), after=third) is None
    assert parse_append_item(Arguments([b")"]), after=second) is None


def test_two_blanks_between_messages_as_imapclient_says_them() -> None:
    first = parse_append_item(Arguments([b" {1}"]))
    second = parse_append_item(Arguments([b"  {2+}"]), after=first)
    assert second == AppendItem((), None, utf8=False, literal=Announced(2, synchronising=False))


def test_replacing() -> None:
    args = Arguments([b" 4 {3+}", b"a b", b" {310}"])
    assert parse_replace_target(args) == Replace(4, "a b")
    assert parse_append_item(args) is not None


@pytest.mark.parametrize("line", [b"x", b" ", b"   {5}", b" (\\Seen)", b")", b" {5} "])
def test_what_stands_behind_no_message(line: bytes) -> None:
    first = parse_append_item(Arguments([b" {1}"]))
    with pytest.raises(ProtocolError):
        parse_append_item(Arguments([line]), after=first)


@pytest.mark.parametrize("line", [b"", b" {5}", b"))", b"()"])
def test_a_message_in_utf8_is_closed_by_a_parenthesis(line: bytes) -> None:
    first = parse_append_item(Arguments([b" UTF8 (~{1}"]))
    with pytest.raises(ProtocolError):
        parse_append_item(Arguments([line]), after=first)
