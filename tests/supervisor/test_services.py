"""`webmail start` and its kin with several services, as an administrator meets them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.process import free_port
from webmail.config import Config, load
from webmail.supervisor import pidfile
from webmail.supervisor.table import SERVICES, row

PATIENCE = 20.0
STARTED = (0, "", "webmail: pop: not supported yet; left out\n")


class Site:
    """A configuration with both services on ports of their own, and the command line for it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "webmail.conf"
        self.ports = {"http": free_port(), "imap": free_port()}
        self.settings = {
            "local.datadir": str(directory / "data"),
            "service.listenaddr": "127.0.0.1",
            **{f"service.{name}.port": str(port) for name, port in self.ports.items()},
            **{f"logfile.{name}.loglevel": "Information" for name in self.ports},
        }
        self.write()

    def write(self, **settings: str) -> None:
        self.settings |= {name.replace("__", "."): value for name, value in settings.items()}
        self.file.write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()))

    @property
    def config(self) -> Config:
        return load(self.file)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "webmail.cli", "-f", str(self.file), *words]

    def webmail(self, *words: str) -> tuple[int, str, str]:
        """The exit status, and what was said to standard output and standard error."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=90, check=False)
        return done.returncode, done.stdout, done.stderr

    def pid(self, name: str) -> int | None:
        return pidfile.holder(row(name).pid_path(self.config))

    def log(self, name: str) -> str:
        return row(name).log_path(self.config).read_text()

    def answers(self, name: str) -> bytes:
        """The first octets that the service says."""
        with socket.create_connection(("127.0.0.1", self.ports[name]), 5) as client:
            if name == "http":
                client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            return client.recv(15)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    for service in SERVICES:
        pid = pidfile.holder(service.pid_path(made.config))
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_without_a_name_all_are_started_told_about_refreshed_and_stopped(site: Site) -> None:
    assert site.webmail("status") == (3, "imap: not running\nhttp: not running\n", "")
    started, _, said = site.webmail("start")
    assert started == 0, said
    assert "pop: not supported yet; left out" in said
    assert site.answers("imap").startswith(b"* OK")
    assert site.answers("http").startswith(b"HTTP/1.1 200")
    imap, http = site.pid("imap"), site.pid("http")
    running = f"imap: running (process {imap})\nhttp: running (process {http})\n"
    assert site.webmail("status") == (0, running, "")
    assert site.webmail("status", "http") == (0, f"http: running (process {http})\n", "")
    refreshing = f"imap: refreshing (process {imap})\nhttp: refreshing (process {http})\n"
    assert site.webmail("refresh") == (0, refreshing, "")
    until(lambda: "the new configuration holds" in site.log("imap"))
    stopped = f"http: stopped (process {http})\nimap: stopped (process {imap})\n"
    assert site.webmail("stop") == (0, stopped, "")
    assert site.webmail("stop") == (1, "", "webmail: not running\n")
    assert "Critical" not in site.log("imap") + site.log("http")


def test_one_can_be_stopped_and_started_while_the_other_goes_on(site: Site) -> None:
    assert site.webmail("start") == STARTED
    http = site.pid("http")
    assert site.webmail("stop", "imap")[0] == 0
    status, told, _ = site.webmail("status")
    assert (status, told) == (3, f"imap: not running\nhttp: running (process {http})\n")
    assert site.webmail("stop", "imap") == (1, "", "webmail: imap: not running\n")
    again, _, said = site.webmail("start")
    assert (again, said.splitlines()[-1]) == (1, f"webmail: http: already running (process {http})")
    assert site.answers("imap").startswith(b"* OK")
    assert site.pid("http") == http
    assert site.webmail("restart", "imap")[0] == 0
    assert site.pid("http") == http
    assert site.webmail("stop")[0] == 0


def test_a_refresh_of_imap_reaches_connections_that_are_open(site: Site) -> None:
    assert site.webmail("start", "imap")[0] == 0
    with socket.create_connection(("127.0.0.1", site.ports["imap"]), 5) as client:
        assert client.recv(4) == b"* OK"
        site.write(service__imap__banner="Hello from %h")
        assert site.webmail("refresh", "imap")[0] == 0
        until(lambda: "the new configuration holds" in site.log("imap"))
        assert site.answers("imap").startswith(b"* OK")
        client.sendall(b"a1 NOOP\r\n")
        until(lambda: b"a1 OK" in client.recv(4096))
    assert site.webmail("stop")[0] == 0


def test_what_is_not_enabled_is_neither_started_nor_missed(site: Site) -> None:
    site.write(service__imap__enable="no")
    assert site.webmail("start") == STARTED
    assert site.pid("imap") is None
    assert site.webmail("status")[0] == 0
    told = (1, "", "webmail: imap: not enabled; set service.imap.enable to yes first\n")
    assert site.webmail("start", "imap") == told
    assert site.webmail("stop")[0] == 0


def test_a_service_that_does_not_start_is_told_and_the_others_run(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.ports["imap"])):
        status, _, said = site.webmail("start")
    assert status == 1
    taken = f"127.0.0.1:{site.ports['imap']}: Address already in use"
    assert re.search(rf"webmail: imap: did not start \(.*{taken}\); see .*/log/imap", said)
    assert taken in site.log("imap")
    assert site.answers("http").startswith(b"HTTP/1.1 200")
    assert site.webmail("stop")[0] == 0


class Foreground:
    """`webmail start --foreground`, its log in a file."""

    def __init__(self, site: Site, *names: str) -> None:
        self.log = site.file.with_name("foreground.log")
        with self.log.open("wb") as out:
            command = site.command("start", "--foreground", *names)
            self.process = subprocess.Popen(command, stdout=out, stderr=out)

    def said(self, text: str) -> bool:
        return text in self.log.read_text()

    def wait_for(self, *texts: str) -> None:
        end = time.monotonic() + PATIENCE
        while not all(map(self.said, texts)):
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def wait_ready(self) -> None:
        self.wait_for("imap service started", "http service started")


@pytest.fixture
def foreground(site: Site) -> Iterator[Foreground]:
    started = Foreground(site)
    with started.process:
        yield started
        started.process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_foreground_a_signal_stops_all(
    site: Site, foreground: Foreground, number: signal.Signals
) -> None:
    foreground.wait_ready()
    assert site.answers("imap").startswith(b"* OK")
    assert site.answers("http").startswith(b"HTTP/1.1 200")
    foreground.process.send_signal(signal.SIGHUP)
    foreground.wait_for("the new configuration holds")
    foreground.process.send_signal(number)
    assert foreground.process.wait(PATIENCE) == 0
    assert foreground.said("imap service stopped")
    assert foreground.said("http service stopped")
    assert site.pid("imap") is site.pid("http") is None


def test_in_the_foreground_one_may_be_stopped_and_the_others_stay(site: Site, foreground: Foreground) -> None:
    foreground.wait_ready()
    assert site.webmail("stop", "imap")[0] == 0
    assert site.answers("http").startswith(b"HTTP/1.1 200")
    assert foreground.process.poll() is None
    assert site.webmail("stop", "http")[0] == 0
    assert foreground.process.wait(PATIENCE) == 0


def test_in_the_foreground_one_that_fails_takes_the_others_with_it(
    site: Site, foreground: Foreground
) -> None:
    foreground.wait_ready()
    imap = site.pid("imap")
    assert imap is not None
    os.kill(imap, signal.SIGKILL)
    assert foreground.process.wait(PATIENCE) == 1
    assert foreground.said("webmail[")
    assert foreground.said("imap has failed: stopping the others")
    assert site.pid("http") is None


def test_in_the_foreground_one_that_does_not_start_stops_the_others(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.ports["http"])):
        started = Foreground(site)
        with started.process:
            assert started.process.wait(PATIENCE) == 1
    assert started.said("Address already in use")
    assert site.pid("imap") is None


def test_masters_do_not_outlive_a_killed_foreground(site: Site, foreground: Foreground) -> None:
    foreground.wait_ready()
    foreground.process.kill()
    until(lambda: site.pid("imap") is site.pid("http") is None)


def test_the_log_of_each_service_is_named_by_it(site: Site) -> None:
    assert site.webmail("start", "imap")[0] == 0
    site.answers("imap")
    assert site.webmail("stop", "imap")[0] == 0
    started = (
        rf" imap\[\d+\]: General Notice: imap service started on 127.0.0.1:{site.ports['imap']}; processes: 1"
    )
    assert re.search(started, site.log("imap"))
    assert re.search(
        r" imap\[\d+\]: Account Notice: close \[127\.0\.0\.1\] \[unauthenticated\] ", site.log("imap")
    )


def test_a_check_tells_of_the_services_that_are_meant_only(site: Site) -> None:
    """Who wanted IMAP alone was told to give the gateway an administrator."""
    status, told, noted = site.webmail("check")
    assert (status, told) == (0, "The configuration is fit to start imap and http with.\n")
    assert "local.service.proxy.adminpass: not set" in noted
    assert site.webmail("check", "imap") == (0, "The configuration is fit to start imap with.\n", "")
    site.write(service__http__enable="no")
    assert site.webmail("check") == (0, "The configuration is fit to start imap with.\n", "")
    refused = (1, "", "webmail: http: not enabled; set service.http.enable to yes first\n")
    assert site.webmail("check", "http") == refused
    site.write(service__http__enablesslport="yes")
    assert site.webmail("check", "imap")[0] == 0


def test_without_an_address_all_of_both_families_are_listened_on(site: Site) -> None:
    """It was IPv4 alone."""
    site.write(service__listenaddr="")
    assert site.webmail("start", "imap")[0] == 0
    port = site.ports["imap"]
    assert f"imap service started on 0.0.0.0:{port}, [::]:{port}; processes: 1" in site.log("imap")
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, port), 5) as client:
            assert client.recv(4) == b"* OK"
    assert site.webmail("stop", "imap")[0] == 0
    assert re.search(r"close \[127\.0\.0\.1\] .*close \[::1\] ", site.log("imap"), re.DOTALL)
