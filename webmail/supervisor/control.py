"""Start, stop, refresh: what the commands do, from the configuration to the running master."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from webmail import log as logs
from webmail.config import Config, load, notes, problems
from webmail.errors import AlreadyExists, BadRequest, NotAllowed, NotFound, Unavailable
from webmail.http import serve
from webmail.supervisor import pidfile
from webmail.supervisor.processes import STOP_SECONDS, Master

SERVICES = ("http", "imap", "pop")
SERVED = frozenset({"http"})  # imap and pop can be configured; a later release serves them
READY_SECONDS = 60.0  # a master in the background that is not ready by then is told to stop


def chosen(config: Config, names: tuple[str, ...]) -> tuple[str, ...]:
    """The services to start: those named, else those enabled that we serve. Raises BadRequest, NotAllowed."""
    enabled = {"http": config.http.enable, "imap": config.imap.enable, "pop": config.pop.enable}
    for name in names:
        if name not in SERVICES:
            raise BadRequest(f"{name}: no such service; there are {', '.join(SERVICES)}")
        if name not in SERVED:
            raise NotAllowed(f"{name}: not supported yet")
        if not enabled[name]:
            raise NotAllowed(f"{name}: not enabled; set service.{name}.enable to yes first")
    return names or tuple(name for name in SERVICES if enabled[name] and name in SERVED)


def left_out(config: Config) -> tuple[str, ...]:
    """Services that are enabled but not served by this release."""
    enabled = {"imap": config.imap.enable, "pop": config.pop.enable}
    return tuple(name for name in SERVICES if enabled.get(name))


def start(file: Path, names: tuple[str, ...], *, foreground: bool) -> int:
    """Start the services; in the foreground until they end. Raises MailError before anything runs."""
    config = checked(file)
    services = chosen(config, names)
    if not services:
        raise NotAllowed("no service is enabled that this release serves")
    pid = pid_path(config)
    if foreground:
        with pidfile.held(pid):
            return _run(file, config, logs.start("http", config.log.loglevel), on_ready=lambda: None)
    return _start_in_background(file, config, pid)


def checked(file: Path) -> Config:
    """The configuration if it can be started with. Raises ConfigError, BadRequest with all that is wrong."""
    config = load(file)
    found = problems(config)
    if found:
        raise BadRequest("\n".join(found))
    return config


def pid_path(config: Config) -> Path:
    return Path(config.local.datadir) / "run" / "http.pid"


def log_path(config: Config) -> Path:
    return Path(config.log.logdir or Path(config.local.datadir) / "log") / "http"


def stop(config: Config) -> int:
    """Stop the running master and wait for its end; its process id. Raises NotFound, Unavailable."""
    pid = pidfile.tell(pid_path(config), signal.SIGTERM)
    pidfile.wait_gone(pid_path(config), STOP_SECONDS + 5)
    return pid


def refresh(config: Config) -> int:
    return pidfile.tell(pid_path(config), signal.SIGHUP)


def running(config: Config) -> int | None:
    return pidfile.holder(pid_path(config))


def _run(file: Path, config: Config, log: logging.Logger, on_ready: Callable[[], None]) -> int:
    Path(config.local.datadir).mkdir(parents=True, exist_ok=True, mode=0o700)
    for note in notes(config):
        log.warning("configuration: %s", note)
    listeners = serve.listen(config)
    for listener in listeners:
        host, port = listener.socket.getsockname()[:2]
        log.info("listening on %s port %d%s", host, port, " (TLS)" if listener.tls else "")

    def ready() -> None:
        log.log(logs.NOTICE, "http service started, %d process(es)", config.http.numprocesses)
        on_ready()

    def child(say_ready: Callable[[], None]) -> None:
        # A refresh starts new processes: each reads the configuration as it is then.
        serve.run(load(file), log, listeners, say_ready)

    status = Master(child, config.http.numprocesses, log, ready).run()
    log.log(logs.NOTICE, "http service stopped")
    return status


def _start_in_background(file: Path, config: Config, pid: Path) -> int:
    """Fork away; return when the service is ready, so that the next command finds it there."""
    master = pidfile.holder(pid)
    if master is not None:
        raise AlreadyExists(f"already running (process {master})")
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told, _, _ = select.select([pipe], [], [], READY_SECONDS)
            if told and pipe.read(1):
                return 0
        if not told:
            with suppress(NotFound):
                pidfile.tell(pid, signal.SIGTERM)
        raise Unavailable(f"http did not start; see {log_path(config)}")
    os.close(reader)
    os.setsid()
    if os.fork():
        os._exit(0)
    status = 1
    try:
        status = _be_daemon(file, config, pid, writer)
    except BaseException as error:  # noqa: BLE001  nobody is above us to hear it but the log
        logging.getLogger("http").critical("%s", error)
    os._exit(status)


def _be_daemon(file: Path, config: Config, pid: Path, writer: int) -> int:
    log = logs.start("http", config.log.loglevel, log_path(config))
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)

    def ready() -> None:
        os.write(writer, b".")
        os.close(writer)

    with pidfile.held(pid):
        return _run(file, config, log, ready)
