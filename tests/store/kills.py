"""kill -9 of the IMAP service's processes at random moments, while three writers write.

`python -m tests.store.kills 200` kills it 200 times and tells how it went; a seed may follow.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.servers.process import Process, free_port
from tests.store.ledger import Ledger
from tests.store.writer import Desk, Writer, connect, observe
from webmail.config import Config, of
from webmail.directory import local
from webmail.directory.names import Rules
from webmail.store.account import Account, Store
from webmail.store.check import faults
from webmail.store.layout import Layout

WRITERS = 3
START_SECONDS = 2.0  # from `webmail start` to the first greeting
RUN_SECONDS = 0.25  # at most, from the writers' first command to the kill
LOOKS = 5  # every so often the store is checked while all of them write
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Walk:
    """How it went."""

    kills: int = 0
    commands: int = 0
    in_doubt: int = 0
    done_in_doubt: int = 0
    starts: list[float] = field(default_factory=list)  # seconds

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.commands} commands acknowledged, {self.in_doubt} in doubt"
            f" ({self.done_in_doubt} of them done); a start takes {median(self.starts):.2f} s,"
            f" at most {max(self.starts):.2f} s"
        )


def configured(directory: Path, port: int) -> Config:
    """A configuration file there with alice in it, for two processes of the IMAP service."""
    settings = {
        "local.datadir": str(directory / "data"),
        "local.directory.type": "local",
        "service.listenaddr": "127.0.0.1",
        "service.imap.enable": "yes",
        "service.imap.port": str(port),
        "service.imap.numprocesses": "2",
        "service.imap.plaintextmincipher": "0",
    }
    lines = directory / "settings"
    lines.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    command = [
        sys.executable,
        "-m",
        "webmail.config.configutil",
        "-f",
        str(directory / "conf"),
        "-i",
        str(lines),
    ]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    config = of(settings)
    local.add_user(config.usersfile, "alice", "secret", Rules())
    return config


def walk(directory: Path, kills: int, seed: int) -> Walk:
    """Kill so often; AssertionError if anything acknowledged is lost, or anything is there that should not be."""
    chance, gone = random.Random(seed), Walk()
    port = free_port()
    config = configured(directory, port)
    command = [
        sys.executable,
        "-m",
        "webmail.cli",
        "-f",
        str(directory / "conf"),
        "start",
        "--foreground",
        "imap",
    ]
    desk = Desk(port, Ledger())
    with Process(command, log=directory / "log", listens=[("127.0.0.1", port)], cwd=ROOT) as master:
        while gone.kills < kills:
            for kill in (_kill_one, _kill_all):
                _write_until_killed(desk, master, kill, chance, gone, config)
                if kill is _kill_all:
                    gone.starts.append(_start(master, port))
                gone.kills += 1
                _verify(desk, gone)
                _check(config)
    return gone


def _write_until_killed(
    desk: Desk,
    master: Process,
    kill: Callable[[Process], None],
    chance: random.Random,
    gone: Walk,
    config: Config,
) -> None:
    stop = threading.Event()
    writers = [Writer(number, desk, random.Random(chance.random()), stop) for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(writer.run) for writer in writers]
        for writer in writers:
            writer.ready.wait()
        try:
            if gone.kills % LOOKS == 0:
                _look(config)
            time.sleep(chance.random() * RUN_SECONDS)
            kill(master)
        finally:
            stop.set()
        for each in running:
            each.result()
    gone.commands += sum(writer.acknowledged for writer in writers)


def _kill_one(master: Process) -> None:
    """Its master starts another."""
    os.kill(random.choice(_children(master)), signal.SIGKILL)


def _kill_all(master: Process) -> None:
    """As a power cut would; returns when nobody holds the port any more."""
    children = _children(master)
    master.kill()
    while any(Path(f"/proc/{pid}").exists() for pid in children):
        time.sleep(0.001)


def _children(master: Process) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()]


def _start(master: Process, port: int) -> float:
    began = time.monotonic()
    master.start()
    master.wait_ready()
    connect(port).close()
    return time.monotonic() - began


def _verify(desk: Desk, gone: Walk) -> None:
    with connect(desk.port) as client:
        observed = observe(client, desk.ledger)
    gone.in_doubt += len(desk.ledger.doubts)
    gone.done_in_doubt += desk.ledger.settle(observed)


def _check(config: Config) -> None:
    """As whoever opens the account next finds it."""
    with closing(Store(Layout(config.partitions, config.store.defaultpartition))) as store:
        found = list(faults(store.opened("alice"), parse_again=True))
        assert not found, found


def _look(config: Config) -> None:
    """A check while everybody writes takes nothing under way for a fault."""
    layout = Layout(config.partitions, config.store.defaultpartition)
    place = layout.find("alice")
    assert place is not None
    with closing(Store(layout)) as store:
        found = list(faults(Account("alice", place, store)))
        assert not found, found


def main() -> None:
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        try:
            print(walk(Path(directory), kills, seed))
        except AssertionError:
            print((Path(directory) / "log").read_text(encoding="utf-8")[-4000:])
            raise


if __name__ == "__main__":
    main()
