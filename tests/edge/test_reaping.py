"""What a process keeps doing beside its pages, and that trouble there ends no page."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail import database
from webmail.config import of
from webmail.http import app


def test_sessions_that_cannot_be_removed_do_not_end_the_process(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "REAP_SECONDS", 0.1)
    monkeypatch.setattr(database, "LOCK_WAIT", 0.1)

    async def talk() -> None:
        config = of({"local.datadir": str(tmp_path)})
        async with app.opened(config, logging.getLogger("reaping")) as gateway:
            await gateway.sessions.reap()
            other = sqlite3.connect(tmp_path / "sessions.sqlite", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(0.5)
            other.execute("ROLLBACK")
            other.close()
            assert not await gateway.sessions.reap()

    run(talk())
    assert "expired sessions are not removed" in caplog.text
