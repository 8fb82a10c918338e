"""Starting and stopping from the outside."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from webmail.config import load
from webmail.errors import AlreadyExists, NotFound
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


def test_stop_after_the_master_was_killed_says_that_it_does_not_run(tmp_path: Path) -> None:
    """Its processes hold the file for a while; the answer was "No such process"."""
    file = tmp_path / "webmail.conf"
    file.write_text(f"local.datadir = {tmp_path}\n")
    config = load(file)
    with subprocess.Popen(["true"]) as dead:
        pass
    with pidfile.held(control.pid_path(config)):
        control.pid_path(config).write_text(f"{dead.pid}\n", encoding="ascii")
        with pytest.raises(NotFound, match=r"^not running$"):
            control.stop(config)
        control.pid_path(config).write_text(f"{os.getpid()}\n", encoding="ascii")
        assert pidfile.tell(control.pid_path(config), signal.SIGCONT) == os.getpid()
