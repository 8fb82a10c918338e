"""The master: forks the processes of a service, replaces those that die, passes signals on."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# A process that has not ended by then is killed: 20 for answers under way, 10 for an MTA to take a final dot.
STOP_SECONDS = 35.0
YOUNG_SECONDS = 5.0  # a process that dies younger than this has failed to start
MAX_FAILED_STARTS = 3  # in a row; then the master gives up instead of spinning
TICK_SECONDS = 0.5
PR_SET_PDEATHSIG = 1  # prctl(2): a process whose master was killed must not serve on unwatched
M_MMAP_THRESHOLD = -3  # mallopt(3)
# uvloop takes 256 kB for each connection with TLS and uses a page or two of them. glibc, left alone, soon
# takes that from its heap, where the rest is no longer untouched: 53 kB for each instead of 30.
LARGE_BLOCK = 192 * 1024
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

Child = Callable[[Callable[[], None]], None]  # serves until SIGTERM; calls its argument when it is ready


@dataclass(slots=True)
class Process:
    pid: int
    born: float
    pipe: int  # one byte comes when the process is ready
    ready: bool = False
    retiring: bool = False  # of before a refresh; told to stop when the new ones are ready
    stop_by: float | None = None  # told to stop; killed then


@dataclass(slots=True)
class Master:
    """Keeps `count` processes running `child`. It forks, so no threads and no event loop before it."""

    child: Child
    count: int
    log: logging.Logger
    on_ready: Callable[[], None] = lambda: None
    on_stop: Callable[[], None] = lambda: None
    in_place: bool = False  # a refresh is passed on to the processes, instead of replacing them
    processes: dict[int, Process] = field(default_factory=dict)
    failed_starts: int = 0
    stopping: bool = False
    announced: bool = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT. The exit status: 1 if the processes could not be kept alive."""
        with caught() as wake:
            while True:
                self._fill()
                if not self.processes:
                    return 1 if self.failed_starts >= MAX_FAILED_STARTS else 0
                self._listen(wake)
                self._bury()
                self._promote()
                self._hurry()

    def _caught(self, number: int) -> None:
        if number == signal.SIGHUP and not self.stopping:
            self._refresh()
        elif number in {signal.SIGTERM, signal.SIGINT}:
            self._stop()

    def _refresh(self) -> None:
        if self.in_place:
            self.log.info("refresh: telling the processes")
            self._signal(signal.SIGHUP, list(self.processes.values()))
            return
        if self._to_be_replaced():
            self.log.warning("refresh: not begun, for the one before is still starting its processes")
            return
        self.log.info("refresh: starting new processes")
        for process in self.processes.values():
            process.retiring = True

    def _to_be_replaced(self) -> list[Process]:
        """While a refresh is under way: those of before, which serve until the new ones are ready."""
        return [it for it in self.processes.values() if it.retiring and it.stop_by is None]

    def _stop(self) -> None:
        self.stopping = True
        self.on_stop()
        self._let_go(list(self.processes.values()))

    def _fill(self) -> None:
        """Fork what is missing, unless we are stopping or it does not stay up."""
        if self.failed_starts >= MAX_FAILED_STARTS and not self.stopping:
            self._give_up()
        while not self.stopping and len(self._current()) < self.count:
            self._fork()

    def _give_up(self) -> None:
        """Stop; but if it is a refresh that fails, what has served until now goes on."""
        if not self._to_be_replaced():
            self.log.critical("the processes do not stay up: giving up")
            self._stop()
            return
        self.log.critical("refresh: the new processes do not stay up: going on with the old ones")
        self.failed_starts = 0
        for process in self.processes.values():
            if process.stop_by is None:
                process.retiring = not process.retiring

    def _current(self) -> list[Process]:
        return [process for process in self.processes.values() if not process.retiring]

    def _fork(self) -> None:
        reader, writer = os.pipe()
        pid = fork()
        if pid == 0:
            os.close(reader)
            self._be_child(writer)
        os.close(writer)
        self.processes[pid] = Process(pid, time.monotonic(), reader)

    def _be_child(self, writer: int) -> None:
        status = 1
        try:
            for sibling in self.processes.values():
                os.close(sibling.pipe)
            _map_large_blocks()
            self.child(lambda: _say_ready(writer))
            status = 0
        except BaseException:
            self.log.critical("the process failed", exc_info=True)
        finally:
            logging.shutdown()
            os._exit(status)

    def _listen(self, wake: int) -> None:
        """Sleep until a signal, a ready process, or the next tick."""
        starting = {process.pipe: process for process in self.processes.values() if not process.ready}
        readable, _, _ = select.select([wake, *starting], [], [], TICK_SECONDS)
        if wake in readable:
            for number in received(wake):
                self._caught(number)
        for pipe, process in starting.items():
            if pipe in readable and os.read(pipe, 1):
                process.ready = True

    def _bury(self) -> None:
        while self.processes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            process = self.processes.pop(pid)
            os.close(process.pipe)
            if not self.stopping and not process.retiring:
                self.log.error("process %d ended (%s); starting another", pid, _how(status))
                young = time.monotonic() - process.born < YOUNG_SECONDS
                self.failed_starts = self.failed_starts + 1 if young else 0

    def _promote(self) -> None:
        """Once all current processes are ready: say so, and let the old ones go."""
        current = self._current()
        if self.stopping or not all(process.ready for process in current) or not current:
            return
        if not self.announced:
            self.announced = True
            self.on_ready()
        self._let_go([process for process in self.processes.values() if process.retiring])

    def _let_go(self, processes: list[Process]) -> None:
        """Tell them to stop, once: a second signal would cut short what they do last."""
        staying = [process for process in processes if process.stop_by is None]
        for process in staying:
            process.stop_by = time.monotonic() + STOP_SECONDS
        self._signal(signal.SIGTERM, staying)

    def _hurry(self) -> None:
        now = time.monotonic()
        late = [it for it in self.processes.values() if it.stop_by is not None and it.stop_by < now]
        self._signal(signal.SIGKILL, late)

    def _signal(self, number: signal.Signals, processes: list[Process]) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)


def fork() -> int:
    """Fork where signals are `caught`; the child takes them as any process does and does not outlive us."""
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one that comes in between waits
    pid = os.fork()
    if pid == 0:
        _become_child(parent)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return pid


def _become_child(parent: int) -> None:
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(1)


def _map_large_blocks() -> None:
    with contextlib.suppress(AttributeError):  # another C library has its own ways
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def _say_ready(writer: int) -> None:
    os.write(writer, b".")
    os.close(writer)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


@contextlib.contextmanager
def caught() -> Iterator[int]:
    """Signals as bytes in a pipe: handled in the loop, never in between. Yields the pipe's reading end."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    old = signal.set_wakeup_fd(writer)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(old)
        for number, action in before.items():
            signal.signal(number, action)
        os.close(reader)
        os.close(writer)


def received(wake: int) -> list[signal.Signals]:
    """The signals whose bytes are in the pipe."""
    try:
        return [signal.Signals(number) for number in os.read(wake, 512)]
    except BlockingIOError:
        return []
