"""Fixtures for all tests: real servers, the real product, a real browser."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.servers import system
from tests.servers.backend import Backend, Person
from tests.servers.certificates import Authority
from tests.servers.chromium import chromium, page_of
from tests.servers.dovecot import Dovecot
from tests.servers.imap_service import ImapService
from tests.servers.postfix import Postfix
from tests.servers.product import Product, settings_for
from tests.servers.visitor import Visitor

LIMIT = 30  # seconds for one conversation of a test

OWN = "own"  # of --backend: our own IMAP service
BACKENDS = {"backend", "dovecot_a", "dovecot_b"}  # the fixtures that are one, or the kind of it

Kind = type[Dovecot] | type[ImapService]
Run = Callable[[Coroutine[Any, Any, Any]], Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=["dovecot", OWN],
        default="dovecot",
        help="what the fixtures dovecot_a and dovecot_b are: what they are called, or our own IMAP service",
    )


def pytest_collection_finish() -> None:
    """What was collected lives to the end: nothing that is timed has to pay for looking through it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What has nothing to do with a backend is not tried a second time."""
    if config.getoption("--backend") == OWN:
        others = [item for item in items if not BACKENDS.intersection(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


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
def backend(request: pytest.FixtureRequest) -> Kind:
    """What kind of backend `--backend` asks for."""
    return ImapService if request.config.getoption("--backend") == OWN else Dovecot


@pytest.fixture(scope="session")
def dovecot_a(servers: Path, certificates: Authority, backend: Kind) -> Iterator[Backend]:
    """The first backend: alice, bob, carol, small (1 MB of quota) and spares a001…"""
    people = [Person("alice"), Person("bob"), Person("carol"), Person("small", quota="1M")]
    certificate = certificates.issue("a", "127.0.0.1", "localhost", "store1.example.test")
    with backend(
        servers / "a", people, certificate, host="127.0.0.1", admin="admina", adminpass="secret-a", spare="a"
    ) as made:
        yield made


@pytest.fixture(scope="session")
def dovecot_b(servers: Path, certificates: Authority, backend: Kind) -> Iterator[Backend]:
    """The second backend, at 127.0.0.2: dave, erin and spares b001…; everything differs from the first."""
    certificate = certificates.issue("b", "127.0.0.2", "store2.example.test")
    with backend(
        servers / "b",
        [Person("dave"), Person("erin")],
        certificate,
        host="127.0.0.2",
        admin="adminb",
        adminpass="secret-b",
        spare="b",
    ) as made:
        yield made


@pytest.fixture(scope="session")
def postfix(
    servers: Path, certificates: Authority, dovecot_a: Backend, dovecot_b: Backend
) -> Iterator[Postfix]:
    """An MTA that hands mail for example.test to the two backends."""
    certificate = certificates.issue("mta", "127.0.0.1", "localhost", "mail.example.test")
    with Postfix(servers / "mta", [dovecot_a, dovecot_b], certificate) as mta:
        yield mta


@pytest.fixture(scope="session")
def product(servers: Path, dovecot_a: Backend, dovecot_b: Backend, postfix: Postfix) -> Iterator[Product]:
    """The product in front of both backends; alice, bob, carol, small, dave and erin can sign in."""
    settings = settings_for([dovecot_a, dovecot_b], postfix) | {"logfile.http.loglevel": "Debug"}
    made = Product(servers / "product", settings)
    for each in (dovecot_a, dovecot_b):
        for person in each.people:
            if person not in each.spares:
                made.add(person, each.host, person.name.title())
    with made:
        yield made


@pytest.fixture
def visitor(product: Product) -> Iterator[Visitor]:
    """A browser without a screen, at the product, not signed in."""
    with Visitor(product.url) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: while it runs, nothing else can `asyncio.run` in this thread."""
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """A page of Chromium whose relative addresses are the product's."""
    with page_of(browser, product.url, javascript=True) as made:
        yield made


@pytest.fixture
def page_without_js(browser: Browser, product: Product) -> Iterator[Page]:
    """The same with JavaScript switched off."""
    with page_of(browser, product.url, javascript=False) as made:
        yield made
