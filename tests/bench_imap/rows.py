"""What is measured, row by row, and how far ahead of Dovecot each has to be.

`aim` is a part of Dovecot's warm time in the same run. It says where the quickest server we know stands on the
same machine, times 1.5 where that is near enough; so it holds on any machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.bench_imap.client import Client, login, open_client
from tests.bench_imap.corpus import BODY_NEEDLE, SUBJECT_NEEDLE, mail
from tests.bench_imap.peers import HOST, PASSWORD, PERSON, Peer, entered

MANY = 1000  # messages that are copied, expunged, fetched whole at once
FEW = 100  # messages that are fetched one by one, or stored with one command
FOLDER = b"Bench"
NEAR = 1.5  # times the quickest there is, where being near it is enough


@dataclass(frozen=True, slots=True)
class Row:
    """`run` gives milliseconds of one go; `cold_aim` is a part of Dovecot's cold time, `most` is milliseconds."""

    name: str
    run: Callable[[Peer, Client, int], Awaitable[float]]
    aim: float = 1.0
    cold_aim: float | None = None
    most: float | None = None
    times: int = 7
    cold: bool = True


def _command(text: str) -> Callable[[Peer, Client, int], Awaitable[float]]:
    """A command as it stands, `newest` and `many` being numbers of messages."""

    async def run(_peer: Peer, client: Client, count: int) -> float:
        return await client.ask(text.format(newest=max(1, count - 49), many=min(MANY, count)).encode())

    return run


async def _one_by_one(_peer: Peer, client: Client, count: int) -> float:
    return sum([await client.ask(b"FETCH %d BODY.PEEK[]" % (n * 37 % count + 1)) for n in range(FEW)])


async def _enter(peer: Peer, _client: Client, _count: int) -> float:
    """Connect, sign in with one's own password, select, leave."""
    start = time.perf_counter()
    client = await open_client(HOST, peer.port)
    await client.ask(login(PERSON, PASSWORD))
    await client.ask(b"SELECT INBOX")
    took = time.perf_counter() - start
    client.close()
    return took * 1e3


async def _append(_peer: Peer, client: Client, count: int) -> float:
    """Milliseconds for each of FEW messages."""
    mails = [mail(count + number) for number in range(FEW)]
    return sum([await client.append([each], FOLDER) for each in mails]) / FEW


async def _multiappend(_peer: Peer, client: Client, count: int) -> float:
    return await client.append([mail(count + number) for number in range(FEW)], FOLDER) / FEW


async def _copy(_peer: Peer, client: Client, count: int) -> float:
    return await client.ask(b"COPY 1:%d %b" % (min(MANY, count), FOLDER))


async def _expunge(peer: Peer, _client: Client, count: int) -> float:
    """MANY messages that were stored for this, not copied: their bodies go too."""
    client = await entered(peer)
    await client.ask(b"CREATE Gone")
    for start in range(0, MANY, FEW):
        await client.append([mail(count + number) for number in range(start, start + FEW)], b"Gone")
    await client.ask(b"SELECT Gone")
    await client.ask(b"STORE 1:* +FLAGS.SILENT (\\Deleted)")
    took = await client.ask(b"EXPUNGE")
    await client.ask(b"CLOSE")
    await client.ask(b"DELETE Gone")
    client.close()
    return took


async def _push(peer: Peer, client: Client, count: int) -> float:
    """From the first octet of an APPEND to the EXISTS that an idling client hears."""
    watcher = await entered(peer)
    await watcher.ask(b"SELECT %b" % FOLDER)
    await watcher.idle()
    heard = watcher.expect(b"* ")
    start = time.perf_counter()
    appending = asyncio.ensure_future(client.append([mail(count)], FOLDER))
    await asyncio.wait_for(heard, 60)
    took = time.perf_counter() - start
    await appending
    await watcher.done()
    watcher.close()
    return took * 1e3


ROWS = (
    Row("SELECT", _command("SELECT INBOX"), 1.0),
    Row("connect, LOGIN, SELECT", _enter, 1.0, cold=False),
    Row("UID FETCH 1:* (FLAGS)", _command("UID FETCH 1:* (FLAGS)"), 0.55 * NEAR),
    Row("FETCH 1:* (ENVELOPE)", _command("FETCH 1:* (ENVELOPE)"), 0.31, 1.0),
    Row("FETCH 1:* (BODYSTRUCTURE)", _command("FETCH 1:* (BODYSTRUCTURE)"), 1.0, 1.0),
    Row(
        "FETCH the newest 50 of all",
        _command("FETCH {newest}:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"),
        1.0,
        1.0,
        times=30,
    ),
    Row("FETCH 1,000 bodies at once", _command("FETCH 1:{many} (BODY.PEEK[])"), NEAR),
    Row("FETCH 100 bodies one by one", _one_by_one, NEAR),
    Row("SEARCH SUBJECT", _command(f"UID SEARCH SUBJECT {SUBJECT_NEEDLE}"), 0.34, 1.0),
    Row("SEARCH TEXT", _command(f"UID SEARCH TEXT {BODY_NEEDLE}"), 0.1, 0.1, times=3),
    Row("SEARCH BODY", _command(f"UID SEARCH BODY {BODY_NEEDLE}"), 0.1, 0.1, times=3),
    Row("SEARCH BODY, a common word", _command("UID SEARCH BODY people"), 0.1, 0.1, times=3),
    Row("SORT (REVERSE ARRIVAL)", _command("UID SORT (REVERSE ARRIVAL) UTF-8 ALL"), 0.34, 1.0),
    Row("SORT (SUBJECT)", _command("UID SORT (SUBJECT) UTF-8 ALL"), 1.0, 1.0),
    Row("THREAD REFERENCES", _command("UID THREAD REFERENCES UTF-8 ALL"), 0.57, 1.0),
    Row("APPEND one by one, each", _append, 0.88 * NEAR, times=5, cold=False),
    Row("MULTIAPPEND of 100, each", _multiappend, NEAR, times=5, cold=False),
    Row("COPY 1,000", _copy, 0.57 * NEAR, times=3, cold=False),
    Row("EXPUNGE 1,000", _expunge, 0.1 * NEAR, times=3, cold=False),
    Row("APPEND to an idling client’s EXISTS", _push, most=10.0, times=15, cold=False),
)
