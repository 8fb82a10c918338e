"""What connections that do nothing cost: memory of each, and the processor's time of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.bench import measure
from tests.bench_imap.client import Client
from tests.bench_imap.corpus import mail
from tests.bench_imap.peers import CROWD, PERSON, Peer, entered, settled

AT_ONCE = 20  # who connect at the same time
WATCHED_SECONDS = 5.0  # in which the processor's time is counted
OWN = 10  # messages in a mailbox of one's own


@dataclass(frozen=True, slots=True)
class Idle:
    """Kilobytes (PSS) for each connection more, and seconds of CPU in a minute for all."""

    kilobytes: float
    cpu: float


async def filled(peer: Peer, count: int) -> None:
    """Give everybody in the crowd some messages."""
    mails = [mail(number) for number in range(OWN)]

    async def fill(number: int) -> None:
        client = await entered(peer, CROWD.format(number))
        await client.append(mails)
        client.close()

    await _each(fill, range(count))


async def one_mailbox(peer: Peer, count: int) -> Idle:
    return await _idle(peer, [PERSON] * count)


async def own_mailboxes(peer: Peer, count: int) -> Idle:
    return await _idle(peer, [CROWD.format(number) for number in range(count)])


async def _idle(peer: Peer, names: Sequence[str]) -> Idle:
    clients: list[Client] = []

    async def enter(number: int) -> None:
        client = await entered(peer, names[number], number)
        await client.ask(b"SELECT INBOX")
        await client.idle()
        clients.append(client)

    first = len(names) // 5  # with these comes what is needed once: threads, caches with a limit
    await _each(enter, range(first))
    await settled(peer)
    before = measure.memory(peer.pid)
    await _each(enter, range(first, len(names)))
    await settled(peer)  # a hibernating server has put all connections aside then
    memory = measure.memory(peer.pid) - before
    used = measure.cpu(peer.pid)
    await asyncio.sleep(WATCHED_SECONDS)
    used = measure.cpu(peer.pid) - used
    for client in clients:
        client.close()
    await asyncio.sleep(1)  # both notice
    return Idle(memory / (len(names) - first) / 1000, used * 60 / WATCHED_SECONDS)


async def _each(work: Callable[[int], Awaitable[None]], numbers: range) -> None:
    """Do it for every number, AT_ONCE at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            await work(number)

    await asyncio.gather(*map(one, numbers))
