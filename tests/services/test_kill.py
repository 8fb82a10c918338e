"""kill -9 at every point of sending: nothing is lost, nothing is sent twice but in the one window."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.mailbox import FileMailbox, message_id
from tests.services.mta import Mta
from tests.services.sender import POINTS

# Between the final dot and the note that the MTA has the message, nobody can know (docs/outbox.md).
WINDOW = {"answered"}
ROOT = Path(__file__).parents[2]
PATIENCE = 30  # seconds for one process


@contextmanager
def _process(directory: Path, mta: Mta, point: str, *numbers: int) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "tests.services.sender",
        str(directory),
        str(mta.port),
        point,
        *map(str, numbers),
    ]
    with (
        (directory / "log").open("ab") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        overdue = threading.Timer(PATIENCE, process.kill)
        overdue.start()
        try:
            yield process
        finally:
            overdue.cancel()
            process.kill()


def _said(process: subprocess.Popen[str], last: str) -> list[str]:
    """What the process says up to this line."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if said[-1] == last:
            return said
    raise AssertionError(f"it ended, or hung, after {said}")


def _taken(mta: Mta) -> Counter[str]:
    return Counter(message_id(taken.content) for taken in mta.taken)


def _nothing_left(directory: Path) -> bool:
    return not list((directory / "outbox" / "messages").iterdir())


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(tmp_path: Path, point: str) -> None:
    with Mta() as mta:
        with _process(tmp_path, mta, point, 1) as process:
            _said(process, f"at {point}")
            os.kill(process.pid, signal.SIGKILL)
        accepted = POINTS.index(point) >= POINTS.index("noted")
        # Who got no answer presses the button again: the same message is handed in once more.
        with _process(tmp_path, mta, "", *([] if accepted else [1])) as process:
            _said(process, "over")
        assert _taken(mta) == {"<1@example.test>": 2 if point in WINDOW else 1}
    mailbox = FileMailbox(tmp_path / "mailbox")
    assert mailbox.ids("sent") == {"<1@example.test>": 1}
    assert mailbox.ids("drafts") == {}
    assert mailbox.marked == {"1\\Answered"}
    assert _nothing_left(tmp_path)


@pytest.mark.parametrize("point", ["noted", "sent", "done"])
def test_killed_before_the_answer_and_handed_in_again(tmp_path: Path, point: str) -> None:
    """The row is there and its writer does not know: handing it in again sends nothing more."""
    with Mta() as mta:
        with _process(tmp_path, mta, point, 1) as process:
            _said(process, f"at {point}")
            os.kill(process.pid, signal.SIGKILL)
        with _process(tmp_path, mta, "", 1) as process:
            _said(process, "over")
        assert _taken(mta) == {"<1@example.test>": 1}
    assert FileMailbox(tmp_path / "mailbox").ids("sent") == {"<1@example.test>": 1}


@pytest.mark.parametrize(("step", "times"), [("mail", 1), ("rcpt", 1), ("data", 1), ("taken", 2)])
def test_killed_while_the_mta_thinks(tmp_path: Path, step: str, times: int) -> None:
    with Mta(stalls={step}) as mta:
        with _process(tmp_path, mta, "", 1) as process:
            _said(process, "accepted 1")
            mta.wait_for(step)
            os.kill(process.pid, signal.SIGKILL)
        mta.release()
        with _process(tmp_path, mta, "") as process:
            _said(process, "over")
        # An MTA that has the whole message may deliver it though nobody heard its answer.
        assert 1 <= _taken(mta)["<1@example.test>"] <= times
    assert FileMailbox(tmp_path / "mailbox").ids("sent") == {"<1@example.test>": 1}
    assert _nothing_left(tmp_path)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(6)
    count = 0
    with Mta() as mta:
        for _ in range(12):
            fresh = range(count, count + 10)
            with _process(tmp_path, mta, "", *fresh) as process:
                _said(process, f"accepted {chance.choice(fresh)}")
                threading.Event().wait(chance.random() * 0.05)
                os.kill(process.pid, signal.SIGKILL)
            count += 10
        with _process(tmp_path, mta, "", *range(count)) as process:
            _said(process, "over")
        taken = _taken(mta)
    everything = {f"<{number}@example.test>" for number in range(count)}
    assert set(taken) == everything
    unsure = (tmp_path / "log").read_text().count("it may be sent a second time")
    assert sum(taken.values()) - len(everything) <= unsure
    assert FileMailbox(tmp_path / "mailbox").ids("sent") == dict.fromkeys(everything, 1)
    assert _nothing_left(tmp_path)
