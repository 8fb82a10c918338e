"""A Dovecot of its own: IMAP plain and TLS, LMTP, proxy administrator, special-use folders, quota, ACL."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from tests.servers import maildir
from tests.servers.backend import SPARES, Mail, Person
from tests.servers.certificates import Certificate
from tests.servers.process import Process, free_port
from tests.servers.system import mail_user, owned, require

CONFIGURATION = Path(__file__).with_name("dovecot.conf.in")


class Dovecot(Process):
    """`with Dovecot(…) as dovecot`: listening when the block begins, gone when it ends.

    `host` is a loopback address of this instance; `admin` may act for everybody by SASL PLAIN
    with an authorization id, or as `name*admin`. All files are under `directory`. Besides `people`
    there are `spares` empty mailboxes, one for each test that wants a person of its own.
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
        extra: str = "",
    ) -> None:
        self.spares = [Person(f"{spare}{number:03}") for number in range(1, spares + 1)]
        self._unused = iter(self.spares)
        self.directory, self.people, self.certificate = directory, (*people, *self.spares), certificate
        self.host, self.admin, self.adminpass = host, admin, adminpass
        self.imap, self.imaps = free_port(host), free_port(host)
        self.lmtp, self.sasl = free_port(host), free_port(host)
        self.mail = directory / "mail"
        self._extra = extra
        listens = [(host, port) for port in (self.imap, self.imaps, self.lmtp, self.sasl)]
        conf = directory / "dovecot.conf"
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(["dovecot", "-F", "-c", str(conf)], log=directory / "dovecot.log", listens=listens)

    def start(self) -> None:
        require("dovecot")
        owned(self.mail)
        self._write()
        super().start()

    def spare(self) -> Person:
        """A person whom nobody was given before, with nothing in the mailbox."""
        return next(self._unused)

    def maildir(self, name: str) -> Path:
        """Where this person's INBOX lies; folders are beside it as `.Name` (Maildir++)."""
        return self.mail / name / "Maildir"

    def fill(self, name: str, mails: Iterable[Mail], folder: str) -> int:
        return maildir.write(self.maildir(name), mails, folder)

    def create(self, name: str, folders: Iterable[str]) -> None:
        for folder in folders:
            maildir.write(self.maildir(name), (), folder)
        # Dovecot takes seconds to notice folders that were made behind its back: let it do so now.
        noticing = ["doveadm", "-c", str(self.directory / "dovecot.conf"), "mailbox", "status", "-u", name]
        subprocess.run([*noticing, "messages", "INBOX"], check=True, capture_output=True, timeout=60)

    def _write(self) -> None:
        user = mail_user()
        lines = [self._line(person, user.pw_uid, user.pw_gid) for person in self.people]
        self._file("users", "".join(lines))
        self._file("masters", f"{self.admin}:{{PLAIN}}{self.adminpass}\n")
        text = Template(CONFIGURATION.read_text()).substitute(
            directory=self.directory,
            host=self.host,
            imap=self.imap,
            imaps=self.imaps,
            lmtp=self.lmtp,
            sasl=self.sasl,
            user=user.pw_name,
            uid=user.pw_uid,
            chain=self.certificate.chain,
            key=self.certificate.key,
        )
        self._file("dovecot.conf", text + self._extra)

    def _line(self, person: Person, uid: int, gid: int) -> str:
        quota = f"userdb_quota_rule=*:storage={person.quota}" if person.quota else ""
        return f"{person.name}:{{PLAIN}}{person.password}:{uid}:{gid}::{self.mail / person.name}::{quota}\n"

    def _file(self, name: str, text: str) -> None:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
