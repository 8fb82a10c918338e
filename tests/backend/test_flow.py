"""Much data: long answers, slow readers, the event loop that the product runs in."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import uvloop

from tests.backend.impostor import ROW, SELECT, Impostor
from tests.backend.talk import at, box, config, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.certificates import Authority
from tests.servers.mailbox import fill
from webmail.errors import Unavailable
from webmail.http.backend.cache import MAX_ROWS_OF_ONE, Cache, Window
from webmail.http.backend.listing import NEWS, row
from webmail.http.backend.model import Summary
from webmail.http.backend.session import Session, merged
from webmail.wire.imap_commands import fetch
from webmail.wire.imap_replies import Fetch, Part
from webmail.wire.imap_sets import SequenceSet


async def all_flags(session: Session) -> int:
    await session.select("INBOX")
    every = SequenceSet(((1, session.connection.heard.exists),))
    return len(merged(await session.ask(fetch(every, NEWS, uid=False))))


def test_the_flags_of_3500_messages_in_one_answer(run: Run, dovecot_a: Backend) -> None:
    """Our library's own reader recursed once per line and died beyond 980."""
    name = dovecot_a.spare().name
    fill(dovecot_a, name, (mail(f"n{n}") for n in range(3500)))

    async def talk() -> None:
        async with box(dovecot_a, name) as it:
            await it._lease.work("INBOX", all_flags)
            began = time.process_time()
            assert await it._lease.work("INBOX", all_flags) == 3500
            assert time.process_time() - began < 1
            page = await it.page("INBOX", 70)
            assert [row.subject for row in page.rows] == [f"n{n}" for n in range(49, -1, -1)]

    run(talk())


def test_a_backend_that_does_not_read_stops_an_append(run: Run) -> None:
    """Blocks are taken only as fast as they leave; nothing piles up in memory."""
    taken = 0

    def blocks() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield bytes(65536)

    async def talk() -> None:
        done = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
            while (line := await reader.readline()) and b"APPEND" not in line:
                writer.write(line.split()[0] + b" OK [CAPABILITY IMAP4rev1] done\r\n")
            writer.write(b"+ go\r\n")
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await done.wait()
            writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, pool(at("127.0.0.1", port, timeout=1)) as made:
            with pytest.raises(Unavailable):
                async with made.lease(person("ann")) as it:
                    await it.append("Sent", 1000 * 65536, blocks())
            assert taken < 200
            done.set()
            await asyncio.sleep(0.01)

    run(talk())


