"""However much somebody asks for at once, others have their turn meanwhile."""

from __future__ import annotations

from tests.imap.talk import Client, letter

TURNS = 5  # answers that another client has at least while a command takes a second


def turns(busy: Client, other: Client, command: bytes) -> int:
    """How many answers another client has while this command is under way."""
    tag = busy.begins(command)
    count = 0
    while busy.hears_nothing(0.001):
        other.ok("NOOP")
        count += 1
    busy.ends(tag)
    return count


def test_a_command_as_long_as_may_be_is_read_while_others_go_on(alice: Client, bob: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    fields = b" ".join([b"BODY.PEEK[HEADER.FIELDS (" + b" ".join([b"a"] * 990) + b")]"] * 30)
    command = b"FETCH 1 (" + b" BODY.PEEK[HEADER.FIELDS ({1+}\r\na)] ".join([fields] * 15) + b")"
    assert turns(alice, bob, command) >= TURNS
