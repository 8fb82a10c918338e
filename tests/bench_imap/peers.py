"""The two servers that are compared: each started, made cold, entered by anybody, looked at by its process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.bench import measure
from tests.bench_imap.client import Client, login_as, open_client
from tests.servers.backend import Person
from tests.servers.certificates import Certificate
from tests.servers.dovecot import Dovecot
from tests.servers.imap_service import ImapService
from tests.servers.process import ServerError

HOST = "127.0.0.1"
PERSON = "person"
CROWD = "crowd{:04}"  # those who have a mailbox each for the connections that idle
PASSWORD = "secret"
ADMIN, ADMIN_PASSWORD = "postmaster", "adminsecret"
QUIET_SECONDS = 4.0  # without work, longer than our indexing waits before it begins
QUIET_CPU = 0.03  # seconds of CPU within that which are none
PATIENCE = 300.0  # until a server has nothing left to do

# Dovecot as quick as it gets: no quota and no ACL to look at, processes that serve one after the other;
# durable as ours is. `hibernated`: idle connections leave their process, as those who have many let them.
TUNED = """
mail_fsync = always
mail_plugins =
mail_max_userip_connections = 20000
auth_cache_size = 4M
protocol imap {
  mail_plugins =
}
service imap-login {
  client_limit = 4000
  process_min_avail = 2
}
service imap {
  process_limit = 4000
  process_min_avail = 2
  service_count = 256
  vsz_limit = 2G
}
service anvil {
  client_limit = 12000
}
service auth {
  client_limit = 20000
}
service stats {
  client_limit = 12000
}
"""
HIBERNATED = """
imap_hibernate_timeout = 1s
service imap-hibernate {
  unix_listener imap-hibernate {
    mode = 0666
  }
}
service imap {
  unix_listener imap-master {
    mode = 0666
  }
}
"""


class Peer(Protocol):
    """`name` stands in the table. `cold` starts it anew, without what it keeps beside the messages."""

    name: str

    @property
    def port(self) -> int: ...

    @property
    def pid(self) -> int: ...

    def cold(self) -> None: ...


class Theirs:
    """Dovecot with Maildir."""

    name = "Dovecot"

    def __init__(self, directory: Path, certificate: Certificate, crowd: int) -> None:
        people = [Person(PERSON, PASSWORD), *_crowd(crowd)]
        self._awake, self._hibernating = (
            Dovecot(
                directory, people, certificate, admin=ADMIN, adminpass=ADMIN_PASSWORD, spares=0, extra=extra
            )
            for extra in (TUNED, TUNED + HIBERNATED)
        )
        self._server = self._awake

    @property
    def port(self) -> int:
        return self._server.imap

    @property
    def pid(self) -> int:
        return self._server.pid

    @contextmanager
    def running(self) -> Iterator[None]:
        with self._awake:
            yield

    @contextmanager
    def hibernating(self) -> Iterator[None]:
        """The same with connections that leave their process when idle."""
        self._awake.stop()
        with self._hibernating:
            self._server = self._hibernating
            yield
        self._server = self._awake
        self._start()

    def cold(self) -> None:
        self._awake.stop()
        for index in self._awake.maildir(PERSON).glob("dovecot.index*"):
            index.unlink()
        self._start()

    def _start(self) -> None:
        self._awake.start()
        self._awake.wait_ready()


class Ours:
    """Our IMAP service, as `webmail start imap` runs it."""

    name = "ours"

    def __init__(self, directory: Path, certificate: Certificate, crowd: int) -> None:
        people = [Person(PERSON, PASSWORD), *_crowd(crowd)]
        self._server = ImapService(
            directory, people, certificate, admin=ADMIN, adminpass=ADMIN_PASSWORD, spares=0
        )

    @property
    def port(self) -> int:
        return self._server.imap

    @property
    def pid(self) -> int:
        return self._server.pid

    @contextmanager
    def running(self) -> Iterator[None]:
        with self._server:
            yield

    def cold(self) -> None:
        self._server.stop()
        self._server.start()
        self._server.wait_ready()


def _crowd(count: int) -> list[Person]:
    return [Person(CROWD.format(number), PASSWORD) for number in range(count)]


async def entered(peer: Peer, name: str = PERSON, source: int = 1) -> Client:
    """A connection of this user, opened with the administrator's password, which both remember.

    It comes from the loopback address of that number: we let a user have few connections from one.
    """
    client = await open_client(HOST, peer.port, f"127.1.{source // 250}.{source % 250 + 1}")
    await client.ask(login_as(name, ADMIN, ADMIN_PASSWORD))
    return client


async def settled(peer: Peer) -> None:
    """Return when the server has nothing left to do. Raises ServerError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = measure.cpu(peer.pid)
        await asyncio.sleep(QUIET_SECONDS)
        if measure.cpu(peer.pid) - before <= QUIET_CPU:
            return
    raise ServerError(f"{peer.name} goes on working")
