"""Searches that somebody makes to be slow."""

from __future__ import annotations

import time

from tests.imap.talk import Client, letter, literal


def test_a_long_text_that_is_nearly_everywhere_is_searched_in_linear_time(alice: Client) -> None:
    alice.fills("INBOX", letter(text="a" * 1_000_000), letter(text="a" * 120_000 + "b"))
    alice.ok("SELECT INBOX")
    began = time.process_time()
    for key in (b"BODY", b"TEXT"):
        assert alice.ok(b"SEARCH " + key + b" " + literal(b"a" * 100_000 + b"b")) == ["* SEARCH 2"]
    assert time.process_time() - began < 2  # it was 9 of each MB


def test_a_number_that_no_thread_has_is_no_fault_of_ours(alice: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok("SELECT INBOX")
    for digits in (18, 19, 20, 250):
        assert alice.ok("SEARCH THREADID T" + "9" * digits) == ["* SEARCH"]
