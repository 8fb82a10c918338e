"""The master with real processes: replaced when they die, refreshed, stopped, never spinning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = """
import logging, os, signal, sys, time
from pathlib import Path
from webmail.supervisor.processes import Master

directory, count, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def child(ready):
    if how == "fails" or (directory / "broken").exists():
        raise OSError("no")
    (directory / str(os.getpid())).touch()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while (directory / "slow").exists():
        time.sleep(0.02)
    ready()
    while True:
        time.sleep(0.05)

(directory / "master").write_text(str(os.getpid()))
sys.exit(Master(child, count, logging.getLogger("t"), lambda: (directory / "ready").touch()).run())
"""


def alive(directory: Path) -> set[int]:
    return {
        int(entry.name) for entry in directory.iterdir() if entry.name.isdigit() and _lives(int(entry.name))
    }


def _lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2]
    except FileNotFoundError:
        return False


def until(condition: object, seconds: float = 8.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def master(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    count, how = getattr(request, "param", (2, "serves"))
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path), str(count), how]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def test_it_says_ready_when_all_are_and_stops_all_on_term(
    master: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until((tmp_path / "ready").exists)
    assert len(alive(tmp_path)) == 2
    master.terminate()
    assert master.wait(8) == 0
    assert not alive(tmp_path)


def test_a_killed_process_is_replaced(master: subprocess.Popen[bytes], tmp_path: Path) -> None:
    until((tmp_path / "ready").exists)
    victim = next(iter(alive(tmp_path)))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(alive(tmp_path)) == 2 and victim not in alive(tmp_path))


def test_a_refresh_brings_new_processes_before_the_old_ones_go(
    master: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until((tmp_path / "ready").exists)
    before = alive(tmp_path)
    master.send_signal(signal.SIGHUP)

    def renewed() -> bool:
        now = alive(tmp_path)
        assert len(now) >= 2, "there was a moment with too few"
        return len(now) == 2 and not now & before

    until(renewed)


def test_refreshes_in_a_row_start_new_processes_once(master: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Each signal had one more set of processes started."""
    until((tmp_path / "ready").exists)
    before = alive(tmp_path)
    (tmp_path / "slow").touch()
    for _ in range(4):
        master.send_signal(signal.SIGHUP)
        time.sleep(0.1)
    (tmp_path / "slow").unlink()
    until(lambda: len(alive(tmp_path)) == 2 and not alive(tmp_path) & before)
    assert len([entry for entry in tmp_path.iterdir() if entry.name.isdigit()]) == 4
    last = alive(tmp_path)
    master.send_signal(signal.SIGHUP)
    until(lambda: len(alive(tmp_path)) == 2 and not alive(tmp_path) & last)


def test_a_refresh_that_fails_leaves_the_old_processes_in_place(
    master: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until((tmp_path / "ready").exists)
    before = alive(tmp_path)
    (tmp_path / "broken").touch()
    master.send_signal(signal.SIGHUP)
    time.sleep(2)  # three starts that fail, and a tick or two
    assert master.poll() is None
    assert alive(tmp_path) == before
    (tmp_path / "broken").unlink()
    master.send_signal(signal.SIGHUP)
    until(lambda: len(alive(tmp_path)) == 2 and not alive(tmp_path) & before)


def test_processes_do_not_outlive_a_killed_master(master: subprocess.Popen[bytes], tmp_path: Path) -> None:
    until((tmp_path / "ready").exists)
    master.kill()
    master.wait(8)
    until(lambda: not alive(tmp_path))


@pytest.mark.parametrize("master", [(1, "fails")], indirect=True)
def test_what_does_not_start_is_given_up(master: subprocess.Popen[bytes]) -> None:
    assert master.wait(8) == 1
