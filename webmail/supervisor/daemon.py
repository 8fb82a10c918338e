"""One service: its master with ports, log and pid file, in the foreground or behind it."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

from webmail import log as logs
from webmail.config import Config, load, notes
from webmail.errors import AlreadyExists, NotFound, Unavailable
from webmail.listen import listen
from webmail.supervisor import pidfile
from webmail.supervisor.processes import Master
from webmail.supervisor.table import Row

READY_SECONDS = 60.0  # a master in the background that is not ready by then is told to stop
READY = b"."  # else it says why not
MAX_REASON = 1000  # octets: what a pipe takes at once, and more than anybody reads


def run(row: Row, file: Path, config: Config) -> int:
    """Be the master until told to stop, logging to standard error; the exit status. Raises AlreadyExists."""
    with pidfile.held(row.pid_path(config)):
        log = logs.start(row.name, row.logfile(config).loglevel)
        return _serve(row, file, config, log, on_ready=lambda: None)


def start(row: Row, file: Path, config: Config) -> None:
    """Fork a master away; return when the service is ready, so that the next command finds it there.

    Raises AlreadyExists, Unavailable.
    """
    pid = row.pid_path(config)
    refuse_second(row, config)
    reader, writer = os.pipe()
    if not os.fork():
        os.close(reader)
        _leave(row, file, config, writer)
    os.close(writer)
    said = _heard(reader)
    if said == READY:
        return
    if said is None:
        with suppress(NotFound):
            pidfile.tell(pid, signal.SIGTERM)
    why = f" ({said.decode(errors='replace')})" if said else ""
    raise Unavailable(f"did not start{why}; see {row.log_path(config)}")


def _leave(row: Row, file: Path, config: Config, writer: int) -> NoReturn:
    """Be the master away from whoever started us, and tell them through the pipe when we are ready."""
    os.setsid()
    if os.fork():
        os._exit(0)
    status, pipe = 1, os.fdopen(writer, "wb", buffering=0)
    try:
        status = _be_daemon(row, file, config, pipe)
    except BaseException as error:  # noqa: BLE001  nobody is above us to hear it but the log and the command
        logging.getLogger(row.name).critical("%s", error)
        with suppress(OSError, ValueError):  # they have left; we were ready before, and closed the pipe
            pipe.write(str(error).encode()[:MAX_REASON])
    os._exit(status)


def _heard(reader: int) -> bytes | None:
    """What the master says first; nothing if it ends without a word, None if it takes too long."""
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        told, _, _ = select.select([pipe], [], [], READY_SECONDS)
        return pipe.read(MAX_REASON) if told else None


def refuse_second(row: Row, config: Config) -> None:
    """Raises AlreadyExists if the service runs."""
    master = pidfile.holder(row.pid_path(config))
    if master is not None:
        raise AlreadyExists(f"already running (process {master})")


def _be_daemon(row: Row, file: Path, config: Config, pipe: IO[bytes]) -> int:
    log = logs.start(row.name, row.logfile(config).loglevel, row.log_path(config))
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)

    def ready() -> None:
        pipe.write(READY)
        pipe.close()

    with pidfile.held(row.pid_path(config)):
        return _serve(row, file, config, log, ready)


def _serve(row: Row, file: Path, config: Config, log: logging.Logger, on_ready: Callable[[], None]) -> int:
    Path(config.local.datadir).mkdir(parents=True, exist_ok=True, mode=0o700)
    for note in notes(config, (row.name,)):
        log.warning("configuration: %s", note)
    section = row.section(config)
    listeners = listen(config.login.listenaddr, section)
    run_process = row.run()

    def ready() -> None:
        ports = ", ".join(map(str, listeners))
        log.log(logs.NOTICE, "%s service started on %s; processes: %d", row.name, ports, section.numprocesses)
        on_ready()

    def child(say_ready: Callable[[], None]) -> None:
        # Each process reads the configuration as it is when it starts, or is refreshed.
        run_process(lambda: load(file), log, listeners, say_ready)

    def stopping() -> None:
        for listener in listeners:
            listener.socket.close()  # who comes now is refused, and not left waiting for an answer

    master = Master(child, section.numprocesses, log, ready, stopping, in_place=row.in_place)
    status = master.run()
    log.log(logs.NOTICE, "%s service stopped", row.name)
    return status
