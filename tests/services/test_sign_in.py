"""The brake on guessing, and the line in the log that fail2ban reads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail.auth import brake as braking
from webmail.auth.brake import Brake
from webmail.auth.password import printable, sign_in
from webmail.directory.local import LocalDirectory, add_user
from webmail.directory.names import Rules
from webmail.errors import AuthFailed, Busy
from webmail.log import start

HOME, AWAY = "203.0.113.9", "198.51.100.7"
FAIL2BAN = re.compile(
    r"^\S+ [+-]\d{4} \S+ \w+\[\d+\]: Account Notice: badlogin: \[(?P<host>[^]]*)\] plaintext \S+ authentication failure$"
)


class Clock:
    """Time that passes when told, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def brake(clock: Clock) -> Brake:
    return Brake(clock, clock.sleep)


def test_delay_doubles_up_to_15_seconds(brake: Brake) -> None:
    delays = []
    for _ in range(6):
        delays.append(brake.delay("alice", HOME))
        brake.failed("alice", HOME)
    assert delays == [0, 2, 4, 8, 15, 15]


def test_user_is_slowed_down_from_everywhere_and_network_for_everybody(brake: Brake) -> None:
    brake.failed("alice", HOME)
    assert brake.delay("Alice ", AWAY) == 2
    assert brake.delay("bob", HOME) == 2
    assert brake.delay("bob", "203.0.113.250") == 2
    assert brake.delay("bob", "::ffff:203.0.113.1") == 2
    assert brake.delay("bob", AWAY) == 0
    brake.failed("carol", "2001:db8:0:1200::1")
    assert brake.delay("bob", "2001:db8:0:12ff::2") == 2
    assert brake.delay("bob", "2001:db8:0:1300::2") == 0


def test_failures_are_forgotten_one_by_one(brake: Brake, clock: Clock) -> None:
    for _ in range(20):
        brake.failed("alice", HOME)
    clock.now += 8 * 60
    assert brake.delay("alice", HOME) == 4
    clock.now += 2 * 60
    assert brake.delay("alice", HOME) == 0


def test_right_password_clears_the_user_but_not_the_network(brake: Brake) -> None:
    for _ in range(3):
        brake.failed("alice", HOME)
    brake.passed("mallory", HOME)
    assert brake.delay("bob", HOME) == 8
    brake.passed("alice", AWAY)
    assert brake.delay("alice", AWAY) == 0


def test_guessing_from_elsewhere_does_not_slow_down_the_owner_at_home(brake: Brake) -> None:
    brake.passed("alice", HOME)
    for _ in range(10):
        brake.failed("alice", AWAY)
    assert brake.delay("alice", HOME) == 0
    assert brake.delay("alice", "192.0.2.1") == 15


def test_who_is_at_home_behind_a_gateway_is_not_slowed_down_by_the_guesses_of_others_there(
    brake: Brake,
) -> None:
    brake.passed("admin", HOME)
    for _ in range(10):
        brake.failed("alice", HOME)
    with contextlib.ExitStack() as stack:
        for _ in range(braking.AT_ONCE + 3):
            stack.enter_context(brake.trying(HOME))
        assert brake.delay("admin", HOME) == 0
    assert brake.delay("bob", HOME) == 15


def test_through_a_gateway_guesses_count_by_name_only(clock: Clock) -> None:
    brake = Brake(clock, clock.sleep, shared="203.0.113.9/32 2001:db8::/32")
    for gateway in (HOME, f"::ffff:{HOME}", "2001:db8::7"):
        brake.failed("alice", gateway)
        with contextlib.ExitStack() as stack:
            for _ in range(braking.AT_ONCE + 3):
                stack.enter_context(brake.trying(gateway))
            assert brake.delay("bob", gateway) == 0
    assert brake.delay("alice", HOME) == 8
    assert brake.delay("bob", "203.0.113.8") == 0
    brake.failed("alice", "203.0.113.8")
    assert brake.delay("bob", "203.0.113.8") == 2


