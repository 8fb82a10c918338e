"""Several services in one foreground: a master for each, and signals for all of them."""

from __future__ import annotations

import logging
import os
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress

from webmail.supervisor.processes import caught, fork, received

TICK_SECONDS = 5.0  # nothing is due then: only against a signal that got lost


def run(masters: Mapping[str, Callable[[], int]], log: logging.Logger) -> int:
    """Run the masters until all have ended; the exit status, 0 if all of theirs were.

    SIGTERM, SIGINT and SIGHUP go to all. If one fails, at its start or later, the others are stopped: whoever
    watches us then starts all anew. One that is stopped by `webmail stop` leaves the others alone.
    """
    with caught() as wake:
        running = {_fork(name, master, log): name for name, master in masters.items()}
        failed = False
        while running:
            for number in _signals(wake):
                _pass_on(running, number)
            for name in _ended(running):
                log.critical("%s has failed%s", name, "" if failed else ": stopping the others")
                failed = True
                _pass_on(running, signal.SIGTERM)
    return int(failed)


def _fork(name: str, master: Callable[[], int], log: logging.Logger) -> int:
    pid = fork()
    if pid:
        return pid
    status = 1
    try:
        status = master()
    except BaseException as error:  # noqa: BLE001  nobody is above us to hear it but the log
        log.critical("%s: %s", name, error)
    finally:
        logging.shutdown()
        os._exit(status)


def _signals(wake: int) -> list[signal.Signals]:
    readable, _, _ = select.select([wake], [], [], TICK_SECONDS)
    told = received(wake) if readable else []
    return [
        signal.SIGTERM if number == signal.SIGINT else number for number in told if number != signal.SIGCHLD
    ]


def _pass_on(running: Mapping[int, str], number: signal.Signals) -> None:
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _ended(running: dict[int, str]) -> list[str]:
    """Forget the masters that have ended; the names of those that failed."""
    failed = []
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            break
        name = running.pop(pid)
        if status:
            failed.append(name)
    return failed
