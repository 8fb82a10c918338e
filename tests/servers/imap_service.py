"""Our own IMAP service as a backend: configured with configutil, started by `webmail start`."""

from __future__ import annotations

import imaplib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.backend import SPARES, Mail, Person
from tests.servers.certificates import Certificate
from tests.servers.lmtp import Lmtp
from tests.servers.process import Process, ServerError, free_port
from tests.servers.sasl import Sasl
from webmail.config import load
from webmail.database import connect
from webmail.directory import local
from webmail.directory.names import Rules

ROOT = Path(__file__).parents[2]
AT_ONCE = 100  # messages in one command: well below what it may be
DOMAIN = "example.test"
PLENTY = "10G"  # of quota, for who has none of their own


class ImapService(Process):
    """`with ImapService(…) as backend`: the same to look at as a Dovecot of the tests.

    Postfix delivers to it over an LMTP server beside it, which appends as the administrator, and asks for
    passwords there, too. `settings` are parameters on top of what is needed.
    """

    def __init__(
        self,
        directory: Path,
        people: Sequence[Person],
        certificate: Certificate,
        *,
        host: str = "127.0.0.1",
        admin: str = "admin",
        adminpass: str = "adminsecret",
        spare: str = "spare",
        spares: int = SPARES,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.spares = [Person(f"{spare}{number:03}") for number in range(1, spares + 1)]
        self._unused = iter(self.spares)
        self.directory, self.people, self.certificate = directory, (*people, *self.spares), certificate
        self.host, self.admin, self.adminpass = host, admin, adminpass
        self.imap, self.imaps = free_port(host), free_port(host)
        self.lmtp, self.sasl = free_port(host), free_port(host)
        self.file = directory / "webmail.conf"
        self.settings = {
            "local.datadir": str(directory / "data"),
            "local.directory.type": "local",
            "service.listenaddr": host,
            "service.defaultdomain": DOMAIN,
            "service.imap.port": str(self.imap),
            "service.imap.enablesslport": "yes",
            "service.imap.sslport": str(self.imaps),
            "service.imap.sslcertfile": str(certificate.chain),
            "service.imap.sslkeyfile": str(certificate.key),
            "service.imap.trustedproxies": "127.0.0.0/8",  # where all tests come from
            "store.admins": admin,
            "store.defaultmailboxquota": PLENTY,
            **(settings or {}),
        }
        self._beside: list[Lmtp | Sasl] = []
        directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "webmail.cli", "-f", str(self.file), "start", "--foreground", "imap"]
        listens = [(host, port) for port in (self.imap, self.imaps)]
        super().__init__(command, log=directory / "imap.log", listens=listens, cwd=ROOT)

    def start(self) -> None:
        self._configure()
        self._add_people()
        super().start()
        if not self._beside:  # else it was killed, but what is beside it was not
            self._beside = [
                Lmtp((self.host, self.lmtp), self._append),
                Sasl((self.host, self.sasl), self._right),
            ]
            for server in self._beside:
                threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def wait_ready(self, seconds: float = 20) -> None:
        super().wait_ready(seconds)
        self._give_quotas()

    def stop(self) -> None:
        for server in self._beside:
            server.shutdown()
            server.server_close()
        self._beside = []
        super().stop()

    def spare(self) -> Person:
        """A person whom nobody was given before, with nothing in the mailbox."""
        return next(self._unused)

    def fill(self, name: str, mails: Iterable[Mail], folder: str) -> int:
        with self.entered(name) as connection:
            if folder != "INBOX":
                connection.create(f'"{folder}"')
            left, count = iter(mails), 0
            while several := list(islice(left, AT_ONCE)):
                _append(connection, folder, several)
                count += len(several)
            return count

    def create(self, name: str, folders: Iterable[str]) -> None:
        with self.entered(name) as connection:
            for folder in folders:
                connection.create(f'"{folder}"')

    @contextmanager
    def entered(self, name: str) -> Iterator[imaplib.IMAP4]:
        """A connection of the administrator in this person's name."""
        with imaplib.IMAP4(self.host, self.imap, timeout=60) as connection:
            proof = f"{name}\0{self.admin}\0{self.adminpass}".encode()
            connection.authenticate("PLAIN", lambda _: proof)
            yield connection

    def _append(self, name: str, message: bytes) -> None:
        with self.entered(name) as connection:
            _append(connection, "INBOX", [Mail(message)])

    def _right(self, name: str, password: str) -> bool:
        with imaplib.IMAP4(self.host, self.imap, timeout=60) as connection:
            try:
                connection.login(name, password)
            except imaplib.IMAP4.error:
                return False
            return True

    def _configure(self) -> None:
        lines = self.directory / "settings"
        lines.write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))
        command = [sys.executable, "-m", "webmail.config.configutil", "-f", str(self.file), "-i", str(lines)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=60)

    def _add_people(self) -> None:
        """As `webmail user add` does; but each password is hashed once, for all who have it."""
        people = [*self.people, Person(self.admin, self.adminpass)]
        with closing(connect(load(self.file).usersfile, local.SCHEMA)) as users:
            rows = [(person.name, _hash(person.password)) for person in people]
            users.executemany("INSERT OR IGNORE INTO users (uid, hash) VALUES (?, ?)", rows)

    def _give_quotas(self) -> None:
        with self.entered(self.admin) as connection:
            for person in self.people:
                if person.quota:
                    with self.entered(person.name):  # who has never been there has no account yet
                        kib = int(person.quota.removesuffix("M")) * 1024
                        connection.setquota(person.name, f"(STORAGE {kib})")


def _append(connection: imaplib.IMAP4, folder: str, mails: Sequence[Mail]) -> None:
    """All at once (MULTIAPPEND, LITERAL+), which imaplib has no verb for. Raises ServerError."""
    tag = connection._new_tag()
    connection.tagged_commands[tag] = None
    connection.send(b"%b APPEND %b%b\r\n" % (tag, f'"{folder}"'.encode(), b"".join(map(_argument, mails))))
    status, said = connection._command_complete("APPEND", tag)
    if status != "OK":
        raise ServerError(f"APPEND: {said!r}")


def _argument(mail: Mail) -> bytes:
    flags = " ".join(f"\\{flag}" for flag in sorted(mail.flags))
    when = f" {imaplib.Time2Internaldate(mail.when)}" if mail.when else ""
    return f" ({flags}){when} {{{len(mail.content)}+}}\r\n".encode() + mail.content


@cache
def _hash(password: str) -> str:
    with TemporaryDirectory() as directory:
        local.add_user(Path(directory) / "users", "somebody", password, Rules())
        with closing(sqlite3.connect(Path(directory) / "users")) as users:
            return str(users.execute("SELECT hash FROM users").fetchone()[0])
