"""`make run` shows what it promises, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples.letters import LETTERS
from tests.servers.backend import Person
from tests.servers.product import ROOT
from tests.servers.visitor import Visitor

READY_SECONDS = 60  # a loaded machine


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo, running in a directory of its own."""
    with started(tmp_path) as process:
        yield process
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Stopped." in rest


def started(run: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.demo"],
        env={**os.environ, "WEBMAIL_RUN": str(run)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> dict[str, str]:
    """Address, user name and password as they were printed."""
    assert process.stdout is not None
    found: dict[str, str] = {}
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and "Ctrl-C" not in (line := process.stdout.readline()):
        assert line, "it ended"
        if match := re.match(r" +(Address|User name|Password) +(\S+)$", line):
            found[match[1]] = match[2]
    return found


def test_demo_signs_in_as_printed_and_runs_once(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    printed = said(demo)
    with Visitor(printed["Address"]) as visitor:
        page = visitor.sign_in(Person(printed["User name"], printed["Password"]))
        assert "Welcome to Webmail" in page.text
        assert page.text.count("data-uid=") == sum(letter.folder == "INBOX" for letter in LETTERS)
        links = re.findall(r'href="(/mail/\d+/\d+[^"]*)"', page.text)
        for link in dict.fromkeys(links):
            assert visitor.get(link.replace("&amp;", "&")).status == 200
    with started(tmp_path) as second:
        assert second.communicate(timeout=30)[0].strip() == f"It runs already: {printed['Address']}"
        assert second.returncode == 1
