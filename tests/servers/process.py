"""A server's process: started in the foreground, waited for, ended by its id, its log shown when it fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Self

START_SECONDS = 20.0  # a loaded machine of two cores needs a few
STOP_SECONDS = 10.0  # then it is killed
LOG_TAIL = 4000  # characters of a log that a failure shows


class ServerError(RuntimeError):
    """A server did not start; the message ends with the tail of its log."""


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, below the range the kernel gives to outgoing connections."""
    for _ in range(200):
        port = SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ServerError(f"no free port on {host}")


class Process:
    """`with Process(…)`: runs until the block ends, or until this Python dies."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        listens: Sequence[tuple[str, int]] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.command, self.log, self.listens = list(command), log, listens
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ServerError(f"{self.command[0]} is not started")
        return self._child.pid

    def start(self) -> None:
        """Start and do not wait; the kernel ends it with us, however we end."""
        command = ["setpriv", "--pdeathsig", "TERM", *self.command]
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Return when all its ports answer.

        Raises:
            ServerError: it ended, or took longer than this.
        """
        end = time.monotonic() + seconds
        for address in self.listens:
            while not _answers(address):
                if self.ended():
                    raise ServerError(f"{self.command[0]} ended at once\n{self.tail()}")
                if time.monotonic() > end:
                    raise ServerError(f"{self.command[0]} does not listen on {address}\n{self.tail()}")
                time.sleep(0.02)

    def ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def tail(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else "(no log)"
        return text[-LOG_TAIL:]

    def kill(self) -> None:
        """End it and its children as kill -9 or a power cut would."""
        if self._child is not None:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def stop(self) -> None:
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._child = None

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, 1).close()
    except OSError:
        return False
    return True
