"""What a browser, a proxy or an attacker may do with a connection, and for how long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from webmail.http import protocol
from webmail.http.protocol import limited


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = f"{scope['method']} {size}".encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}
    )
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(max_sessions: int = 10, idle: int = 5) -> AsyncIterator[int]:
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            reads_all,
            http=limited(max_sessions),
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=idle,
            timeout_graceful_shutdown=1,
        )
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(server._serve([bound]))
        while not server.started:  # noqa: ASYNC110  uvicorn tells it so
            await asyncio.sleep(0.01)
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True


async def says(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send the pieces; what the server answers until it closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(_heard(reader))
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer.result()


async def _heard(reader: asyncio.StreamReader) -> bytes:
    heard = b""
    with contextlib.suppress(TimeoutError, ConnectionError):
        while chunk := await asyncio.wait_for(reader.read(65536), 2):
            heard += chunk
            if heard.partition(b"\r\n\r\n")[2]:
                break
    return heard


def test_a_request_in_any_pieces_is_answered() -> None:
    async def talk() -> None:
        async with serving() as port:
            request = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            assert (await says(port, request)).endswith(b"POST 5")
            assert (await says(port, *(request[i : i + 1] for i in range(len(request))))).endswith(b"POST 5")

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, b"431"),
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00", b"400"),  # TLS spoken to the plain port
    ],
)
def test_an_oversized_or_senseless_head_is_refused(request_: bytes, status: bytes) -> None:
    async def talk() -> None:
        async with serving() as port:
            assert (await says(port, request_)).startswith(b"HTTP/1.1 " + status)
            assert b"200 OK" in await says(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    asyncio.run(talk())


def test_a_head_that_trickles_is_cut_off_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)

    async def talk() -> None:
        async with serving() as port:
            pieces = [b"GET / HTTP/1.1\r\n", *(b"X: y\r\n" for _ in range(20))]
            assert (await says(port, *pieces, pause=0.1)).startswith(b"HTTP/1.1 408")

    asyncio.run(talk())


def test_a_body_that_stalls_is_cut_off_but_a_slow_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "BODY_STALL_SECONDS", 0.4)

    async def talk() -> None:
        async with serving() as port:
            head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n"
            assert await says(port, head, b"ab") == b""
            assert (await says(port, head, *[b"a"] * 8, pause=0.2)).endswith(b"POST 8")

    asyncio.run(talk())


def test_one_connection_too_many_is_told_so_and_the_others_live() -> None:
    async def talk() -> None:
        async with serving(max_sessions=2) as port:
            kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await asyncio.sleep(0.1)
            assert (await says(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).startswith(b"HTTP/1.1 503")
            reader, writer = kept[0]
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            for _, open_writer in kept:
                open_writer.close()
                await open_writer.wait_closed()

    asyncio.run(talk())


def test_an_idle_connection_is_dropped_after_its_time() -> None:
    async def talk() -> None:
        async with serving(idle=1) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await asyncio.wait_for(reader.read(), 3) == b""
            writer.close()

    asyncio.run(talk())


def test_fields_behind_a_body_without_end_are_cut_off() -> None:
    async def talk() -> None:
        async with serving() as port:
            head = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            assert (await says(port, head + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n")).endswith(b"POST 5")
            assert await says(port, head + b"0\r\nX: ", *[b"y" * 16_384] * 20, b"\r\n\r\n") == b""
            small = b"1\r\na\r\n" * 40_000  # more around a body than in it is no crime
            assert (await says(port, head + small + b"0\r\n\r\n")).endswith(b"POST 40000")

    asyncio.run(talk())
