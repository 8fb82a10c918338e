"""OfflineIMAP keeps folders the same both ways."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.letters import letter
from tests.clients.maildir import Maildir
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService
from tests.servers.mailbox import fill, imap, messages
from tests.servers.system import require

SETTINGS = """
[general]
metadata = {home}/metadata
accounts = both
ui = quiet
fsync = false

[Account both]
localrepository = here
remoterepository = there

[Repository here]
type = Maildir
localfolders = {home}/mail
sync_deletes = yes

[Repository there]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = yes
sslcacertfile = {ca}
sync_deletes = yes
expunge = yes
"""

Offlineimap = Callable[[], None]


@pytest.fixture
def offlineimap(tmp_path: Path, service: ImapService, person: Person, certificates: Authority) -> Offlineimap:
    """`offlineimap()` brings both sides together, once."""
    require("offlineimap")
    rc = tmp_path / "offlineimaprc"
    values = {"port": service.imaps, "user": person.name, "password": person.password}
    rc.write_text(SETTINGS.format(**values, ca=certificates.ca, home=tmp_path))

    def run() -> None:
        command = ["offlineimap", "-c", str(rc), "-o"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ERROR" not in done.stdout + done.stderr

    return run


def test_a_full_sync_both_ways(
    offlineimap: Offlineimap, tmp_path: Path, service: ImapService, person: Person
) -> None:
    fill(service, person.name, (letter(number) for number in range(200)))
    fill(service, person.name, [letter(300)], "Projects/Grüße")
    offlineimap()
    inbox = Maildir(tmp_path / "mail" / "INBOX")
    assert sorted(inbox.contents()) == sorted(letter(number) for number in range(200))
    assert len(Maildir(tmp_path / "mail" / "Projects.Gr&APwA3w-e")) == 1

    with imap(service, person.name) as connection:
        connection.select("INBOX")
        connection.store("1:10", "+FLAGS", "(\\Flagged)")
        connection.store("11:20", "+FLAGS", "(\\Deleted)")
        connection.expunge()
    inbox.flag([b"<%d@elsewhere.test>" % number for number in range(50, 60)], "R")
    inbox.remove([b"<%d@elsewhere.test>" % number for number in range(60, 70)])
    inbox.add([letter(301)])
    Maildir(tmp_path / "mail" / "From here").add([letter(302)])
    offlineimap()

    assert len(inbox) == len(messages(service, person.name)) == 200 - 20 + 1
    assert len(inbox.flagged("F")) == 10
    with imap(service, person.name) as connection:
        connection.select("INBOX")
        assert len(connection.search(None, "ANSWERED")[1][0].split()) == 10
    assert [b"<302@elsewhere.test>" in each for each in messages(service, person.name, "From here")] == [True]
    before = inbox.names()
    offlineimap()
    assert inbox.names() == before
    assert len(messages(service, person.name)) == 181
