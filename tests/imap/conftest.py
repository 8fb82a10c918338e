"""A service for all conversations, and people who talk with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.imap.service import Service
from tests.imap.talk import Client, letter

Another = Callable[[Client], Client]
Shared = Callable[[str], str]


@pytest.fixture(scope="session")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with the configuration that it has by default."""
    with Service(tmp_path_factory.mktemp("imap")) as service:
        yield service


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Service]]:
    """`settled({name: value})`: a service of its own with these parameters."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(Service(tmp_path / "imap", settings))


@pytest.fixture
def another(imap: Service) -> Iterator[Another]:
    """`another(alice)`: one more connection of hers, which looks on."""
    with ExitStack() as stack:
        yield lambda client: stack.enter_context(imap.signed_in(client.uid))


@pytest.fixture
def alice(imap: Service) -> Iterator[Client]:
    """Somebody who has just signed in for the first time."""
    with imap.signed_in(imap.newcomer("alice")) as client:
        yield client


@pytest.fixture
def bob(imap: Service) -> Iterator[Client]:
    """Somebody else."""
    with imap.signed_in(imap.newcomer("bob")) as client:
        yield client


@pytest.fixture
def stranger(imap: Service) -> Iterator[Client]:
    """A connection whose greeting was heard, and no more."""
    with imap.client() as client:
        yield client


@pytest.fixture
def shared(alice: Client, bob: Client) -> Shared:
    """`shared("lr")`: alice’s mailbox Work with two messages, to which bob has these rights; its name for bob."""
    alice.ok("CREATE Work")
    alice.fills("Work", letter("One"))
    alice.fills("Work", letter("Two"), flags="\\Deleted")
    name = f'"Shared Folders/User/{alice.uid}/Work"'

    def given(rights: str) -> str:
        alice.ok(f"SETACL Work {bob.uid} {rights}")
        return name

    return given
