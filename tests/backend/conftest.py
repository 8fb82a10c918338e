"""A Dovecot that is set up as too many are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot, Person

WITHOUT_ACL_USER = "plugin {\n  acl_user =\n}\n"


@pytest.fixture(scope="session")
def dovecot_acl(servers: Path, certificates: Authority) -> Iterator[Dovecot]:
    """ACL, an administrator’s login, and no acl_user; and the certificate of another host."""
    certificate = certificates.issue("acl", "store3.example.test")
    with Dovecot(servers / "acl", [Person("frank")], certificate, extra=WITHOUT_ACL_USER) as dovecot:
        yield dovecot
