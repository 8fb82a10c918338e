"""A process of a service, driven by signals as its master drives it."""

from __future__ import annotations

import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.servers.certificates import Authority, Certificate
from tests.servers.process import Process, free_port


class Echo(Process):
    """The echo service of these tests."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        self.conf, self.port = directory / "conf", free_port()
        self.configure("one", self.authority.issue("one", "localhost"))
        command = [sys.executable, "-m", "tests.server.echo", str(self.conf), str(self.port)]
        super().__init__(command, log=directory / "log", listens=[("127.0.0.1", self.port)])

    def configure(self, banner: str, certificate: Certificate) -> None:
        self.conf.write_text(
            f"service.imap.banner = {banner}\n"
            f"service.imap.sslcertfile = {certificate.chain}\nservice.imap.sslkeyfile = {certificate.key}\n"
        )

    def signals(self, number: signal.Signals) -> None:
        assert self._child is not None
        self._child.send_signal(number)

    def status(self) -> int:
        assert self._child is not None
        return self._child.wait(10)

    def logged(self, text: str) -> bool:
        return text in self.log.read_text()


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    with Echo(tmp_path) as running:
        yield running


class Talk:
    """A client without an event loop."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.socket.makefile("rb")
        assert self.file.readline() == b"HELLO\r\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def asks(self, line: bytes) -> bytes:
        self.socket.sendall(line + b"\r\n")
        return self.file.readline()

    def serial(self, authority: Path) -> int:
        """Of the certificate that is shown now."""
        assert self.asks(b"TLS") == b"GO\r\n"
        context = ssl.create_default_context(cafile=str(authority))
        with context.wrap_socket(self.socket, server_hostname="localhost") as secure:
            return int(str(secure.getpeercert()["serialNumber"]), 16)  # type: ignore[index]


def until(echo: Echo, text: str) -> None:
    end = time.monotonic() + 5
    while not echo.logged(text):
        assert time.monotonic() < end, echo.tail()
        time.sleep(0.02)


def test_a_refresh_takes_effect_in_connections_that_are_open(echo: Echo) -> None:
    with Talk(echo.port) as talk:
        before = talk.asks(b"CONFIG")
        assert before.startswith(b"one ")
        echo.configure("two", echo.authority.issue("two", "localhost"))
        assert talk.asks(b"CONFIG") == before
        echo.signals(signal.SIGHUP)
        until(echo, "the new configuration holds")
        assert talk.asks(b"CONFIG") == before.replace(b"one", b"two")


def test_a_refresh_takes_the_new_certificate(echo: Echo) -> None:
    """A certificate lives for weeks, a connection of a mail program too: neither waits for a stop."""
    with Talk(echo.port) as talk:
        first = talk.serial(echo.authority.ca)
    echo.configure("one", echo.authority.issue("one", "localhost"))
    echo.signals(signal.SIGHUP)
    until(echo, "the new configuration holds")
    with Talk(echo.port) as talk:
        assert talk.serial(echo.authority.ca) != first


@pytest.mark.parametrize("wrong", ["service.imap.banner\n", "service.imap.sslcertfile = /nowhere/at-all\n"])
def test_a_refresh_with_a_wrong_configuration_changes_nothing(echo: Echo, wrong: str) -> None:
    with Talk(echo.port) as talk:
        before = talk.asks(b"CONFIG")
        echo.conf.write_text(wrong)
        echo.signals(signal.SIGHUP)
        until(echo, "refresh: going on as before: ")
        assert talk.asks(b"CONFIG") == before
    assert "Traceback" not in echo.tail()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_says_goodbye_and_leaves_without_a_word_of_trouble(echo: Echo, number: signal.Signals) -> None:
    with Talk(echo.port) as idle, Talk(echo.port) as busy:
        assert busy.asks(b"SLOW") == b"slowly\r\n"
        echo.signals(number)
        assert idle.file.read() == b"BYE\r\n"
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", echo.port), 5)
        assert busy.file.read() == b"done\r\nBYE\r\n"
    assert echo.status() == 0
    assert "Error" not in echo.tail()
    assert "Critical" not in echo.tail()
