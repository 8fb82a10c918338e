"""The IMAP service as it is started by administrators, and people nobody has mail of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService


@pytest.fixture(scope="session")
def service(servers: Path, certificates: Authority) -> Iterator[ImapService]:
    """With a certificate for localhost that `certificates.ca` vouches for; it is at 127.0.0.1."""
    certificate = certificates.issue("clients", "localhost", "127.0.0.1")
    with ImapService(servers / "clients", [Person("small", quota="1M")], certificate, spares=40) as made:
        yield made


@pytest.fixture
def person(service: ImapService) -> Person:
    """Somebody with the folders that everybody has, and nothing in them."""
    return service.spare()
