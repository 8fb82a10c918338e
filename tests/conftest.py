"""Fixtures for all tests: real servers, the real product, a real browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import system
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot, Person
from tests.servers.postfix import Postfix

LIMIT = 30  # seconds for one conversation of a test

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run() -> Run:
    """`run(coroutine)`: its result, from a fresh loop, within LIMIT seconds."""

    async def limited(coroutine: Coroutine[Any, Any, Any]) -> object:
        async with asyncio.timeout(LIMIT):
            return await coroutine

    return lambda coroutine: asyncio.run(limited(coroutine))


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """The directory that all servers of this run live in."""
    made = system.directory("tests")
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def certificates(servers: Path) -> Authority:
    """The authority that signed every server's certificate; `certificates.ca` is its file."""
    return Authority(servers / "ca")


@pytest.fixture(scope="session")
def dovecot_a(servers: Path, certificates: Authority) -> Iterator[Dovecot]:
    """The first backend: alice, bob, carol, small (1 MB of quota) and spares a001…"""
    people = [Person("alice"), Person("bob"), Person("carol"), Person("small", quota="1M")]
    certificate = certificates.issue("a", "127.0.0.1", "localhost", "store1.example.test")
    with Dovecot(
        servers / "a", people, certificate, host="127.0.0.1", admin="admina", adminpass="secret-a", spare="a"
    ) as dovecot:
        yield dovecot


@pytest.fixture(scope="session")
def dovecot_b(servers: Path, certificates: Authority) -> Iterator[Dovecot]:
    """The second backend, at 127.0.0.2: dave, erin and spares b001…; everything differs from the first."""
    certificate = certificates.issue("b", "127.0.0.2", "store2.example.test")
    with Dovecot(
        servers / "b",
        [Person("dave"), Person("erin")],
        certificate,
        host="127.0.0.2",
        admin="adminb",
        adminpass="secret-b",
        spare="b",
    ) as dovecot:
        yield dovecot


@pytest.fixture(scope="session")
def postfix(
    servers: Path, certificates: Authority, dovecot_a: Dovecot, dovecot_b: Dovecot
) -> Iterator[Postfix]:
    """An MTA that hands mail for example.test to the two backends."""
    certificate = certificates.issue("mta", "127.0.0.1", "localhost", "mail.example.test")
    with Postfix(servers / "mta", [dovecot_a, dovecot_b], certificate) as mta:
        yield mta