def test_a_long_append_may_take_longer_than_one_answer(run: Run, dovecot_a: Backend) -> None:
    """The time limit is for silence, not for a message that flows."""
    name = dovecot_a.spare().name
    content = mail("slow")

    async def talk() -> None:
        async def slowly() -> AsyncIterator[bytes]:
            for start in range(0, len(content), len(content) // 4):
                await asyncio.sleep(0.4)
                yield content[start : start + len(content) // 4]

        async with box(dovecot_a, name, timeout=1) as it:
            began = time.monotonic()
            assert await it.append("Sent", len(content), slowly())
            assert time.monotonic() - began > 1.5

    run(talk())


@pytest.mark.parametrize("lacking", ["", "BINARY"])
def test_parts_are_decoded_by_the_server_or_by_us(run: Run, dovecot_a: Backend, lacking: str) -> None:
    name = dovecot_a.spare().name
    encoded = b"\r\n".join([b"aGVsbG8gd29ybGQhISEhIQ==" if n == 3999 else b"QUJD" * 19 for n in range(4000)])
    wanted = b"ABC" * 19 * 3999 + b"hello world!!!!!"
    fill(
        dovecot_a,
        name,
        [
            mail("b", "", Content_Type="application/octet-stream", Content_Transfer_Encoding="base64")
            + encoded
        ],
    )
    who = person(name, dovecot_a.host)

    async def talk() -> None:
        async with pool(config(dovecot_a, ignorecapabilities=lacking)) as made:
            async with made.lease(who) as it:
                page = await it.page("INBOX")
                message = await it.open("INBOX", page.uidvalidity, page.rows[0].uid)
                assert await it.part_bytes(message, message.structure, 1000) == wanted[:1000]
                assert await it.part_bytes(message, message.structure, 10**9) == wanted
            place = ("INBOX", page.uidvalidity, page.rows[0].uid)
            for window in (1000, 4096, len(wanted), 10**6):
                blocks = made.part_blocks(who, *place, message.structure, window)
                assert b"".join([block async for block in blocks]) == wanted

    run(talk())


def test_an_encoding_that_the_server_does_not_know(run: Run) -> None:
    def answer(command: str) -> bytes:
        if "BINARY" in command:
            return b"%tag NO [UNKNOWN-CTE] what is that\r\n"
        if "BODY.PEEK[1]" in command:
            return b"* 1 FETCH (UID 5 BODY[1]<0> {8}\r\naGVsbG8=)\r\n%tag OK done\r\n"
        return (
            b"* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 9 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE "
            b'("APPLICATION" "X" NIL NIL NIL "BASE64" 8 NIL NIL NIL NIL))\r\n%tag OK done\r\n'
        )

    async def talk() -> None:
        async with (
            Impostor({"UID FETCH": answer}, capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR BINARY") as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(person("ann")) as it,
        ):
            message = await it.open("INBOX", 7, 5)
            assert await it.part_bytes(message, message.structure, 100) == b"hello"

    run(talk())


@pytest.mark.parametrize(
    "encoded", ["QUJD\r\n-- footer of a mailing list\r\n", "QUJD=====QUJD", "QU!JD\r\nzzz"]
)
def test_damaged_base64_that_the_server_refuses_to_decode(run: Run, dovecot_a: Backend, encoded: str) -> None:
    """NO [PARSE] for BINARY: then we take what can be taken."""
    name = dovecot_a.spare().name
    content = mail("d", encoded, Content_Type="application/x", Content_Transfer_Encoding="base64")
    fill(dovecot_a, name, [content])

    async def talk() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            message = await it.open("INBOX", page.uidvalidity, page.rows[0].uid)
            assert (await it.part_bytes(message, message.structure, 1000)).startswith(b"ABC")

    run(talk())


def test_a_server_that_gives_up_decoding_midway(run: Run) -> None:
    plain = bytes(range(256)) * 40
    encoded = base64.b64encode(plain)

    def answer(command: str) -> bytes:
        found = re.search(r"(BODY|BINARY)\.PEEK\[1\]<(\d+)\.(\d+)>", command)
        if found is None:
            return ROW
        how, start, count = found[1], int(found[2]), int(found[3])
        if how == "BINARY" and start >= 4000:
            return b"%tag NO [PARSE] damaged\r\n"
        piece = (plain if how == "BINARY" else encoded)[start : start + count]
        head = f"* 1 FETCH (UID 5 {how}[1]<{start}> {{{len(piece)}}}\r\n".encode()
        return head + piece + b")\r\n%tag OK done\r\n"

    async def talk() -> None:
        capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR BINARY"
        part = Part(section="1", type="application", subtype="x", encoding="base64")
        async with (
            Impostor({"UID FETCH": answer}, capabilities=capabilities) as server,
            pool(at("127.0.0.1", server.port)) as made,
        ):
            blocks = made.part_blocks(person("ann"), "INBOX", 7, 5, part, 1000)
            assert b"".join([block async for block in blocks]) == plain

    run(talk())


def test_the_product_s_event_loop_with_tls(dovecot_a: Backend, certificates: Authority) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one")])
    settings = config(dovecot_a, imapport=dovecot_a.imaps, imapssl="yes", imapcafile=certificates.ca)
    content = mail("two") + b"x" * 5_000_000

    async def talk() -> None:
        who = person(name, dovecot_a.host)
        async with asyncio.timeout(30), pool(settings) as made:
            async with made.lease(who) as it:
                assert await it.append("INBOX", len(content), [content[:100], content[100:]])
                page = await it.page("INBOX")
                assert [row.subject for row in page.rows] == ["two", "one"]
            blocks = made.source_blocks(who, "INBOX", page.uidvalidity, page.rows[0].uid)
            assert b"".join([block async for block in blocks]) == content

    uvloop.run(talk())


def summary(uid: int) -> Summary:
    return row(Fetch(seq=1, uid=uid, flags=()))


def test_the_cache_is_bounded() -> None:
    cache = Cache(limit=3000)
    for mailbox in range(10):
        key = ("h", "ann", f"m{mailbox}", 1)
        for start in range(1, 5000, 50):
            rows = [summary(uid) for uid in range(start, start + 50)]
            cache.keep_rows(key, rows, Window("stamp", start, tuple(it.uid for it in rows)))
        assert len(cache.shelf(key).rows) <= MAX_ROWS_OF_ONE
        assert len(cache) <= 3000
    newest = cache.shelf(("h", "ann", "m9", 1))
    assert newest.uids("stamp", 4951, 5000) == tuple(range(4951, 5001))
    assert newest.uids("other stamp", 4951, 5000) is None
    assert newest.uids("stamp", 4951, 4999) is None
    cache.forget("h", "ann")
    assert len(cache) == 0


def test_nothing_of_another_uidvalidity_comes_out_of_the_cache(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(person("ann")) as it:
                await it.page("INBOX")
                server.answers["SELECT"] = SELECT.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8")
                await it.page("Other")
                assert (await it.page("INBOX")).uidvalidity == 8
            assert [("ENVELOPE" in it) for it in server.commands if it.startswith("FETCH")] == [True] * 3

    run(talk())
