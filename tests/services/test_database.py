"""One SQLite file, used by several threads and processes at once."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail import database
from webmail.database import Database
from webmail.errors import Busy, OverQuota, Unavailable

SCHEMA = ("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",)


def _count(connection: sqlite3.Connection, name: str, by: int = 1) -> int:
    connection.execute("INSERT OR IGNORE INTO counters VALUES (?, 0)", (name,))
    connection.execute("UPDATE counters SET value = value + ? WHERE name = ?", (by, name))
    return _value(connection, name)


def _value(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def test_what_is_written_is_read(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        one, two = Database(tmp_path / "d.sqlite", SCHEMA), Database(tmp_path / "d.sqlite", SCHEMA)
        assert await one.write(_count, "a", by=2) == 2
        assert await two.read(_value, "a") == 2
        await one.close()
        await two.close()

    run(talk())


def test_file_is_private(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        opened = Database(tmp_path / "new" / "d.sqlite", SCHEMA)
        await opened.write(_count, "a")
        for path in (tmp_path / "new").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
        await opened.close()

    run(talk())


def test_exception_rolls_back(run: Run, tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        _count(connection, "a")
        raise KeyError("a")

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        with pytest.raises(KeyError):
            await opened.write(fail)
        assert await opened.read(_value, "a") == 0
        assert await opened.write(_count, "a") == 1
        await opened.close()

    run(talk())


def test_readers_do_not_wait_for_writers_and_the_loop_for_neither(run: Run, tmp_path: Path) -> None:
    def slow(connection: sqlite3.Connection) -> None:
        _count(connection, "a")
        time.sleep(0.5)

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        writing = asyncio.create_task(opened.write(slow))
        await asyncio.sleep(0.05)
        before = time.perf_counter()
        assert await opened.read(_value, "a") == 0
        assert time.perf_counter() - before < 0.2
        await writing
        assert await opened.read(_value, "a") == 1
        await opened.close()

    run(talk())


def test_queue_is_bounded(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_QUEUED", 3)

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        answers = await asyncio.gather(
            *(opened.write(_count, "a") for _ in range(10)), return_exceptions=True
        )
        assert sum(isinstance(answer, Busy) for answer in answers) == 7
        assert await opened.write(_count, "a") == 4
        await opened.close()

    run(talk())


def test_calls_that_were_given_up_while_they_waited_take_no_place_for_ever(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_QUEUED", 3)

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        for _ in range(3):
            slow = asyncio.create_task(opened.write(lambda _: time.sleep(0.1)))
            given_up = [asyncio.create_task(opened.write(_count, "a")) for _ in range(2)]
            await asyncio.sleep(0.02)
            for task in given_up:
                task.cancel()
            await asyncio.gather(*given_up, return_exceptions=True)
            await slow
        assert await opened.write(_count, "a") == 1
        await opened.close()

    run(talk())


def test_other_process_with_the_lock_makes_us_wait_and_then_give_up(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT", 0.2)

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        other = sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            await opened.write(_count, "a")
        other.execute("ROLLBACK")
        other.close()
        assert await opened.write(_count, "a") == 1
        await opened.close()

    run(talk())


def test_full_disk_and_broken_file_are_told(run: Run, tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 1")
        for number in range(10_000):
            _count(connection, f"a long name to fill the page {number}")

    async def talk() -> None:
        opened = Database(tmp_path / "d.sqlite", SCHEMA)
        with pytest.raises(OverQuota):
            await opened.write(fill)
        await opened.close()
        broken = Database(tmp_path / "e.sqlite", SCHEMA)
        (tmp_path / "e.sqlite").write_bytes(b"this is no database" * 1000)
        (tmp_path / "e.sqlite-wal").unlink(missing_ok=True)
        with pytest.raises(Unavailable):
            await broken.read(_value, "a")
        await broken.close()

    run(talk())


def test_several_processes_create_and_count_together(tmp_path: Path) -> None:
    script = f"""
import asyncio, pathlib
from tests.services.test_database import _count, SCHEMA
from webmail.database import Database
async def main():
    opened = Database(pathlib.Path({str(tmp_path / "d.sqlite")!r}), SCHEMA)
    for _ in range(25):
        await opened.write(_count, "a")
    await opened.close()
asyncio.run(main())
"""
    root = Path(__file__).parents[2]
    processes = [subprocess.Popen([sys.executable, "-c", script], cwd=root) for _ in range(4)]
    assert [process.wait(30) for process in processes] == [0] * 4
    connection = sqlite3.connect(tmp_path / "d.sqlite")
    assert _value(connection, "a") == 100
    connection.close()
