"""Messages and names that cost others much: here they are taken in, told of and searched in no time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.imap.service import Service
from tests.imap.talk import Client, letter, literal
from webmail.server import limits, stream

SECONDS = 2.0  # for any command; each takes some hundredths
HEAD = b"From: a@example.test\r\nSubject: bomb\r\n"


def nested(depth: int) -> bytes:
    """Multiparts in multiparts."""
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )


BOMBS = {
    "addresses (CVE-2026-27852)": HEAD + b"To: " + b"a@b, " * 200_000 + b"\r\n\r\n",
    "parameters (CVE-2026-27859)": HEAD + b"Content-Type: text/plain" + b"; a*1=x" * 100_000 + b"\r\n\r\n",
    "references (CVE-2026-40014)": HEAD + b"References: " + b"<a@b> <c@d> " * 100_000 + b"\r\n\r\n",
    "encoded words": HEAD + b"X: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\n",
    "fields": HEAD + b"X: y\r\n" * 200_000 + b"\r\n",
    "one line": HEAD + b"X: " + b"y" * 2_000_000,
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 100_000,
    "nested parts": HEAD + nested(5000),
    "nested messages": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b" * 500_000,
    "comments": HEAD + b"Cc: " + b"(" * 200_000 + b"\r\n\r\n",
}


@pytest.fixture
def quick() -> Iterator[None]:
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_a_message_like_others(alice: Client, quick: None, bomb: str) -> None:
    alice.fills("INBOX", BOMBS[bomb], letter())
    alice.ok("SELECT INBOX")
    told = alice.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE BODY PREVIEW BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    assert len(told) == 1
    assert len(told[0]) < 4_000_000
    assert alice.ok("SEARCH SUBJECT tea") == ["* SEARCH 2"]
    assert alice.ok("SEARCH TEXT nowhere") == ["* SEARCH"]
    assert alice.ok("SORT (TO SUBJECT CC) UTF-8 ALL")
    assert alice.ok("THREAD REFERENCES UTF-8 ALL")
    assert len(alice.ok("FETCH 1 BODY.PEEK[]")[0].encode("utf-8", "surrogateescape")) > len(BOMBS[bomb])


def test_references_that_lead_in_circles_are_threads_all_the_same(alice: Client, quick: None) -> None:
    """CVE-2026-40017."""
    for start in range(0, 1000, 500):
        alice.ok(
            b"APPEND INBOX "
            + b" ".join(
                literal(
                    letter(
                        Message_ID=f"<m{n}@x>",
                        References=" ".join(f"<m{(n * 37 + step * 101) % 1000}@x>" for step in range(40)),
                    )
                )
                for n in range(start, start + 500)
            )
        )
    alice.ok("SELECT INBOX")
    (answer,) = alice.ok("THREAD REFERENCES UTF-8 ALL")
    assert set(map(int, answer.removeprefix("* THREAD ").replace("(", " ").replace(")", " ").split())) == set(
        range(1, 1001)
    )


def test_patterns_of_many_wildcards_cost_little(alice: Client, quick: None) -> None:
    """CVE-2026-33607."""
    for number in range(20):
        alice.ok(f"CREATE {'a' * 200}{number}/{'a' * 200}")
    assert alice.ok(f'LIST "" {"*a" * 500}b') == []
    assert alice.ok(f'LIST "" {"%a" * 500}b') == []
    assert alice.ok(f'LSUB "" {"*a*" * 300}b') == []
    assert alice.ok(f'LIST "" ({" ".join(["*a*a*b"] * 20)})') == []
    alice.bad(f'LIST "" ({" ".join(["*a"] * 21)})')
    alice.bad(f'LIST "" {"*" * 1025}')


def test_a_byte_a_minute_ends_a_conversation(
    imap: Service, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LINE_SECONDS", 0.2)
    monkeypatch.setattr(stream, "LITERAL_SECONDS", 0.2)
    for begun in ("x NO", "x APPEND INBOX {100+}\r\n", "x LOGIN {10+}\r\n123"):
        with imap.signed_in(alice.uid) as client:
            client.says(begun.encode())
            assert client.hears(5) == "* BYE Nothing came for too long."
            assert client.hears(5) == ""
    assert alice.ok("NOOP") == []
    assert alice.number("INBOX", "MESSAGES") == 0


def test_a_stranger_has_a_moment_however_busy(imap: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROBATION_SECONDS", 0.5)
    for slowly in (b"x NOOP\r\n", b"x"):
        with imap.client() as stranger, suppress(ConnectionError):
            stranger.says(b"x LOGIN {4000+}\r\n" if slowly == b"x" else slowly)
            began, heard = time.monotonic(), ""
            while not heard.startswith("* BYE ") and time.monotonic() - began < 5:
                stranger.says(slowly)
                time.sleep(0.05)
                heard = "" if stranger.hears_nothing(0.001) else stranger.hears()
            assert heard.startswith("* BYE ")
