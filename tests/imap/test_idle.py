"""IDLE: a client that waits hears of changes as they happen, whoever makes them."""

from __future__ import annotations

import contextlib
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.imap.conftest import Another
from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, letter, signed_in

SOON = 0.05  # seconds in which others hear of a change, once it is committed
ROUNDS = 9  # the median counts: two processors are shared with all the other tests


@contextlib.contextmanager
def idling(client: Client) -> Iterator[Client]:
    """The client waits for as long as the block lasts."""
    client.says("i IDLE")
    assert client.hears().startswith("+ ")
    yield client
    client.says("DONE")
    while not (line := client.hears()).startswith("i "):
        pass
    assert line.startswith("i OK ")


def test_idle_tells_what_comes_changes_and_goes(alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter("One"))
    alice.ok("SELECT INBOX")
    other = another(alice)
    other.ok("SELECT INBOX")
    with idling(alice):
        assert alice.hears_nothing()
        another(alice).fills("INBOX", letter("Two"))  # who has the mailbox open might take it as \Recent
        assert [alice.hears(), alice.hears()] == ["* 2 EXISTS", "* 2 RECENT"]
        other.ok("STORE 1 +FLAGS (\\Deleted)")
        assert alice.hears() == "* 1 FETCH (FLAGS (\\Deleted \\Recent))"
        other.ok("EXPUNGE")
        assert alice.hears() == "* 1 EXPUNGE"
        assert alice.hears_nothing()
    assert alice.ok("NOOP") == []


def test_idle_tells_at_once_what_happened_before_it(alice: Client, another: Another) -> None:
    alice.ok("SELECT INBOX")
    another(alice).fills("INBOX", letter())
    with idling(alice):
        assert alice.hears() == "* 1 EXISTS"


def test_idle_ends_by_done_in_any_case_and_by_nothing_else(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    alice.says("i IDLE")
    alice.hears()
    alice.says("done")
    assert alice.hears().startswith("i OK ")
    alice.says("j IDLE")
    alice.hears()
    alice.says("k NOOP")
    assert alice.hears().startswith("j BAD ")
    alice.ok("NOOP")


def test_idle_without_a_mailbox_waits_too(alice: Client) -> None:
    with idling(alice):
        assert alice.hears_nothing()
    alice.bad("IDLE now")


def test_idle_in_a_mailbox_that_is_deleted_hears_its_messages_go(alice: Client, another: Another) -> None:
    alice.ok("CREATE Work")
    alice.fills("Work", letter("One"), letter("Two"))
    other = another(alice)
    other.ok("SELECT Work")
    alice.ok("SELECT Work")
    with idling(alice):
        other.ok("UNSELECT")
        other.ok("DELETE Work")
        assert [alice.hears(), alice.hears()] == ["* 2 EXPUNGE", "* 1 EXPUNGE"]


def test_idle_in_another_s_mailbox(alice: Client, bob: Client) -> None:
    alice.ok(f"SETACL Archive {bob.uid} lr")
    bob.ok(f'SELECT "Shared Folders/User/{alice.uid}/Archive"')
    with idling(bob):
        alice.fills("Archive", letter())
        assert bob.hears() == "* 1 EXISTS"


def heard_after(writer: Client, idler: Client) -> float:
    """Seconds from the OK of APPEND to the EXISTS that the other client hears; below 0 if it came before."""
    heard: list[float] = []

    def listen() -> None:
        while " EXISTS" not in idler.hears():
            pass
        heard.append(time.perf_counter())

    listening = threading.Thread(target=listen)
    listening.start()
    writer.fills("INBOX", letter())
    stored = time.perf_counter()
    listening.join()
    return heard[0] - stored


def test_idle_tells_within_a_twentieth_of_a_second(alice: Client, another: Another) -> None:
    other = another(alice)
    alice.ok("SELECT INBOX")
    with idling(alice):
        assert statistics.median(heard_after(other, alice) for _ in range(ROUNDS)) < SOON


@pytest.fixture
def other_process(imap: Service) -> Iterator[int]:
    """The port of a second process on the same store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.imap.service", str(imap.directory), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield port
        process.terminate()


def test_idle_hears_as_soon_of_another_process(alice: Client, other_process: int) -> None:
    alice.ok("SELECT INBOX")
    with signed_in(other_process, alice.uid, ADMIN, PASSWORD) as other:
        other.ok("SELECT INBOX")
        with idling(alice):
            assert statistics.median(heard_after(other, alice) for _ in range(ROUNDS)) < SOON
        with idling(other):
            alice.ok("STORE 1 +FLAGS (\\Flagged)")
            assert other.hears().startswith("* 1 FETCH (FLAGS (\\Flagged")
        assert len(alice.ok("UID FETCH 1:* FLAGS")) == ROUNDS
