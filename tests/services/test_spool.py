"""Attachments waiting to be sent: limits that stop while reading, and nothing left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail.errors import BadRequest, Busy, NotFound, OverQuota, TooBig
from webmail.http import spool as spooling
from webmail.http.sessions.session import person_digits
from webmail.http.spool import Limits, Spool

MB = 1_000_000
ALICE = person_digits("alice") + "1" * 48
ALICE_TOO = person_digits("alice") + "2" * 48
BOB = person_digits("bob") + "3" * 48
COMPOSE, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", Limits(maxpostsize=5 * MB, spoolquota=12 * MB))


class Upload:
    """Blocks of an upload; counts what was asked of it."""

    def __init__(self, size: int, block: int = 65536, error: BaseException | None = None) -> None:
        self.asked = 0
        self._size, self._block, self._error = size, block, error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.asked < self._size:
            await asyncio.sleep(0)
            size = min(self._block, self._size - self.asked)
            self.asked += size
            yield b"x" * size
        if self._error:
            raise self._error


async def _put(spool: Spool, size: int, key: str = ALICE, compose: str = COMPOSE, name: str = "a.bin") -> str:
    return (await spool.receive(key, compose, name, "text/plain", aiter(Upload(size)), 100 * MB)).id


def _everything(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


def test_file_comes_back_as_it_was(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for block in (b"one ", b"", b"two ", b"three"):
            yield block

    async def talk() -> None:
        name = '../../"evil\r\n\u202egnp.exe'
        made = await spool.receive(ALICE, COMPOSE, name, "image/png", blocks(), MB, origin="7.11")
        assert spool.files(ALICE, COMPOSE) == (made,)
        assert (made.name, made.type, made.size, made.origin) == (name, "image/png", 13, "7.11")
        with made.open() as file:
            assert file.read() == b"one two three"
        assert Spool(tmp_path / "spool", Limits(1, 1)).files(ALICE, COMPOSE) == (made,)

    run(talk())
    for path in (tmp_path / "spool").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.parent != tmp_path
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    assert {path.suffix for path in _everything(tmp_path)} == {".file", ".json"}


def test_upload_that_is_too_big_is_stopped_while_reading(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        for room, limit in ((100 * MB, "service.http.maxpostsize"), (2 * MB, "service.http.maxmessagesize")):
            upload = Upload(50 * MB)
            with pytest.raises(TooBig) as told:
                await spool.receive(ALICE, COMPOSE, "a.bin", "", aiter(upload), room)
            assert told.value.detail == limit
            assert upload.asked < min(room, 5 * MB) + 100_000
        upload = Upload(50 * MB)
        with pytest.raises(TooBig):
            await spool.receive(ALICE, COMPOSE, "a.bin", "", aiter(upload), 100 * MB, length=50 * MB)
        assert upload.asked == 0
        exact = await spool.receive(ALICE, COMPOSE, "a.bin", "", aiter(Upload(5 * MB)), 5 * MB)
        assert exact.size == 5 * MB
        spool.remove(ALICE, COMPOSE, exact.id)

    run(talk())
    assert _everything(tmp_path) == []


def test_person_has_a_total(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        await _put(spool, 5 * MB)
        await _put(spool, 5 * MB, ALICE_TOO, OTHER)
        with pytest.raises(OverQuota):
            await _put(spool, 3 * MB)
        await _put(spool, 5 * MB, BOB)
        spool.drop(ALICE_TOO, OTHER)
        await _put(spool, 3 * MB)

    run(talk())
    assert sum(path.stat().st_size for path in _everything(tmp_path) if path.suffix == ".file") == 13 * MB


def test_total_counts_uploads_that_come_in_together(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        answers = await asyncio.gather(*(_put(spool, 4 * MB) for _ in range(8)), return_exceptions=True)
        assert any(isinstance(answer, OverQuota) for answer in answers)
        assert sum(isinstance(answer, str) for answer in answers) <= 3

    run(talk())
    assert sum(path.stat().st_size for path in _everything(tmp_path)) <= 12.1 * MB


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), OSError(errno.EDQUOT, "quota")])
def test_full_disk_is_told_kindly(
    run: Run, tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(spooling, "_write", full)
    with pytest.raises(OverQuota, match="your message is kept"):
        run(_put(spool, MB))
    assert _everything(tmp_path) == []


def test_upload_that_breaks_off_leaves_nothing(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        with pytest.raises(ConnectionError):
            await spool.receive(ALICE, COMPOSE, "a", "", aiter(Upload(MB, error=ConnectionError())), 9 * MB)
        half = asyncio.Event()

        async def halting() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100_000
            half.set()
            await asyncio.sleep(3600)

        receiving = asyncio.create_task(spool.receive(ALICE, COMPOSE, "a", "", halting(), 9 * MB))
        await half.wait()
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving

    run(talk())
    assert _everything(tmp_path) == []


def test_discarding_ends_uploads_that_still_come_in(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        started = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"x" * 300_000
            started.set()
            await asyncio.sleep(0.1)
            yield b"x" * 300_000

        receiving = asyncio.create_task(spool.receive(ALICE, COMPOSE, "a", "", slow(), 9 * MB))
        await started.wait()
        spool.drop(ALICE, COMPOSE)
        with pytest.raises(NotFound):
            await receiving

    run(talk())
    assert _everything(tmp_path) == []


def test_ids_are_checked(run: Run, spool: Spool) -> None:
    for key, compose in (
        (ALICE, "../x"),
        (ALICE, ""),
        ("../" + ALICE, COMPOSE),
        (ALICE[:32], COMPOSE),
        (ALICE, "A" * 32),
    ):
        with pytest.raises(BadRequest):
            spool.files(key, compose)
        with pytest.raises(BadRequest):
            spool.drop(key, compose)
    with pytest.raises(BadRequest):
        spool.remove(ALICE, COMPOSE, "../../x")
    spool.remove(ALICE, COMPOSE, "c" * 32)
    spool.drop(ALICE, COMPOSE)
    assert spool.files(ALICE, COMPOSE) == ()


def test_files_and_messages_are_bounded(run: Run, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "MAX_FILES", 3)
    monkeypatch.setattr(spooling, "MAX_COMPOSES", 2)

    async def talk() -> None:
        for _ in range(3):
            await _put(spool, 10)
        with pytest.raises(TooBig):
            await _put(spool, 10)
        await _put(spool, 10, compose=OTHER)
        with pytest.raises(Busy):
            await _put(spool, 10, compose="c" * 32)

    run(talk())


def test_session_takes_its_files_along(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        await _put(spool, 10)
        kept = await _put(spool, 10, ALICE_TOO)
        spool.drop_session(ALICE)
        spool.drop_session(ALICE)
        assert spool.files(ALICE, COMPOSE) == ()
        assert [file.id for file in spool.files(ALICE_TOO, COMPOSE)] == [kept]
        spool.drop_session(ALICE_TOO)

    run(talk())
    assert list((tmp_path / "spool").iterdir()) == []


def test_sweep_takes_what_is_stale(run: Run, tmp_path: Path, spool: Spool) -> None:
    async def talk() -> None:
        await _put(spool, 10)
        await _put(spool, 10, BOB)
        await _put(spool, 10, ALICE_TOO)
        hour_ago = time.time() - 3601
        part = tmp_path / "spool" / ALICE[:16] / ALICE[16:] / COMPOSE / f"{'d' * 32}.part"
        part.write_bytes(b"half")
        for path in (
            part,
            tmp_path / "spool" / BOB[:16] / BOB[16:],
            tmp_path / "spool" / ALICE[:16] / ALICE[16:],
        ):
            os.utime(path, (hour_ago, hour_ago))
        spool.sweep({ALICE})
        assert len(spool.files(ALICE, COMPOSE)) == 1
        assert not part.exists()
        assert spool.files(BOB, COMPOSE) == ()
        # Not among the living, but so young that its session may have started since they were counted.
        assert len(spool.files(ALICE_TOO, COMPOSE)) == 1

    run(talk())


def test_big_upload_does_not_stall_the_loop(run: Run, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", Limits(maxpostsize=100 * MB, spoolquota=100 * MB))

    async def talk() -> float:
        worst = 0.0
        receiving = asyncio.create_task(_put(spool, 50 * MB))
        while not receiving.done():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - before)
        await receiving
        return worst

    assert run(talk()) < 0.05
