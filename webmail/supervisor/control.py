"""Start, stop, refresh: what the commands do with the services that are named, or with all."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

from webmail import log as logs
from webmail.config import Config, load, problems
from webmail.errors import BadRequest, NotAllowed
from webmail.supervisor import daemon, foreman, pidfile
from webmail.supervisor.processes import STOP_SECONDS
from webmail.supervisor.table import SERVICES, Row, row


def chosen(config: Config, names: tuple[str, ...]) -> tuple[Row, ...]:
    """The services to start: those named, else those enabled that we serve. Raises BadRequest, NotAllowed."""
    for name in names:
        found = row(name)
        if not found.served:
            raise NotAllowed(f"{name}: not supported yet")
        if not found.section(config).enable:
            raise NotAllowed(f"{name}: not enabled; set service.{name}.enable to yes first")
    rows = tuple(it for it in SERVICES if it.served and _wanted(it, config, names))
    if not rows:
        raise NotAllowed("no service is enabled that this release serves")
    return rows


def left_out(config: Config) -> tuple[str, ...]:
    """Services that are enabled but not served by this release."""
    return tuple(it.name for it in SERVICES if it.section(config).enable and not it.served)


def checked(file: Path, names: tuple[str, ...] = ()) -> Config:
    """The configuration if these services can be started with it, or all that are enabled.

    Raises ConfigError, BadRequest with all that is wrong.
    """
    config = load(file)
    found = problems(config, names or None)
    if found:
        raise BadRequest("\n".join(found))
    return config


def start(file: Path, config: Config, service: Row) -> None:
    """Start it in the background, and return when it is ready. Raises AlreadyExists, Unavailable."""
    daemon.start(service, file, config)


def run(file: Path, config: Config, services: tuple[Row, ...]) -> int:
    """Run them in the foreground until they end; the exit status. Raises AlreadyExists."""
    for service in services:
        daemon.refuse_second(service, config)
    masters = {it.name: partial(daemon.run, it, file, config) for it in services}
    if len(masters) == 1:
        return masters.popitem()[1]()
    return foreman.run(masters, logs.start("webmail", "Notice"))


def tell_to_stop(config: Config, service: Row) -> int:
    """Begin to stop its master; the process id. Raises NotFound."""
    return pidfile.tell(service.pid_path(config), signal.SIGTERM)


def wait_stopped(config: Config, service: Row) -> None:
    """Raises Unavailable if it takes longer than it may."""
    pidfile.wait_gone(service.pid_path(config), STOP_SECONDS + 5)


def refresh(config: Config, service: Row) -> int:
    """Have it take up the configuration; the process id. Raises NotFound."""
    return pidfile.tell(service.pid_path(config), signal.SIGHUP)


def running(config: Config, service: Row) -> int | None:
    """The process id of its master, or None."""
    return pidfile.holder(service.pid_path(config))


def meant(config: Config, names: tuple[str, ...]) -> tuple[Row, ...]:
    """The services to stop or to tell about: those named, else all that run or should. Raises BadRequest."""
    for name in names:
        row(name)
    return tuple(
        it for it in SERVICES if it.served and (_wanted(it, config, names) or _strays(it, config, names))
    )


def _wanted(service: Row, config: Config, names: tuple[str, ...]) -> bool:
    return service.name in names if names else service.section(config).enable


def _strays(service: Row, config: Config, names: tuple[str, ...]) -> bool:
    """Whether it runs although it is not enabled any more."""
    return not names and running(config, service) is not None
