"""Identities of people who were here lately."""

from __future__ import annotations

from webmail.directory import User
from webmail.http import credentials
from webmail.http.backend.pool import Identity
from webmail.http.credentials import Credentials


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def somebody(uid: str) -> Identity:
    return Identity(User(uid, uid, "store", f"{uid}@example.test"), None)


def test_who_was_seen_is_known_for_a_session() -> None:
    clock = Clock()
    known = Credentials(100, clock)
    known.remember(somebody("alice"))
    clock.now = 60
    known.remember(somebody("bob"))
    clock.now = 101
    assert known.find("alice") is None
    assert known.find("bob") == somebody("bob")
    known.forget("bob")
    assert known.find("bob") is None


def test_memory_is_bounded() -> None:
    known = Credentials(100, Clock())
    for number in range(credentials.MAX_PEOPLE + 5):
        known.remember(somebody(f"u{number}"))
    assert known.find("u4") is None
    assert known.find("u5") is not None
