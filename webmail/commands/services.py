"""`webmail start|stop|restart|refresh|status|check`: the services that are named, or all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from webmail.commands.parsing import Commands, add_command, file_of
from webmail.config import Config, load, notes
from webmail.errors import MailError, NotFound
from webmail.supervisor import control
from webmail.supervisor.table import SERVICES, Row

NOT_RUNNING = 3  # as status actions of init scripts have it (LSB)
_NAMES = f"{' or '.join(service.name for service in SERVICES if service.served)}; by default all"


def add(commands: Commands) -> None:
    for name, run, text in (
        ("start", _start, "start services: those named, else all that are enabled"),
        ("stop", _stop, "stop services"),
        ("restart", _restart, "stop, then start"),
        ("refresh", _refresh, "take up a changed configuration without dropping anybody"),
        ("status", _status, "tell what runs"),
        ("check", _check, "check the configuration: whether services can start with it"),
    ):
        command = add_command(commands, name, run, text)
        command.add_argument("services", nargs="*", metavar="SERVICE", help=_NAMES)
        if name in {"start", "restart"}:
            command.add_argument("--foreground", action="store_true", help="stay; log to standard error")


def _start(options: argparse.Namespace) -> int:
    file = file_of(options)
    config, services = _startable(options)
    for name in () if options.services else control.left_out(config):
        print(f"webmail: {name}: not supported yet; left out", file=sys.stderr)
    if options.foreground:
        return control.run(file, config, services)
    return _each(services, lambda service: control.start(file, config, service))


def _startable(options: argparse.Namespace) -> tuple[Config, tuple[Row, ...]]:
    """The services to start, and a configuration that is fit for them. Raises what forbids to start them."""
    file = file_of(options)
    services = control.chosen(load(file), tuple(options.services))
    return control.checked(file, tuple(service.name for service in services)), services


def _stop(options: argparse.Namespace) -> int:
    """All are told before the first is waited for; the gateway before its backend."""
    names = tuple(options.services)
    config = load(file_of(options))
    services = control.meant(config, names)[::-1]
    running = [service for service in services if control.running(config, service) is not None]
    if not running and not names:
        raise NotFound("not running")
    told: dict[Row, int] = {}

    def tell(service: Row) -> None:
        told[service] = control.tell_to_stop(config, service)

    def wait(service: Row) -> None:
        control.wait_stopped(config, service)
        print(f"{service.name}: stopped (process {told[service]})")

    failed = _each(services if names else running, tell)
    return _each(told, wait) or failed


def _restart(options: argparse.Namespace) -> int:
    config, services = _startable(options)
    running = [service for service in services[::-1] if control.running(config, service) is not None]
    for service in running:
        control.tell_to_stop(config, service)
    for service in running:
        control.wait_stopped(config, service)
    return _start(options)


def _refresh(options: argparse.Namespace) -> int:
    file = file_of(options)
    names = tuple(options.services)
    config = control.checked(file, names)

    def refresh(service: Row) -> None:
        print(f"{service.name}: refreshing (process {control.refresh(config, service)})")

    return _each(control.meant(config, names), refresh)


def _status(options: argparse.Namespace) -> int:
    config = load(file_of(options))
    status = 0
    for service in control.meant(config, tuple(options.services)):
        pid = control.running(config, service)
        print(f"{service.name}: " + (f"running (process {pid})" if pid is not None else "not running"))
        if pid is None:
            status = NOT_RUNNING
    return status


def _check(options: argparse.Namespace) -> int:
    config, services = _startable(options)
    names = [service.name for service in services]
    for note in notes(config, names):
        print(f"webmail: {note}", file=sys.stderr)
    print(f"The configuration is fit to start {' and '.join(names)} with.")
    return 0


def _each(services: Iterable[Row], act: Callable[[Row], None]) -> int:
    """Do it for each, also when it failed for one before; 1 if it did."""
    status = 0
    for service in services:
        try:
            act(service)
        except (MailError, OSError) as error:
            print(f"webmail: {service.name}: {error}", file=sys.stderr)
            status = 1
    return status
