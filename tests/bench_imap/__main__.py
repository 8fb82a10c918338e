"""The benchmark: both servers filled with the same messages, every row measured in turn, and held to its aim."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench import measure
from tests.bench_imap import idle
from tests.bench_imap.client import Client
from tests.bench_imap.corpus import mail
from tests.bench_imap.idle import Idle
from tests.bench_imap.peers import HOST, Ours, Peer, Theirs, entered, settled
from tests.bench_imap.rows import FEW, FOLDER, ROWS, Row
from tests.servers.certificates import Authority
from tests.servers.process import ServerError
from tests.servers.system import directory

IDLE_KILOBYTES = 25.0  # that an idle connection may take, on the way to the 12 of a hibernated one
NAME = 36  # characters of the first column


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds at the median; cold is one go after a start. CPU is the server’s for one warm go.

    Not told where the server also prepares what is measured.
    """

    warm: float
    cold: float | None
    cpu: float | None


def main() -> int:
    options = _options()
    with ExitStack() as stack:
        place = directory("bench-imap")
        if not options.keep:
            stack.callback(shutil.rmtree, place, ignore_errors=True)
        try:
            certificate = Authority(place / "ca").issue("dovecot", HOST)
            theirs = Theirs(place / "dovecot", certificate, options.idle)
            ours = Ours(place / "ours", certificate, options.idle)
            stack.enter_context(theirs.running())
            stack.enter_context(ours.running())
            asyncio.run(_report(theirs, ours, options))
        except ServerError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make bench-imap", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="in the mailbox")
    parser.add_argument(
        "--idle", type=int, default=1000, help="connections that do nothing; 0: leave that out"
    )
    parser.add_argument(
        "--only", default="", help="the rows whose names hold one of these, separated by commas"
    )
    parser.add_argument("--no-cold", action="store_true", help="leave out what starts the servers anew")
    parser.add_argument("--keep", action="store_true", help="leave the servers' files where they are")
    return parser.parse_args()


async def _report(theirs: Theirs, ours: Ours, options: argparse.Namespace) -> None:
    busy, start = measure.busy(), time.monotonic()
    for peer in (theirs, ours):
        await _fill(peer, options.messages)
    wanted = options.only.lower().split(",")
    rows = [row for row in ROWS if any(word in row.name.lower() for word in wanted)]
    print(
        f"\n{'milliseconds':{NAME}}{'Dovecot':>17}{'ours':>18}{'ours/Dovecot':>19}{'aim':>7}{'CPU D':>8}{'CPU':>7}\n"
        f"{'':{NAME}}{'cold':>9}{'warm':>8}{'cold':>10}{'warm':>8}{'cold':>11}{'warm':>8}{'':7}{'ms':>8}{'ms':>7}"
    )
    for row in rows:
        figures = await _measured(row, (theirs, ours), options)
        print(_line(row, *figures), flush=True)
    if options.idle:
        await _idle(theirs, ours, options.idle)
    cores = (measure.busy() - busy) / (time.monotonic() - start)
    print(
        f"\n{cores:.1f} of {os.cpu_count()} cores were busy on the whole; others' work counts in these times."
    )


async def _fill(peer: Peer, count: int) -> None:
    start = time.monotonic()
    client = await entered(peer)
    await client.ask(b"CREATE %b" % FOLDER)
    for first in range(0, count, FEW):
        await client.append([mail(number) for number in range(first, min(first + FEW, count))])
    client.close()
    filled = time.monotonic() - start
    await settled(peer)
    print(
        f"{peer.name}: {count} messages stored in {filled:.0f} s, at rest after {time.monotonic() - start:.0f} s"
    )


async def _measured(row: Row, peers: tuple[Peer, ...], options: argparse.Namespace) -> list[Figures]:
    cold = [await _cold(row, peer, options) for peer in peers]
    clients = [await _selected(peer, row) for peer in peers]
    for peer, client in zip(peers, clients, strict=True):
        await row.run(peer, client, options.messages)
    spans: list[list[float]] = [[] for _ in peers]
    used = [0.0] * len(peers)
    for _ in range(row.times):  # in turn, so that others' work meets both
        for number, (peer, client) in enumerate(zip(peers, clients, strict=True)):
            before = measure.cpu(peer.pid)
            spans[number].append(await row.run(peer, client, options.messages))
            used[number] += measure.cpu(peer.pid) - before
    for client in clients:
        client.close()
    return [
        Figures(statistics.median(found), first, cpu * 1e3 / row.times if row.cold else None)
        for found, first, cpu in zip(spans, cold, used, strict=True)
    ]


async def _cold(row: Row, peer: Peer, options: argparse.Namespace) -> float | None:
    if not row.cold or options.no_cold:
        return None
    peer.cold()
    client = await _selected(peer, row)
    took = await row.run(peer, client, options.messages)
    client.close()
    return took


async def _selected(peer: Peer, row: Row) -> Client:
    """A connection in the mailbox, unless it is entering the mailbox that is measured."""
    client = await entered(peer)
    if row.name != "SELECT":
        await client.ask(b"SELECT INBOX")
    return client


def _line(row: Row, theirs: Figures, ours: Figures) -> str:
    cold = ours.cold / theirs.cold if ours.cold is not None and theirs.cold else None
    warm = ours.warm / theirs.warm
    met = ours.warm <= row.most if row.most is not None else warm <= row.aim
    if row.cold_aim is not None and cold is not None:
        met = met and cold <= row.cold_aim
    aim = f"{row.most:.0f} ms" if row.most is not None else f"{row.aim:.2f}"
    return (
        f"{row.name:{NAME}}{_shown(theirs.cold, 9)}{_shown(theirs.warm, 8)}{_shown(ours.cold, 10)}{_shown(ours.warm, 8)}"
        f"{_shown(cold, 11, 2)}{warm:8.2f}{aim:>7}{_shown(theirs.cpu, 8)}{_shown(ours.cpu, 7)}  {'met' if met else 'MISSED'}"
    )


def _shown(value: float | None, width: int, digits: int = -1) -> str:
    if value is None:
        return " " * width
    return f"{value:{width}.{digits if digits >= 0 else 2 if value < 10 else 1 if value < 100 else 0}f}"


async def _idle(theirs: Theirs, ours: Ours, count: int) -> None:
    found: dict[str, tuple[Idle, Idle]] = {}
    with theirs.hibernating():
        await idle.filled(theirs, count)
        their_one, their_own = await idle.one_mailbox(theirs, count), await idle.own_mailboxes(theirs, count)
    await idle.filled(ours, count)
    await settled(ours)
    ours.cold()
    our_one = await idle.one_mailbox(ours, count)
    ours.cold()
    our_own = await idle.own_mailboxes(ours, count)
    found = {"in one mailbox": (their_one, our_one), "in a mailbox each": (their_own, our_own)}
    print(f"\n{f'{count} idle connections':{NAME}}{'Dovecot, hibernated':>27}{'ours':>20}")
    for where, (their, our) in found.items():
        met = "met" if our.kilobytes <= IDLE_KILOBYTES else "MISSED"
        told = "".join(f"{each.kilobytes:14.1f} kB{each.cpu:6.2f} s/min" for each in (their, our))
        print(f"{where:{NAME}}{told}   aim {IDLE_KILOBYTES:.0f} kB  {met}")


if __name__ == "__main__":
    sys.exit(main())
