"""Starting and stopping from the outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webmail.config import Config, load, of
from webmail.errors import AlreadyExists, BadRequest, MailError, NotAllowed, NotFound
from webmail.supervisor import control, pidfile
from webmail.supervisor.table import row


def configured(tmp_path: Path) -> tuple[Path, Config]:
    file = tmp_path / "webmail.conf"
    file.write_text(f"local.datadir = {tmp_path}\n")
    return file, load(file)


def test_a_second_start_says_that_it_runs(tmp_path: Path) -> None:
    """It said that it did not start, and to look into the log."""
    file, config = configured(tmp_path)
    http = row("http")
    with pidfile.held(http.pid_path(config)):
        with pytest.raises(AlreadyExists, match=r"^already running \(process \d+\)$"):
            control.start(file, config, http)
        with pytest.raises(AlreadyExists, match=r"^already running \(process \d+\)$"):
            control.run(file, config, (http,))


def test_stop_after_the_master_was_killed_says_that_it_does_not_run(tmp_path: Path) -> None:
    """Its processes hold the file for a while; the answer was "No such process"."""
    _, config = configured(tmp_path)
    path = row("http").pid_path(config)
    with subprocess.Popen(["true"]) as dead:
        pass
    with pidfile.held(path):
        path.write_text(f"{dead.pid}\n", encoding="ascii")
        with pytest.raises(NotFound, match=r"^not running$"):
            control.tell_to_stop(config, row("http"))
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
        assert pidfile.tell(path, signal.SIGCONT) == os.getpid()


def test_a_start_waits_for_the_processes_of_a_master_that_was_killed(tmp_path: Path) -> None:
    """Until they had ended, start and status told the process id of the dead one."""
    path = tmp_path / "run" / "http.pid"
    program = "import sys, time; from pathlib import Path; from webmail.supervisor import pidfile\n"
    program += "held = pidfile.held(Path(sys.argv[1])); held.__enter__(); print(flush=True); "
    orphan = program + "import os; os.fork(); time.sleep(1)"
    with subprocess.Popen([sys.executable, "-c", orphan, str(path)], stdout=subprocess.PIPE) as master:
        assert master.stdout is not None
        master.stdout.readline()
        time.sleep(0.2)
        master.kill()
        master.wait()
        assert pidfile.holder(path) is None
        begun = time.monotonic()
        with pidfile.held(path):
            assert time.monotonic() - begun > 0.2
            assert pidfile.holder(path) == os.getpid()


@pytest.mark.parametrize(
    ("names", "error", "text"),
    [
        (("pop",), NotAllowed, "pop: not supported yet"),
        (("htpp",), BadRequest, "htpp: no such service; there are imap, pop, http"),
        (("http", "imap"), NotAllowed, "imap: not enabled; set service.imap.enable to yes first"),
    ],
)
def test_only_what_is_served_and_enabled_can_be_started(
    names: tuple[str, ...], error: type[MailError], text: str
) -> None:
    with pytest.raises(error, match=f"^{text}$"):
        control.chosen(of({"service.imap.enable": "no"}), names)


def test_without_a_name_all_that_are_enabled_are_meant() -> None:
    assert [it.name for it in control.chosen(of({}), ())] == ["imap", "http"]
    assert [it.name for it in control.chosen(of({"service.imap.enable": "no"}), ())] == ["http"]
    assert [it.name for it in control.chosen(of({}), ("http", "imap"))] == ["imap", "http"]
    neither = of({"service.imap.enable": "no", "service.http.enable": "no"})
    with pytest.raises(NotAllowed, match="no service is enabled"):
        control.chosen(neither, ())