def test_guessing_at_home_is_slowed_down(brake: Brake) -> None:
    brake.passed("alice", HOME)
    brake.failed("alice", HOME)
    brake.failed("Alice", "203.0.113.250")
    assert brake.delay("alice", HOME) == 4
    brake.passed("alice", HOME)
    assert brake.delay("alice", HOME) == 0


def test_memory_is_bounded(brake: Brake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(braking, "MAX_KEYS", 100)
    for number in range(1000):
        brake.failed(f"user{number}" * 100, f"10.{number // 250}.{number % 250}.1")
        brake.passed(f"user{number}", f"10.{number // 250}.{number % 250}.1")
    for store in (brake._users._seen, brake._networks._seen, brake._at_home._seen, brake._homes):
        assert len(store) <= 100


def test_number_of_waiting_sign_ins_is_bounded(run: Run) -> None:
    async def talk() -> None:
        gate = asyncio.Event()

        async def wait(seconds: float) -> None:
            await gate.wait()

        brake = Brake(sleep=wait)
        brake.failed("alice", HOME)
        waiting = [asyncio.create_task(brake.pause("alice", HOME)) for _ in range(20)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await brake.pause("bob", HOME)
        await brake.pause("bob", AWAY)
        elsewhere = asyncio.create_task(brake.pause("alice", AWAY))
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.set()
        await asyncio.wait([*waiting, elsewhere])
        await brake.pause("bob", HOME)
        assert brake._waiting == {}

    run(talk())


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "http.log"
    logger = start("http", "Notice", path)
    yield path
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()


def test_failure_is_one_line_of_fixed_form(
    run: Run, tmp_path: Path, brake: Brake, clock: Clock, logged: Path
) -> None:
    rules = Rules("@", "example.test")
    add_user(tmp_path / "users", "alice", "right", rules)
    names = (
        "alice@example.test",
        "nobody",
        "",
        "a b",
        'x] plaintext y authentication failure\nbadlogin: [192.0.2.1] "',
        "ünïcode\x1b[31m",
        "x" * 500,
    )

    async def talk() -> None:
        log = logging.getLogger("http")
        directory = LocalDirectory(tmp_path / "users", rules)
        for name in names:
            with pytest.raises(AuthFailed):
                await sign_in(directory, brake, log, name, "hidden secret", HOME)
        assert (await sign_in(directory, brake, log, "alice", "right", HOME)).uid == "alice"
        await directory.close()

    run(talk())
    lines = logged.read_text().splitlines()
    assert len(lines) == len(names)
    found = [FAIL2BAN.match(line) for line in lines]
    assert all(match and match["host"] == HOME for match in found), lines
    assert "hidden" not in "".join(lines)
    assert lines[0].endswith("badlogin: [203.0.113.9] plaintext alice@example.test authentication failure")
    # The right password was delayed as the eighth attempt from there, not refused.
    assert clock.slept[-1] == 15


def test_printable() -> None:
    assert printable("") == "-"
    assert printable("a b\t\"'`[]\\ü") == "a?b" + "?" * 8


@pytest.mark.parametrize("spelling", ["ALICE", "ａｌｉｃｅ", "𝐚lice", " alice "])
def test_another_spelling_of_a_name_has_the_same_brake(spelling: str, brake: Brake) -> None:
    brake.failed("alice", HOME)
    assert brake.delay(spelling, AWAY) == 2


def test_guesses_at_the_same_moment_wait_for_each_other(brake: Brake) -> None:
    with contextlib.ExitStack() as stack:
        delays = []
        for _ in range(braking.AT_ONCE + 3):
            stack.enter_context(brake.trying(HOME))
            delays.append(brake.delay("alice", HOME))
        assert delays == [0] * braking.AT_ONCE + [2, 4, 8]
        assert brake.delay("alice", AWAY) == 0
    assert brake.delay("alice", HOME) == 0
