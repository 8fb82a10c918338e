"""Who is one too many."""

from __future__ import annotations

import contextlib
import resource
import time

import pytest

from webmail.config import of
from webmail.server import limits as bounds
from webmail.server.errors import TooMany
from webmail.server.limits import Limits, Probation, bearable, foreign

REALMS = "10.0.0.0|255.0.0.0:1,::|::0:1,0.0.0.0|0.0.0.0:2"


def full(limits: Limits, address: str) -> bool:
    try:
        with limits.entered(address):
            return False
    except TooMany:
        return True


def test_the_first_network_that_an_address_belongs_to_counts() -> None:
    limits = Limits(100, of({"service.imap.connlimits": REALMS}).imap.connlimits)
    with limits.entered("10.1.2.3"), limits.entered("192.0.2.1"), limits.entered("2001:db8::1"):
        assert full(limits, "10.1.2.3")
        assert not full(limits, "10.1.2.4")
        assert not full(limits, "192.0.2.1")
        assert full(limits, "2001:db8::1")
        with limits.entered("192.0.2.1"):
            assert full(limits, "192.0.2.1")
        assert not full(limits, "192.0.2.1")


def test_sessions_are_limited_all_together_and_new_limits_hold_at_once() -> None:
    limits = Limits(2)
    with limits.entered("192.0.2.1"), limits.entered("192.0.2.2"):
        assert full(limits, "192.0.2.3")
        limits.sessions = 3
        assert not full(limits, "192.0.2.3")
    assert limits.open == 0
    assert not limits._by_address


def test_one_user_has_twenty_connections_from_one_address() -> None:
    limits = Limits(100)
    with contextlib.ExitStack() as stack:
        for _ in range(bounds.PER_USER):
            stack.enter_context(limits.as_user("alice", "192.0.2.1"))
        with pytest.raises(TooMany):
            stack.enter_context(limits.as_user("alice", "192.0.2.1"))
        stack.enter_context(limits.as_user("alice", "192.0.2.2"))
        stack.enter_context(limits.as_user("bob", "192.0.2.1"))
    assert not limits._by_user


def test_who_has_not_signed_in_has_little_time_and_few_mistakes() -> None:
    probation = Probation()
    assert probation.idle() == bounds.LOGIN_SECONDS
    probation.until = time.monotonic() + 5
    assert 4 < probation.idle() <= 5
    assert [probation.offend() for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("line", "is_foreign"),
    [
        (b"GET / HTTP/1.1", True),
        (b"PRI * HTTP/2.0", True),
        (b"POST /" + b"x" * 5000 + b" HTTP/1.0", True),
        (b"\x16\x03\x01\x02\x00\x01\x00", True),
        (b"SSH-2.0-OpenSSH_9.2", True),
        (b"GET NOOP", False),
        (b"a1 LOGIN alice HTTP/1.1", False),
        (b"", False),
    ],
)
def test_other_protocols_are_recognized(line: bytes, is_foreign: bool) -> None:
    assert foreign(line) is is_foreign


def test_connections_leave_files_for_who_is_signed_in() -> None:
    """Where the system allows 1,024, strangers took them all, and nobody could read or store a message."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert bearable(10**9) == int(files * 0.6)
    assert bearable(10) == 10
