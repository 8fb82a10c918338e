"""Many clients of one process: each for itself, none too many."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import resource
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.echo import COMMANDS, ECHO, Echo
from tests.server.talk import Client, client, run, until
from tests.servers.certificates import Authority
from webmail.config import of
from webmail.listen import Listener
from webmail.server import connections as module
from webmail.server import stream as streams
from webmail.server.connections import Connections
from webmail.server.process import Process


@dataclass(slots=True)
class Served:
    port: int
    tls_port: int
    process: Process
    connections: Connections


@contextlib.asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[Served]:
    config = of({f"service.imap.{name}": value for name, value in settings.items()})
    log = logging.getLogger("echo")
    log.setLevel(logging.INFO)
    process = Process(lambda: config, ECHO.terms, log)
    with socket.create_server(("127.0.0.1", 0)) as plain, socket.create_server(("127.0.0.1", 0)) as tls:
        async with ECHO.opened(process) as session, asyncio.TaskGroup() as group:
            connections = Connections(process, session, ECHO.busy, group)
            accepting = []
            for listener, secure in ((plain, False), (tls, True)):
                listener.setblocking(False)
                accepting.append(group.create_task(connections.accept(Listener(listener, tls=secure))))
            try:
                yield Served(plain.getsockname()[1], tls.getsockname()[1], process, connections)
            finally:
                for task in accepting:
                    task.cancel()
                await connections.end()


async def met(port: int, context: ssl.SSLContext | None = None) -> Client:
    """A client that has been greeted."""
    made = await client(port, context)
    assert await made.hears() == b"HELLO\r\n"
    return made


async def asked(other: Client, line: bytes) -> bytes:
    other.says(line + b"\r\n")
    return await other.hears()


def test_a_session_that_fails_ends_alone_and_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with serving() as served:
            one, other = await met(served.port), await met(served.port)
            assert await asked(one, b"ECHO") == b"\r\n"
            one.says(b"FAIL\r\n")
            assert await one.hears_all() == b""
            assert await asked(other, b"ECHO still here") == b"still here\r\n"
            other.closes()
            one.closes()

    run(talk)
    assert "[127.0.0.1] the conversation failed" in caplog.text
    assert "ZeroDivisionError: a bug" in caplog.text


def test_the_end_of_a_session_is_logged_as_the_original_does(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with serving() as served:
            one, other = await met(served.port), await met(served.port)
            assert await asked(one, b"WHO alice") == b"you are alice\r\n"
            one.says(b"QUIT\r\n")
            await one.hears_all()
            other.closes()
            one.closes()

    run(talk)
    lines = [record.getMessage() for record in caplog.records if record.name == "echo.Account"]
    stamp = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d 0:00:00"
    assert any(re.fullmatch(rf"close \[127.0.0.1\] \[alice\] {stamp} 17 22", line) for line in lines)
    assert any("[unauthenticated]" in line for line in lines)


def test_one_connection_too_many_is_told_so_and_the_others_live(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with serving(maxsessions="2") as served:
            one, other = await met(served.port), await met(served.port)
            for _ in range(50):
                refused = await client(served.port)
                assert await refused.hears_all() == b"BUSY\r\n"
                refused.closes()
            assert await asked(one, b"ECHO still here") == b"still here\r\n"
            other.closes()
            await until(lambda: served.process.limits.open == 1)
            again = await met(served.port)
            again.closes()
            one.closes()

    run(talk)
    assert len([line for line in caplog.messages if line.startswith("refused [127.0.0.1]")]) <= 2


def test_an_address_has_its_own_limit() -> None:
    async def talk() -> None:
        async with serving(connlimits="127.0.0.1|255.255.255.255:1,0.0.0.0|0.0.0.0:9") as served:
            one = await met(served.port)
            refused = await client(served.port)
            assert await refused.hears_all() == b"BUSY\r\n"
            refused.closes()
            one.closes()

    run(talk)


def test_who_speaks_http_is_not_answered() -> None:
    async def talk() -> None:
        async with serving() as served:
            browser = await met(served.port)
            browser.says(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nECHO a\r\n")
            assert await browser.hears_all() == b""
            browser.closes()

    run(talk)


def test_three_bad_commands_before_signing_in_are_enough() -> None:
    async def talk() -> None:
        async with serving() as served:
            guesser = await met(served.port)
            guesser.says(b"x\r\n" * 10)
            assert await guesser.hears_all() == b"what?\r\n" * 3
            guesser.closes()

    run(talk)


def test_tls_from_the_start_and_on_demand(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    made = authority.issue("echo", "localhost")
    theirs = ssl.create_default_context(cafile=str(authority.ca))

    async def talk() -> None:
        async with serving(sslcertfile=str(made.chain), sslkeyfile=str(made.key)) as served:
            secure = await met(served.tls_port, theirs)
            assert await asked(secure, b"ECHO hidden") == b"hidden\r\n"
            later = await met(served.port)
            assert await asked(later, b"TLS") == b"GO\r\n"
            await later.starts_tls(theirs)
            assert await asked(later, b"ECHO hidden too") == b"hidden too\r\n"
            plain = await client(served.tls_port)
            plain.says(b"ECHO in the clear\r\n")
            assert b"clear" not in await plain.hears_all()
            for each in (secure, later, plain):
                each.closes()

    run(talk)


def test_a_port_for_tls_without_a_certificate_speaks_nothing() -> None:
    async def talk() -> None:
        async with serving() as served:
            plain = await client(served.tls_port)
            assert await plain.hears_all() == b""
            plain.closes()

    run(talk)


def test_who_connects_and_resets_at_once_harms_nobody() -> None:
    def storm(port: int) -> None:
        for _ in range(500):
            with socket.create_connection(("127.0.0.1", port)) as rude:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def talk() -> None:
        async with serving() as served:
            await asyncio.to_thread(storm, served.port)
            one = await met(served.port)
            assert await asked(one, b"ECHO fine") == b"fine\r\n"
            assert served.process.limits.open == 1
            one.closes()

    run(talk)


def test_an_end_says_goodbye_and_lets_commands_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 5.0)

    async def talk() -> None:
        async with serving() as served:
            idle, busy = await met(served.port), await met(served.port)
            assert await asked(busy, b"SLOW") == b"slowly\r\n"
            ending = asyncio.ensure_future(served.connections.end())
            assert await idle.hears_all() == b"BYE\r\n"
            assert await busy.hears_all() == b"done\r\nBYE\r\n"
            await ending
            idle.closes()
            busy.closes()

    run(talk)


def test_an_end_waits_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.2)

    async def talk() -> None:
        async with serving() as served:
            busy = await met(served.port)
            assert await asked(busy, b"SLOW") == b"slowly\r\n"
            await served.connections.end()
            assert await busy.hears_all() == b""
            busy.closes()

    run(talk)


def test_who_stops_reading_slows_nobody_and_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "WRITE_SECONDS", 0.5)

    async def talk() -> None:
        async with serving() as served:
            others = [await met(served.port) for _ in range(20)]
            for other in others:
                other.writer.transport.pause_reading()  # type: ignore[attr-defined]
                other.says(b"SPEW\r\n")
            one = await met(served.port)
            took = []
            for _ in range(100):
                begun = asyncio.get_running_loop().time()
                assert await asked(one, b"ECHO quick") == b"quick\r\n"
                took.append(asyncio.get_running_loop().time() - begun)
                await asyncio.sleep(0.01)
            assert sorted(took)[95] < 0.3  # the machine may have something else to do for a moment
            for other in others:
                other.writer.transport.abort()
            one.closes()

    run(talk)


def test_who_floods_with_commands_slows_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A buffer full of short commands was answered without a pause: everybody else waited for it."""
    answered = 0

    async def count(it: Echo, _: bytes) -> None:
        nonlocal answered
        answered += 1
        it.stream.write(b"counted\r\n")

    monkeypatch.setitem(COMMANDS, b"COUNT", count)

    async def talk() -> None:
        async with serving() as served:
            stop, one = asyncio.Event(), await met(served.port)

            def floods() -> None:
                with socket.create_connection(("127.0.0.1", served.port)) as other:
                    other.setblocking(False)
                    while not stop.is_set():
                        with contextlib.suppress(BlockingIOError):
                            other.send(b"COUNT\r\n" * 10_000)
                        with contextlib.suppress(BlockingIOError):
                            other.recv(1 << 20)

            flooding = asyncio.ensure_future(asyncio.to_thread(floods))
            await until(lambda: answered)
            before_one = []  # commands of the other that were answered before one of ours
            for _ in range(100):
                before = answered
                assert await asked(one, b"ECHO quick") == b"quick\r\n"
                before_one.append(answered - before)
                await asyncio.sleep(0.005)
            stop.set()
            await flooding
            assert sorted(before_one)[50] < 20 * streams.LINES_IN_TURN
            one.closes()

    run(talk)


IDLE = """
import asyncio, resource, sys, uvloop
from tests.server.test_connections import serving

def kilobytes():
    return int(open("/proc/self/statm").read().split()[1]) * 4

async def main():
    async with serving() as served:
        print(served.port, flush=True)
        while (line := await asyncio.to_thread(sys.stdin.readline)).strip() != "end":
            print(kilobytes(), served.process.limits.open, flush=True)

asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
"""


def test_an_idle_connection_costs_a_few_kilobytes() -> None:
    """A thousand of them, all waiting for a command: 9.4 kB each when this was written, of 25 for a session."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    with subprocess.Popen(
        [sys.executable, "-c", IDLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        hears = program.stdout.readline

        def says(line: str) -> None:
            print(line, file=program.stdin, flush=True)

        port = int(hears())
        warm = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        says("how much?")
        before = int(hears().split()[0])
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(1000)]
        for each in clients:
            each.sendall(b"ECHO hello\r\n")
            assert each.makefile("rb").readline() == b"HELLO\r\n"
        says("how much?")
        after, opened = map(int, hears().split())
        says("end")
        for each in (*warm, *clients):
            each.close()
    assert opened == 1050
    assert (after - before) / 1000 < 12
