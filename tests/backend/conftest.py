"""Dovecots that are set up as too many are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot

WITHOUT_ACL_USER = "plugin {\n  acl_user =\n}\n"

UNDER_INBOX = """
namespace inbox {
  prefix = INBOX.
  separator = .
  mailbox Sent {
    auto = no
    special_use =
  }
  mailbox Trash {
    auto = no
    special_use =
  }
  mailbox "Sent Items" {
    auto = subscribe
  }
}
namespace shared {
  prefix = shared.%%n.
  separator = .
}
"""


@pytest.fixture(scope="session")
def dovecot_acl(servers: Path, certificates: Authority) -> Iterator[Dovecot]:
    """ACL, an administrator’s login, and no acl_user; and the certificate of another host."""
    certificate = certificates.issue("acl", "store3.example.test")
    with Dovecot(servers / "acl", [Person("frank")], certificate, extra=WITHOUT_ACL_USER) as dovecot:
        yield dovecot


@pytest.fixture(scope="session")
def dovecot_inbox(servers: Path, certificates: Authority) -> Iterator[Dovecot]:
    """Everything under `INBOX.`, as Courier and its heirs have it; not every special folder is marked."""
    certificate = certificates.issue("inbox", "127.0.0.1")
    sharing = f"plugin {{\n  acl_shared_dict = file:{servers}/inbox/mail/shared\n}}\n"
    people = [Person("gina"), Person("hugo")]
    with Dovecot(servers / "inbox", people, certificate, extra=UNDER_INBOX + sharing) as dovecot:
        yield dovecot
