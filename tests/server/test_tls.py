"""TLS on a connection: from the start, after STARTTLS, and what an attacker sends ahead of it."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme

from tests.server.talk import both, run, until
from webmail.server import stream as streams
from webmail.server.errors import Gone


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ours(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.fixture
def theirs(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_after_starttls_everything_is_encrypted(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"a1 STARTTLS\r\n")
            assert await stream.line(100, idle=5) == b"a1 STARTTLS"

            async def follows() -> None:
                assert await client.hears() == b"a1 OK\r\n"
                await client.starts_tls(theirs)
                client.says(b"a2 NOOP\r\n")

            async with asyncio.TaskGroup() as group:
                group.create_task(follows())
                await stream.start_tls(ours, b"a1 OK\r\n")
                assert await stream.line(100, idle=5) == b"a2 NOOP"
            assert stream.tls is not None
            assert stream.cipher_bits >= 128
            assert stream.peer_certificate is None
            heard = asyncio.ensure_future(client.hears_all())
            stream.write(b"x" * 1_000_000)
            await stream.drain()
            await stream.close()
            assert len(await heard) == 1_000_000

    run(talk)


def test_what_was_sent_ahead_of_tls_is_dropped(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
    """CVE-2011-0411: a man in the middle had his command run as the victim's."""

    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"a1 STARTTLS\r\na2 LOGIN mallory secret\r\na3 half a li")
            assert await stream.line(100, idle=5) == b"a1 STARTTLS"

            async def follows() -> None:
                assert await client.hears() == b"a1 OK\r\n"
                await client.starts_tls(theirs)
                client.says(b"a2 NOOP\r\n")

            async with asyncio.TaskGroup() as group:
                group.create_task(follows())
                await stream.start_tls(ours, b"a1 OK\r\n")
                assert await stream.line(100, idle=5) == b"a2 NOOP"

    run(talk)


def test_a_client_that_shows_a_certificate_is_known_by_it(
    authority: trustme.CA, ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    authority.issue_cert("alice@example.test").configure_cert(theirs)

    async def talk() -> None:
        async with both() as (stream, client):
            async with asyncio.TaskGroup() as group:
                group.create_task(client.starts_tls(theirs))
                await stream.start_tls(ours)
            assert stream.peer_certificate
            assert ("email", "alice@example.test") in stream.peer_certificate["subjectAltName"]

    run(talk)


def test_garbage_instead_of_a_handshake_ends_the_connection(ours: ssl.SSLContext) -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises(Gone, match="TLS"):
                await stream.start_tls(ours)
            with pytest.raises(Gone):
                await stream.line(100, idle=5)

    run(talk)


def test_a_handshake_that_stalls_is_cut_off(ours: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HANDSHAKE_SECONDS", 0.2)

    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"\x16\x03\x01")
            with pytest.raises(Gone, match="TLS"):
                await stream.start_tls(ours)

    run(talk)


def test_a_cancelled_handshake_leaves_no_connection(ours: ssl.SSLContext) -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            shaking = asyncio.ensure_future(stream.start_tls(ours))
            await asyncio.sleep(0.05)
            shaking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await shaking
            assert await client.hears_all() == b""

    run(talk)


def test_who_floods_over_tls_or_stops_reading_is_held_back(
    ours: ssl.SSLContext, theirs: ssl.SSLContext
) -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            async with asyncio.TaskGroup() as group:
                group.create_task(client.starts_tls(theirs))
                await stream.start_tls(ours)

            async def floods() -> None:
                while True:
                    client.says(b"NOOP\r\n" * 10_000)
                    await client.writer.drain()

            flooding = asyncio.ensure_future(floods())
            await until(lambda: stream._paused)
            await asyncio.sleep(0.1)  # nothing more comes in
            assert len(stream._incoming) < streams.READ_HIGH + streams.BLOCK
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            while not stream._choked:
                stream.write(b"* OK\r\n" * 1000)
                await asyncio.sleep(0)
            assert stream._transport.get_write_buffer_size() <= streams.WRITE_HIGH + 6000
            for _ in range(50_000):
                assert await stream.line(100, idle=5) == b"NOOP"
            flooding.cancel()

    run(talk)
