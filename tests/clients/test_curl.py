"""curl, as scripts have it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.letters import letter
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService
from tests.servers.mailbox import fill, messages
from tests.servers.system import require

Curl = Callable[..., bytes]


@pytest.fixture(params=["imap", "imaps", "starttls"])
def curl(
    request: pytest.FixtureRequest, service: ImapService, person: Person, certificates: Authority
) -> Curl:
    """`curl(path, option, …)`: what it prints; in plain, and over TLS that is verified."""
    require("curl")
    way = request.param
    base = f"imaps://localhost:{service.imaps}" if way == "imaps" else f"imap://localhost:{service.imap}"

    def run(path: str, *options: str) -> bytes:
        command = ["curl", "-sS", "--cacert", str(certificates.ca), "-u", f"{person.name}:{person.password}"]
        more = ["--ssl-reqd"] if way == "starttls" else []
        done = subprocess.run(
            [*command, *more, *options, base + path], capture_output=True, timeout=20, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_folders_are_listed(curl: Curl) -> None:
    assert b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n' in curl("/")


def test_messages_are_fetched_whole_and_by_part(curl: Curl, service: ImapService, person: Person) -> None:
    fill(service, person.name, [letter(1), letter(2, attachment=b"\0\1\2" * 100)])
    assert curl("/INBOX;MAILINDEX=1") == letter(1)
    assert curl("/INBOX;UID=2") == letter(2, attachment=b"\0\1\2" * 100)
    assert b"This is letter number 2." in curl("/INBOX;UID=2;SECTION=1")
    assert b"Subject: Number 2" in curl("/INBOX;UID=2;SECTION=HEADER.FIELDS%20(SUBJECT)")
    assert curl("/INBOX?SUBJECT%20%22number%202%22") == b"* SEARCH 2\r\n"


def test_a_message_is_appended(curl: Curl, service: ImapService, person: Person, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(letter(1))
    curl("/Archive", "-T", str(tmp_path / "letter"))
    assert messages(service, person.name, "Archive") == [letter(1)]


def test_any_other_command(curl: Curl, service: ImapService, person: Person) -> None:
    fill(service, person.name, [letter(1)])
    assert curl("/", "-X", "STATUS INBOX (MESSAGES)") == b"* STATUS INBOX (MESSAGES 1)\r\n"
    assert b"* 1 FETCH (FLAGS (\\Seen" in curl("/INBOX", "-X", "STORE 1 +FLAGS (\\Seen)")
    assert b"* 1 FETCH " in curl("/INBOX", "-X", "FETCH 1 (BODYSTRUCTURE ENVELOPE)")
    assert b"* NAMESPACE " in curl("/", "-X", "NAMESPACE")
