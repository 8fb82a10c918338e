"""The product itself, configured with configutil and run in the foreground."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.backend import Backend, Person
from tests.servers.postfix import DOMAIN, Postfix
from tests.servers.process import START_SECONDS, Process, ServerError, free_port
from webmail.config import load
from webmail.directory import local
from webmail.directory.names import Rules

ROOT = Path(__file__).parents[2]


class Product(Process):
    """`with Product(…) as product`: serves at `product.url` when the block begins.

    `settings` are parameters by name, on top of `settings_for(…)`; `file` is the configuration file.
    """

    def __init__(
        self, directory: Path, settings: Mapping[str, str], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.file, self.data = directory, directory / "webmail.conf", directory / "data"
        self.host, self.port = host, port or free_port(host)
        self.url = f"http://{host}:{self.port}"
        self.settings = {
            "local.datadir": str(self.data),
            "service.listenaddr": host,
            "service.http.port": str(self.port),
            "service.http.plaintextmincipher": "0",
            **settings,
        }
        self._configured = False
        command = [sys.executable, "-m", "webmail.cli", "-f", str(self.file), "start", "--foreground", "http"]
        super().__init__(command, log=directory / "product.log", listens=[(host, self.port)], cwd=ROOT)

    def configure(self) -> None:
        """Write the settings with one `configutil -i`; a second call does nothing."""
        if not self._configured:
            lines = self.directory / "settings"
            lines.write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))
            self.configutil("-i", str(lines))
            self._configured = True

    def configutil(self, *options: str) -> str:
        """What `configutil -f FILE …` prints."""
        return _said([sys.executable, "-m", "webmail.config.configutil", "-f", str(self.file), *options])

    def webmail(self, *options: str, stdin: str = "") -> str:
        """What `webmail -f FILE …` prints."""
        return _said([sys.executable, "-m", "webmail.cli", "-f", str(self.file), *options], stdin)

    def add(self, person: Person, host: str, name: str = "") -> Person:
        """Let this person sign in, as `webmail user add` does but quicker; the mailbox is at `host`."""
        self.configure()
        config = load(self.file)
        rules = Rules(config.login.loginseparator, config.login.defaultdomain)
        local.add_user(config.usersfile, person.name, person.password, rules, mailhost=host, name=name)
        return person

    def newcomer(self, backend: Backend) -> Person:
        """A person nobody was given before, with an empty mailbox there, who can sign in."""
        return self.add(backend.spare(), backend.host)

    def start(self) -> None:
        self.configure()
        super().start()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Return when /healthz says 200. Raises ServerError."""
        end = time.monotonic() + seconds
        super().wait_ready(seconds)
        while not self._healthy():
            if time.monotonic() > end or self.ended():
                raise ServerError(f"{self.url}/healthz is not well\n{self.tail()}")
            time.sleep(0.05)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def settings_for(backends: Sequence[Backend], postfix: Postfix | None) -> dict[str, str]:
    """The parameters that lead to these backends, each with what differs, and to this MTA."""
    settings = {"local.service.proxy.defaulthost": backends[0].host, "service.defaultdomain": DOMAIN}
    for backend in backends:
        own = {"imapport": str(backend.imap), "admin": backend.admin, "adminpass": backend.adminpass}
        settings |= {f"local.service.proxy.{name}.{backend.host}": value for name, value in own.items()}
    if postfix is not None:
        settings |= {
            "service.http.smtphost": postfix.host,
            "service.http.smtpport": str(postfix.smtp),
            "local.service.http.smtpcafile": str(postfix.certificate.ca),
        }
    return settings


def _said(command: Sequence[str], stdin: str = "") -> str:
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    if done.returncode:
        raise ServerError(f"{' '.join(command[2:])} failed ({done.returncode}): {done.stderr or done.stdout}")
    return done.stdout
