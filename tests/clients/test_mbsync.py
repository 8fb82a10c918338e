"""mbsync keeps a Maildir and the service the same: new messages, flags and deletions, both ways."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.letters import letter
from tests.clients.maildir import Maildir, plain
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService
from tests.servers.mailbox import fill, imap, messages
from tests.servers.system import require

THERE, HERE = 1500, 500  # messages at the service and in the Maildir, before they meet
SETTINGS = """
FSync no

IMAPStore there
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca}

MaildirStore here
Path {home}/
Inbox {home}/INBOX
SubFolders Verbatim

Channel both
Far :there:
Near :here:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState {home}/state/
"""

Mbsync = Callable[[], str]


@pytest.fixture
def mbsync(tmp_path: Path, service: ImapService, person: Person, certificates: Authority) -> Mbsync:
    """`mbsync()` brings both sides together; what it said."""
    require("mbsync")
    rc = tmp_path / "mbsyncrc"
    values = {"port": service.imaps, "user": person.name, "password": person.password}
    rc.write_text(SETTINGS.format(**values, ca=certificates.ca, home=tmp_path))
    (tmp_path / "state").mkdir()

    def run() -> str:
        command = ["mbsync", "-V", "-c", str(rc), "both"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def state_of(service: ImapService, person: Person) -> list[bytes]:
    """What would be different if anything had changed."""
    with imap(service, person.name) as connection:
        return [
            connection.status(name, "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)")[1][0]
            for name in ("INBOX", "Archive", "Sent")
        ]


def test_two_thousand_messages_both_ways(
    mbsync: Mbsync, tmp_path: Path, service: ImapService, person: Person
) -> None:
    inbox = Maildir(tmp_path / "INBOX")
    fill(service, person.name, (letter(number) for number in range(THERE)))
    inbox.add(letter(number) for number in range(THERE, THERE + HERE))
    mbsync()
    assert len(inbox) == THERE + HERE
    assert len(messages(service, person.name)) == THERE + HERE

    with imap(service, person.name) as connection:
        connection.select("INBOX")
        connection.store("1:100", "+FLAGS", "(\\Flagged \\Answered)")
        connection.store("101:200", "+FLAGS", "(\\Deleted)")
        connection.expunge()
    fill(service, person.name, [letter(9001)], "Archive")
    inbox.flag([b"<%d@elsewhere.test>" % number for number in range(THERE, THERE + 50)], "S")
    inbox.remove([b"<%d@elsewhere.test>" % number for number in range(THERE + 100, THERE + 200)])
    inbox.add([letter(9002)])
    mbsync()

    assert len(inbox) == THERE + HERE - 200 + 1
    assert len(inbox.flagged("F")) == len(inbox.flagged("R")) == 100
    assert len(Maildir(tmp_path / "Archive")) == 1
    with imap(service, person.name) as connection:
        connection.select("INBOX")
        assert len(connection.search(None, "ALL")[1][0].split()) == THERE + HERE - 200 + 1
        assert len(connection.search(None, "SEEN")[1][0].split()) == 50
        assert len(connection.search(None, "FLAGGED", "ANSWERED")[1][0].split()) == 100
    assert sorted(map(plain, messages(service, person.name))) == sorted(inbox.contents())

    before, files = state_of(service, person), inbox.names()
    mbsync()
    assert state_of(service, person) == before
    assert inbox.names() == files


def test_folders_made_and_removed_on_either_side(
    mbsync: Mbsync, tmp_path: Path, service: ImapService, person: Person
) -> None:
    fill(service, person.name, [letter(1)], "Grüße & Küsse/Köln")
    Maildir(tmp_path / "from here").add([letter(2)])
    mbsync()
    assert len(Maildir(tmp_path / "Gr&APwA3w-e &- K&APw-sse" / "K&APY-ln")) == 1
    assert list(map(plain, messages(service, person.name, "from here"))) == [letter(2)]
