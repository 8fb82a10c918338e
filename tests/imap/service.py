"""The IMAP service for tests: in a thread of its own, or as another process on the same store.

`python -m tests.imap.service DIRECTORY PORT` is the other process; it prints `ready`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import sqlite3
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import uvloop

from tests.imap.talk import Client, signed_in
from webmail import log as logs
from webmail.config import Config, of
from webmail.database import connect
from webmail.directory import local
from webmail.directory.names import Rules
from webmail.imap.serve import SERVICE
from webmail.listen import Listener, listen
from webmail.server import serving
from webmail.server.connections import Connections
from webmail.server.process import Process
from webmail.store.account import Account, Store
from webmail.store.layout import Layout

ADMIN = "postmaster"
PASSWORD = "everybody’s"  # one hash for all: to make one takes longer than most tests

_numbers = itertools.count(1)


class Service:
    """One process of the service as a thread. `settings` may be changed; `refresh` makes them hold.

    A newcomer has an empty account of their own, so that tests can share a service.
    """

    loop: asyncio.AbstractEventLoop
    process: Process

    def __init__(self, directory: Path, settings: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.settings = settings_of(directory) | (settings or {})
        self._listeners = [Listener(socket.create_server(("127.0.0.1", 0)), tls) for tls in (False, True)]
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run)
        self._stop: asyncio.Event

    def __enter__(self) -> Self:
        self._add(ADMIN)
        self._thread.start()
        self._started.result()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        for listener in self._listeners:
            listener.socket.close()

    @property
    def config(self) -> Config:
        return of(self.settings)

    @property
    def port(self) -> int:
        return int(self._listeners[0].socket.getsockname()[1])

    @property
    def tls_port(self) -> int:
        return int(self._listeners[1].socket.getsockname()[1])

    @property
    def log(self) -> str:
        return (self.directory / "imap.log").read_text(encoding="utf-8")

    def refresh(self, settings: dict[str, str]) -> None:
        """Let these values hold besides the others, as SIGHUP does."""
        self.settings |= settings
        done: Future[None] = Future()

        def renew() -> None:
            self.process.renew()
            done.set_result(None)

        self.loop.call_soon_threadsafe(renew)
        done.result()

    def newcomer(self, name: str = "person") -> str:
        """The uid of somebody new, whose password is that of all."""
        uid = f"{name}{next(_numbers)}"
        self._add(uid)
        return uid

    def _add(self, uid: str) -> None:
        with closing(connect(self.config.usersfile, local.SCHEMA)) as users:
            users.execute("INSERT OR IGNORE INTO users (uid, hash) VALUES (?, ?)", (uid, _hash()))

    def opened(self, uid: str) -> Account:
        """Somebody's account, for what no command does."""
        layout = Layout(self.config.partitions, self.config.store.defaultpartition)
        return Store(layout).opened(uid)

    def client(self) -> Client:
        """A connection of nobody, the greeting heard."""
        client = Client(self.port)
        client.hears()
        return client

    def signed_in(self, uid: str) -> Client:
        """A connection of somebody, opened with the administrator's password, which is remembered."""
        return signed_in(self.port, uid, ADMIN, PASSWORD)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:
                if self._started.done():
                    raise
                self._started.set_exception(error)

    async def _serve(self) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.process = Process(lambda: self.config, SERVICE.terms, self._logger())
        self.loop.set_default_executor(ThreadPoolExecutor(self.process.terms.threads))
        async with SERVICE.opened(self.process) as session, asyncio.TaskGroup() as group:
            connections = Connections(self.process, session, SERVICE.busy, group)
            accepting = [group.create_task(connections.accept(each)) for each in self._listeners]
            self._started.set_result(None)
            await self._stop.wait()
            for task in accepting:
                task.cancel()
            await connections.end()

    def _logger(self) -> logging.Logger:
        return logs.start(f"imap{next(_numbers)}", "Information", self.directory / "imap.log")


@cache
def _hash() -> str:
    """Of everybody's password, made once for all services."""
    with TemporaryDirectory() as directory:
        local.add_user(Path(directory) / "users", ADMIN, PASSWORD, Rules())
        with closing(sqlite3.connect(Path(directory) / "users")) as users:
            return str(users.execute("SELECT hash FROM users").fetchone()[0])


def settings_of(directory: Path) -> dict[str, str]:
    return {
        "local.datadir": str(directory),
        "local.hostname": "mail.example.test",
        "local.directory.type": "local",
        "store.admins": ADMIN,
    }


def main(directory: Path, port: str) -> None:
    settings = settings_of(directory) | {"service.imap.port": port}
    listeners = listen("127.0.0.1", of(settings).imap)
    log = logs.start("imap", "Information", directory / "other.log")
    serving.run(SERVICE, lambda: of(settings), log, listeners, lambda: print("ready", flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
