"""kill -9 under three writers; `make kill-imap` does it 200 times."""

from __future__ import annotations

from pathlib import Path

from tests.store.kills import START_SECONDS, walk


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    gone = walk(tmp_path, 25, seed=2026)
    assert gone.commands > 100
    assert gone.in_doubt > 0
    assert min(gone.starts) < START_SECONDS  # others may be at work on this machine
