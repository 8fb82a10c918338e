"""A connection, its client well-behaved, slow, flooding, gone."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.server.talk import both, run, until
from webmail.server import stream as streams
from webmail.server.errors import Ending, Gone, LineTooLong, Silent, Stalled
from webmail.server.stream import BLOCK, READ_HIGH, WRITE_HIGH, host


def test_lines_and_literals_come_as_they_were_sent() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            said = b"a1 APPEND {5}\r\nhe\r\no END\r\nbare\n"
            client.says(said)
            assert await stream.line(100, idle=5) == b"a1 APPEND {5}"
            assert await stream.octets(5) == b"he\r\no"
            assert await stream.line(100) == b" END"
            assert await stream.line(100, idle=5) == b"bare"
            assert stream.received == len(said)
            stream.writelines([b"* OK", b" done\r\n"])
            await stream.drain()
            assert await client.hears() == b"* OK done\r\n"
            assert stream.sent == 11
            assert (stream.peer, stream.local, stream.tls, stream.cipher_bits) == ("127.0.0.1",) * 2 + (
                None,
                0,
            )

    run(talk)


def test_a_literal_larger_than_any_buffer_comes_in_blocks() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            size = 20 * 1024 * 1024
            client.says(b"x" * size + b"after\r\n")
            seen = 0
            async for block in stream.blocks(size):
                assert 0 < len(block) <= BLOCK
                seen += len(block)
                assert len(stream._incoming) <= READ_HIGH + BLOCK
            assert seen == size
            assert await stream.line(100) == b"after"

    run(talk)


def test_the_rest_of_a_literal_can_be_discarded() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"x" * 100_000)
            literal = stream.blocks(200_000)
            await anext(literal)
            client.says(b"y" * 100_000 + b"next\r\n")
            await literal.discard()
            assert literal.left == 0
            assert await stream.line(100) == b"next"
            client.says(b"zzz\r\n")
            await stream.discard(2)
            assert await stream.line(100) == b"z"

    run(talk)


def test_a_line_too_long_is_skipped_and_the_next_one_read() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"a1 NOOP " + b"x" * 300_000 + b"\r\na2 NOOP\r\n")
            with pytest.raises(LineTooLong) as told:
                await stream.line(8192, idle=5)
            assert told.value.head.startswith(b"a1 NOOP")
            assert await stream.line(8192, idle=5) == b"a2 NOOP"

    run(talk)


def test_cancelling_a_wait_loses_no_octet() -> None:
    """An idling client waits for a line and for news at once; whoever loses is cancelled, often."""
    text = b"".join(b"line %d\r\n" % number for number in range(300))

    async def talk() -> None:
        async with both() as (stream, client):

            async def trickles() -> None:
                for at in range(0, len(text), 7):
                    client.says(text[at : at + 7])
                    await asyncio.sleep(0.0003)

            async with asyncio.TaskGroup() as group:
                group.create_task(trickles())
                lines: list[bytes] = []
                while len(lines) < 300:
                    try:
                        async with asyncio.timeout(0.0005):
                            lines.append(await stream.line(100, idle=5))
                    except TimeoutError:
                        continue
            assert lines == [b"line %d" % number for number in range(300)]

    run(talk)


def test_input_returns_for_octets_and_for_news() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            stream.wake()  # before anybody waits: not lost
            assert await stream.input(5) is False
            asyncio.get_running_loop().call_later(0.05, stream.wake)
            assert await stream.input(5) is False
            client.says(b"DONE\r\n")
            assert await stream.input(5) is True
            assert await stream.line(100) == b"DONE"
            with pytest.raises(Silent):
                await stream.input(0.05)

    run(talk)


def test_the_service_ends_a_conversation_only_between_commands() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            waiting = asyncio.ensure_future(stream.line(100, idle=60))
            await asyncio.sleep(0.01)
            stream.end()
            with pytest.raises(Ending):
                await waiting
            client.says(b"the rest\r\n")
            assert await stream.line(100) == b"the rest"
            with pytest.raises(Ending):
                await stream.input(60)

    run(talk)


def test_silence_between_commands_is_idleness() -> None:
    async def talk() -> None:
        async with both() as (stream, _):
            with pytest.raises(Silent):
                await stream.line(100, idle=0.05)

    run(talk)


def test_a_line_of_an_octet_at_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LINE_SECONDS", 0.3)

    async def talk() -> None:
        async with both() as (stream, client):

            async def drips() -> None:
                while True:
                    client.says(b"x")
                    await asyncio.sleep(0.02)

            dripping = asyncio.ensure_future(drips())
            with pytest.raises(Silent):
                await stream.line(100, idle=60)
            dripping.cancel()
            client.says(b"\r\nquick\r\n" * 2)
            await asyncio.sleep(0.35)  # the next line has a time of its own
            await stream.line(100, idle=60)
            assert await stream.line(100, idle=60) == b"quick"

    run(talk)


def test_a_literal_of_an_octet_at_a_time_is_cut_off_and_a_slow_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "LITERAL_SECONDS", 0.3)

    async def talk() -> None:
        async with both() as (stream, client):

            async def drips(octets: bytes, times: int) -> None:
                for _ in range(times):
                    client.says(octets)
                    await asyncio.sleep(0.05)

            dripping = asyncio.ensure_future(drips(b"x" * 100, 20))  # 2,000 octets a second
            assert len(await stream.octets(2000)) == 2000
            await dripping
            dripping = asyncio.ensure_future(drips(b"x", 20))  # 20
            with pytest.raises(Silent):
                await stream.octets(2000)
            await dripping

    run(talk)


def test_who_stops_reading_is_cut_off_and_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CLOSE_SECONDS", 0.1)

    async def talk() -> None:
        async with both() as (stream, client):
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]

            async def sends() -> None:
                for _ in range(10_000):
                    stream.write(b"x" * 8192)
                    await stream.drain(0.3)
                    assert stream._transport.get_write_buffer_size() <= WRITE_HIGH + 8192

            with pytest.raises(Stalled):
                await sends()
            await stream.close()
            with pytest.raises(Gone):
                await stream.drain()

    run(talk)


def test_close_does_not_wait_for_who_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CLOSE_SECONDS", 0.2)

    async def talk() -> None:
        async with both() as (stream, client):
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            stream.write(b"x" * 30_000_000)
            begun = asyncio.get_running_loop().time()
            await stream.close()
            await asyncio.sleep(0)
            assert asyncio.get_running_loop().time() - begun < 1
            assert stream._lost

    run(talk)


def test_close_lets_the_last_words_through() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            stream.write(b"x" * 3_000_000 + b"* BYE\r\n")
            heard = asyncio.ensure_future(client.hears_all())
            await stream.close()
            assert (await heard).endswith(b"* BYE\r\n")

    run(talk)


def test_what_nobody_reads_does_not_grow() -> None:
    async def talk() -> None:
        async with both() as (stream, client):

            async def floods() -> None:
                while True:
                    client.says(b"NOOP\r\n" * 10_000)
                    await client.writer.drain()

            flooding = asyncio.ensure_future(floods())
            await until(lambda: stream._paused)
            await asyncio.sleep(0.1)  # nothing more comes in
            held = len(stream._incoming)
            assert READ_HIGH <= held < READ_HIGH + BLOCK
            for _ in range(50_000):
                assert await stream.line(100, idle=5) == b"NOOP"
            flooding.cancel()

    run(talk)


def test_who_has_stopped_sending_still_hears_the_answers() -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            client.says(b"a1 NOOP\r\nhalf a line")
            client.writer.write_eof()
            await asyncio.sleep(0.05)
            assert await stream.line(100, idle=5) == b"a1 NOOP"
            stream.write(b"a1 OK\r\n")
            await stream.drain()
            with pytest.raises(Gone):
                await stream.line(100, idle=5)
            await stream.close()
            assert await client.hears_all() == b"a1 OK\r\n"

    run(talk)


@pytest.mark.parametrize("verb", ["line", "input", "octets", "drain"])
def test_a_reset_is_told_to_whoever_waits(verb: str) -> None:
    async def talk() -> None:
        async with both() as (stream, client):
            waits: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
                "line": lambda: stream.line(100, idle=5),
                "input": lambda: stream.input(5),
                "octets": lambda: stream.octets(5),
                "drain": lambda: stream.drain(5),
            }
            if verb == "drain":
                stream.write(b"x" * 30_000_000)
            waiting = asyncio.ensure_future(waits[verb]())
            await asyncio.sleep(0.02)
            kernel = client.writer.get_extra_info("socket")
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.writer.transport.abort()
            with pytest.raises(Gone):
                await waiting
            stream.write(b"into the void")

    run(talk)


def test_small_answers_are_not_held_back() -> None:
    async def talk() -> None:
        async with both() as (stream, _):
            kernel = stream._transport.get_extra_info("socket")
            assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(talk)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (("192.0.2.1", 143), "192.0.2.1"),
        (("::ffff:192.0.2.1", 143, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 143, 0, 2), "fe80::1"),
        (("2001:db8::1", 143, 0, 0), "2001:db8::1"),
        ("", "local"),
    ],
)
def test_an_address_is_shown_as_people_write_it(name: object, shown: str) -> None:
    assert host(name) == shown
