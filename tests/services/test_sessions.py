"""Signed-in browsers: how they stay so, and how they cease to be, in all processes at once."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail.directory import User
from webmail.http.sessions import Session, Sessions, Terms, secret_key
from webmail.http.sessions import local as store
from webmail.log import Secret

ALICE = User("alice", "alice", "store1", "alice@example.test", "Alice")
BOB = User("bob", "bob", "store2", "bob@example.test")
HOME = "203.0.113.9"
KEY = b"k" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _open(tmp_path: Path, clock: Clock, terms: Terms | None = None, key: bytes = KEY) -> Sessions:
    return Sessions(tmp_path / "sessions.sqlite", key, terms or Terms(), clock)


async def _found(
    sessions: Sessions, value: str, address: str = HOME, *, secure: bool = True
) -> Session | None:
    return await sessions.find(value, address, secure=secure)


def test_session_is_found_in_every_process(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        one, two = _open(tmp_path, clock), _open(tmp_path, clock)
        session, value = await one.start(ALICE, HOME, "Europe/Berlin", secure=True)
        assert await _found(two, value) == session
        assert session.user == ALICE
        assert session.zone == "Europe/Berlin"
        assert session.password is None
        assert await two.keys() == {session.key}
        await two.end(session)
        assert await _found(one, value) is None
        assert await one.keys() == set()
        await one.close()
        await two.close()

    run(talk())


def test_each_sign_in_has_its_own_id_and_token(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        made = [await sessions.start(ALICE, HOME, "", secure=True) for _ in range(20)]
        assert len({value for _, value in made}) == 20
        assert len({session.key for session, _ in made}) == 20
        assert len({session.csrf for session, _ in made}) == 20
        assert len({session.key[:16] for session, _ in made}) == 1
        other, _ = await sessions.start(BOB, HOME, "", secure=True)
        assert other.key[:16] != made[0][0].key[:16]
        await sessions.close()

    run(talk())


def test_cookies_of_others_and_of_the_other_kind_are_worth_nothing(
    run: Run, tmp_path: Path, clock: Clock
) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        session, value = await sessions.start(ALICE, HOME, "", secure=True)
        _, plain = await sessions.start(ALICE, HOME, "", secure=False)
        assert await _found(sessions, value, secure=False) is None
        assert await _found(sessions, plain, secure=True) is None
        assert await _found(sessions, plain, secure=False)
        bare = value.partition(".")[0]
        stranger = _open(tmp_path, clock, key=b"x" * 32)
        for forged in ("", ".", bare, bare + ".", value + "x", session.key, "x" * 10_000, "ü.ü", "a.b.c"):
            assert await _found(sessions, forged) is None
        assert await _found(stranger, value) is None
        await stranger.close()
        await sessions.close()

    run(talk())


def test_store_holds_neither_id_nor_password(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        started, value = await sessions.start(ALICE, HOME, "", "open sesame", secure=True)
        found = await _found(sessions, value)
        for session in (started, found):
            assert session is not None
            assert session.password is not None
            assert session.password.reveal() == "open sesame"
            assert "sesame" not in repr(session)
            assert session.csrf not in repr(session)
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240
        assert b"sesame" not in stored
        assert value.partition(".")[0].encode() not in stored
        assert started.key.encode() in stored
        await sessions.close()

    run(talk())


def test_secret_goes_in_and_comes_out_as_it_was(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        for password in (Secret("pässword"), "", "\ud800", "x" * 1000):
            _, value = await sessions.start(ALICE, HOME, "", password, secure=True)
            found = await _found(sessions, value)
            assert found is not None
            assert found.password is not None
            assert found.password.reveal() == str.__str__(password)
        await sessions.close()

    run(talk())


def test_idle_session_expires(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock, Terms(sessiontimeout=600))
        _, value = await sessions.start(ALICE, HOME, "", secure=True)
        for _ in range(10):
            clock.now += 599
            assert await _found(sessions, value)
        clock.now += 600
        assert await _found(sessions, value) is None
        clock.now -= 600
        assert await _found(sessions, value)
        await sessions.close()

    run(talk())


def test_lifetime_ends_the_busiest_session(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock, Terms(sessiontimeout=600, sessionlifetime=3600))
        _, value = await sessions.start(ALICE, HOME, "", secure=True)
        for _ in range(35):
            clock.now += 100
            assert await _found(sessions, value)
        clock.now += 100
        assert await _found(sessions, value) is None
        await sessions.close()

    run(talk())


@pytest.mark.parametrize(("timeout", "step"), [(7200, 60), (60, 6)])
def test_use_is_noted_now_and_then(run: Run, tmp_path: Path, clock: Clock, timeout: int, step: int) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock, Terms(sessiontimeout=timeout))
        session, value = await sessions.start(ALICE, HOME, "", secure=True)
        clock.now += step - 1
        assert await _found(sessions, value) == session
        clock.now += 1
        assert await _found(sessions, value) == replace(session, used=clock.now)
        await sessions.close()

    run(talk())


def test_ipsecurity(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        strict, loose = _open(tmp_path, clock), _open(tmp_path, clock, Terms(ipsecurity=False))
        _, value = await strict.start(ALICE, HOME, "", secure=True)
        assert await _found(strict, value, "198.51.100.7") is None
        assert await _found(loose, value, "198.51.100.7")
        assert await _found(strict, value)
        await strict.close()
        await loose.close()

    run(talk())


def test_who_is_signed_in_anywhere(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock, Terms(sessiontimeout=100))
        one, _ = await sessions.start(ALICE, HOME, "", secure=True)
        await sessions.start(BOB, HOME, "", secure=True)
        clock.now += 60
        two, _ = await sessions.start(ALICE, HOME, "", secure=True)
        await sessions.end(two)
        assert await sessions.any_of("alice")
        await sessions.end(one)
        assert not await sessions.any_of("alice")
        assert await sessions.any_of("bob")
        clock.now += 60
        assert not await sessions.any_of("bob")
        await sessions.close()

    run(talk())


def test_reaped_are_the_expired_ones(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> None:
        sessions = _open(tmp_path, clock, Terms(sessiontimeout=600))
        old, _ = await sessions.start(ALICE, HOME, "", secure=True)
        clock.now += 300
        young, value = await sessions.start(BOB, HOME, "", secure=True)
        clock.now += 300
        assert await sessions.reap() == [old.key]
        assert await sessions.reap() == []
        assert await _found(sessions, value) == replace(young, used=clock.now)
        await sessions.close()

    run(talk())


def test_number_of_a_persons_sessions_is_bounded(
    run: Run, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_PER_PERSON", 3)

    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        _, bobs = await sessions.start(BOB, HOME, "", secure=True)
        values = []
        for _ in range(5):
            clock.now += 1
            values.append((await sessions.start(ALICE, HOME, "", secure=True))[1])
        alive = [await _found(sessions, value) is not None for value in values]
        assert alive == [False, False, True, True, True]
        assert await _found(sessions, bobs)
        await sessions.close()

    run(talk())


def test_finding_is_cheap(run: Run, tmp_path: Path, clock: Clock) -> None:
    async def talk() -> float:
        sessions = _open(tmp_path, clock)
        for _ in range(20):
            _, value = await sessions.start(ALICE, HOME, "", secure=True)
        best = 1.0
        for _ in range(5):
            before = time.perf_counter()
            for _ in range(100):
                await _found(sessions, value)
            best = min(best, (time.perf_counter() - before) / 100)
        await sessions.close()
        return best

    assert run(talk()) < 0.0006  # half of it on a machine with nothing else to do


def test_slow_writer_delays_nobody(run: Run, tmp_path: Path, clock: Clock) -> None:
    """A backup that holds the file's lock for a second does not hold up those who only read."""
    import sqlite3

    async def talk() -> None:
        sessions = _open(tmp_path, clock)
        session, value = await sessions.start(ALICE, HOME, "", secure=True)
        other = sqlite3.connect(tmp_path / "sessions.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(0.5):
            assert await _found(sessions, value) == session
        other.execute("ROLLBACK")
        other.close()
        await sessions.close()

    run(talk())


def test_secret_key_is_made_once_by_many(tmp_path: Path) -> None:
    script = f"import pathlib, webmail.http.sessions as s; print(s.secret_key(pathlib.Path({str(tmp_path / 'new')!r})).hex())"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script]
    processes = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = {process.communicate(timeout=30)[0] for process in processes}
    assert len(keys) == 1
    assert bytes.fromhex(keys.pop()) == secret_key(tmp_path / "new")
    (only,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(only.stat().st_mode) == 0o600
    only.write_bytes(b"short")
    with pytest.raises(ValueError, match="too short"):
        secret_key(tmp_path / "new")
