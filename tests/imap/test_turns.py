"""However much somebody asks for at once, others have their turn meanwhile."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc

from tests.imap.service import Service
from tests.imap.talk import Client, letter
from tests.store.accounts import put
from webmail.imap.turns import MANY, apart

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


def test_every_other_message_is_told(alice: Client, imap: Service) -> None:
    """In batches: one by one each took a turn in a thread, and was sent for itself."""
    account = imap.opened(alice.uid)
    put(account, *[letter()] * 500)
    alice.ok("SELECT INBOX")
    for _ in range(4):
        alice.ok("COPY 1:* INBOX")
    numbers = range(1, 8000, 2)
    for items in ("FLAGS", "ENVELOPE"):
        answer = alice.ok(f"FETCH {','.join(map(str, numbers))} {items}")
        assert [int(line.split()[1]) for line in answer] == list(numbers)


def test_long_envelopes_are_told_some_at_a_time(alice: Client, imap: Service) -> None:
    """They may have four megabytes each, and five hundred were read at once."""
    account = imap.opened(alice.uid)
    long = "a" * 250_000
    for _ in range(5):
        put(account, *[letter(subject=long, To=f"{long}@example.test", Cc=long, Bcc=long)] * 10)
    alice.ok("SELECT INBOX")
    tracemalloc.start()
    tag = alice.begins("FETCH 1:50 ENVELOPE")
    while not alice.hears().startswith(tag):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 75_000_000  # three times what is read at once, and what the client holds


def test_what_is_done_to_many_messages_is_done_in_a_thread() -> None:
    """FETCH, STORE and CHANGEDSINCE held everybody for three seconds in a mailbox of half a million."""

    async def threads() -> list[bool]:
        here = threading.get_ident()
        return [await apart(count, threading.get_ident) == here for count in (10, MANY, MANY + 1)]

    assert asyncio.run(threads()) == [True, True, False]
