"""The services there are: a row for each, and nothing else knows them by name."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from webmail.config import Config
from webmail.config.log import LogFile
from webmail.errors import BadRequest
from webmail.listen import Listener, Section


class Run(Protocol):
    """One process of a service, forked from its master; called `run` in the service's module.

    It reads the configuration with `load()`, takes connections from the listeners, calls `ready()` once it
    does, serves until SIGTERM or SIGINT and returns when nothing is left to finish. A row that is refreshed
    in place calls `load()` again at SIGHUP and goes on with what it gets. Whatever it raises, before or
    after, means that the process has failed. No thread and no event loop may exist when the module has
    been imported: the master forks.
    """

    def __call__(
        self,
        load: Callable[[], Config],
        log: logging.Logger,
        listeners: list[Listener],
        ready: Callable[[], None],
        /,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """`module` is imported when the service is started; without one it is not served by this release.

    `in_place`: its connections last for days, so a refresh reaches processes that go on; else new ones
    take over.
    """

    name: str
    section: Callable[[Config], Section]
    logfile: Callable[[Config], LogFile]
    module: str = ""
    in_place: bool = False

    @property
    def served(self) -> bool:
        return bool(self.module)

    def run(self) -> Run:
        return cast("Run", importlib.import_module(self.module).run)

    def pid_path(self, config: Config) -> Path:
        return Path(config.local.datadir) / "run" / f"{self.name}.pid"

    def log_path(self, config: Config) -> Path:
        directory = self.logfile(config).logdir or Path(config.local.datadir) / "log"
        return Path(directory) / self.name


# In this order they are started, in the other they are stopped: the gateway needs its backend.
SERVICES = (
    Row(
        "imap",
        lambda config: config.imap,
        lambda config: config.imap_log,
        "webmail.imap.serve",
        in_place=True,
    ),
    Row("pop", lambda config: config.pop, lambda config: config.pop_log),
    Row("http", lambda config: config.http, lambda config: config.log, "webmail.http.serve"),
)


def row(name: str) -> Row:
    """The service of this name. Raises BadRequest."""
    for found in SERVICES:
        if found.name == name:
            return found
    raise BadRequest(f"{name}: no such service; there are {', '.join(found.name for found in SERVICES)}")
