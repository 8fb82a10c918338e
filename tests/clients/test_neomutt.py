"""NeoMutt without a person before it: letters opened, tagged, deleted, saved, copied."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.letters import letter
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService
from tests.servers.mailbox import fill, imap, messages
from tests.servers.system import require

SECONDS = 30  # for one start of it
SETTINGS = """
set folder = "imaps://localhost:{port}/"
set spoolfile = "+INBOX"
set imap_user = "{user}"
set imap_pass = "{password}"
set ssl_ca_certificates_file = "{ca}"
set certificate_file = "{home}/accepted"
set ssl_force_tls = yes
set header_cache = "{home}/cache"
set mbox_type = Maildir
set confirmappend = no
set confirmcreate = no
set delete = yes
set imap_qresync = yes
set imap_condstore = yes
set quit = yes
set wait_key = no
set resume_draft_files = no
set sort = date
"""

Neomutt = Callable[[str], str]


@pytest.fixture
def neomutt(tmp_path: Path, service: ImapService, person: Person, certificates: Authority) -> Neomutt:
    """`neomutt(keys)`: starts it at INBOX, presses these, and waits for its end; what was on the screen."""
    require("neomutt")
    rc = tmp_path / "muttrc"
    values = {"port": service.imaps, "user": person.name, "password": person.password}
    rc.write_text(SETTINGS.format(**values, ca=certificates.ca, home=tmp_path))

    def run(keys: str) -> str:
        screen, terminal = pty.openpty()
        environ = {**os.environ, "TERM": "xterm", "HOME": str(tmp_path)}
        command = ["neomutt", "-n", "-F", str(rc), "-e", f'push "{keys}"']
        with subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environ, start_new_session=True
        ) as process:
            os.close(terminal)
            shown = _shown(screen, process)
            os.close(screen)
            assert process.wait() == 0, shown
        return shown

    return run


def _shown(screen: int, process: subprocess.Popen[bytes]) -> str:
    shown, end = b"", time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not select.select([screen], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(screen, 65536)
        except OSError:  # it has ended
            return shown.decode(errors="replace")
    process.kill()
    raise AssertionError(shown.decode(errors="replace"))


def test_letters_are_opened_tagged_deleted_and_saved(
    neomutt: Neomutt, tmp_path: Path, service: ImapService, person: Person
) -> None:
    fill(service, person.name, (letter(number) for number in range(1, 21)))
    neomutt(
        f"1<enter><display-message><pipe-message>cat >{tmp_path}/opened<enter><exit>"
        "<tag-pattern>~s 'Number 1[0-9]'<enter><tag-prefix><delete-message>"
        "3<enter><save-message>=Archive<enter>"
        "4<enter><copy-message>=Archive<enter>"
        "5<enter><flag-message><quit>"
    )
    assert "This is letter number 1." in (tmp_path / "opened").read_text()
    with imap(service, person.name) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.search(None, "SEEN")[1] == [b"1"]
        assert len(connection.search(None, "ALL")[1][0].split()) == 9
        assert connection.search(None, "FLAGGED")[1] == [b"4"]
        assert connection.search(None, "SUBJECT", '"Number 3"')[1] == [b""]
    assert sorted(messages(service, person.name, "Archive")) == [letter(3), letter(4)]


def test_the_second_start_knows_what_came_meanwhile(
    neomutt: Neomutt, service: ImapService, person: Person
) -> None:
    """By its header cache and QRESYNC."""
    fill(service, person.name, (letter(number) for number in range(1, 6)))
    neomutt("<quit>")
    with imap(service, person.name) as connection:
        connection.select("INBOX")
        connection.store("2", "+FLAGS", "(\\Deleted)")
        connection.expunge()
    fill(service, person.name, [letter(77)])
    shown = neomutt("<quit>")
    assert "Number 77" in shown
    assert "Number 2" not in shown
