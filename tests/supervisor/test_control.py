"""Starting and stopping from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from webmail.config import load
from webmail.errors import AlreadyExists
from webmail.supervisor import control, pidfile


def test_a_second_start_says_that_it_runs(tmp_path: Path) -> None:
    """It said that it did not start, and to look into the log."""
    file = tmp_path / "webmail.conf"
    file.write_text(f"local.datadir = {tmp_path}\n")
    with (
        pidfile.held(control.pid_path(load(file))),
        pytest.raises(AlreadyExists, match=r"^already running \(process \d+\)$"),
    ):
        control.start(file, ("http",), foreground=False)
