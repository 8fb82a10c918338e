"""A Postfix of its own: SMTP with STARTTLS, submission with AUTH, local people over LMTP, the rest discarded."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from tests.servers.backend import Backend
from tests.servers.certificates import Certificate
from tests.servers.process import Process, free_port
from tests.servers.system import require

HERE = Path(__file__).parent
DAEMONS = Path("/usr/lib/postfix/sbin")
DOMAIN = "example.test"
SIZE_LIMIT = 30_000_000  # bytes of one message; small, so that tests can pass it
# name: (owner, group, mode), as Postfix's own post-install makes them
QUEUE = {
    **dict.fromkeys(
        (
            "active",
            "bounce",
            "corrupt",
            "defer",
            "deferred",
            "flush",
            "hold",
            "incoming",
            "private",
            "saved",
            "trace",
        ),
        ("postfix", "root", 0o700),
    ),
    "maildrop": ("postfix", "postdrop", 0o730),
    "public": ("postfix", "postdrop", 0o710),
    "pid": ("root", "root", 0o755),
}


class Postfix(Process):
    """`with Postfix(…) as postfix`: mail to `name@example.test` reaches that person's backend.

    Recipients of example.test that no backend has are refused at RCPT with 550; other domains are
    accepted and thrown away. `smtp` needs no AUTH; `submission` takes any person of the first backend's.
    Both announce SIZE `size_limit` and STARTTLS.
    """

    def __init__(
        self,
        directory: Path,
        backends: Sequence[Backend],
        certificate: Certificate,
        *,
        host: str = "127.0.0.1",
        size_limit: int = SIZE_LIMIT,
        settings: Mapping[str, str] | None = None,
        smtp: int = 0,
    ) -> None:
        self.directory, self.host, self.certificate = directory, host, certificate
        self.smtp, self.submission = smtp or free_port(host), free_port(host)
        self.size_limit = size_limit
        self._backends, self._settings = tuple(backends), dict(settings or {})
        self.config = directory / "etc"
        command = [str(DAEMONS / "master"), "-c", str(self.config), "-s"]
        listens = [(host, self.smtp), (host, self.submission)]
        super().__init__(command, log=directory / "maillog", listens=listens)

    def start(self) -> None:
        require("postfix")
        self._directories()
        self._write()
        super().start()

    def address(self, name: str) -> str:
        return f"{name}@{DOMAIN}"

    def _directories(self) -> None:
        self.config.mkdir(parents=True, exist_ok=True)
        for name, (owner, group, mode) in QUEUE.items():
            _owned(self.directory / "spool" / name, owner, group, mode)
        _owned(self.directory / "data", "postfix", "root", 0o700)

    def _write(self) -> None:
        values = {
            "directory": self.directory,
            "host": self.host,
            "domain": DOMAIN,
            "smtp": self.smtp,
            "submission": self.submission,
            "size_limit": self.size_limit,
            "chain": self.certificate.chain,
            "key": self.certificate.key,
            "sasl": f"{self._backends[0].host}:{self._backends[0].sasl}",
        }
        for name in ("main.cf", "master.cf"):
            text = Template((HERE / f"postfix.{name}.in").read_text()).substitute(values)
            if name == "main.cf":
                text += "".join(f"{key} = {value}\n" for key, value in self._settings.items())
            _settled(self.config / name, text)
        self._write_maps()

    def _write_maps(self) -> None:
        places = {
            self.address(person.name): f"lmtp:inet:{backend.host}:{backend.lmtp}"
            for backend in self._backends
            for person in backend.people
        }
        transport = "".join(f"{address} {place}\n" for address, place in places.items())
        _settled(self.config / "transport", transport)
        _settled(self.config / "recipients", "".join(f"{address} ok\n" for address in places))


def _owned(path: Path, owner: str, group: str, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    shutil.chown(path, owner, group)


def _settled(path: Path, text: str) -> None:
    """Write a file that looks old: Postfix waits seconds for a fresh one to settle."""
    path.write_text(text, encoding="utf-8")
    yesterday = time.time() - 86400
    os.utime(path, (yesterday, yesterday))
