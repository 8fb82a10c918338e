"""From received bodies to messages in a mailbox: first on the disk, then in one transaction, then told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from webmail.disk import in_thread
from webmail.mail.index import Parsed
from webmail.store import bodies, sweep
from webmail.store.account import Account
from webmail.store.arrival import Arrival
from webmail.store.bodies import Incoming
from webmail.store.transaction import Transaction

AT_ONCE = 8  # bodies of one delivery that are synced side by side

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Received:
    """A body that is whole, and what the mailbox is to say of it; as of Arrival."""

    incoming: Incoming
    flags: tuple[str, ...]
    internaldate: int
    zone: int
    submitter: str | None = None


async def deliver(
    account: Account, received: Sequence[Received], place: Callable[[Transaction, list[Arrival]], T]
) -> T:
    """Run `place(transaction, arrivals)` once the bodies are on the disk; all of them or none are delivered.

    Ends the bodies, whatever happens. Raises what `place` raises; OverQuota if the disk is full.
    """
    try:
        arrivals = await in_thread(_settle, account, received)
        result = await account.write(place, arrivals)
    except asyncio.CancelledError:  # perhaps it is committed: who opens the account next finds out
        _drop(received)
        raise
    except BaseException:
        _drop(received)
        await in_thread(sweep.recover, account)
        raise
    await in_thread(_finish, received)
    account.note_stored()
    return result


def deliver_now(
    account: Account, received: Sequence[Received], place: Callable[[Transaction, list[Arrival]], T]
) -> T:
    """The same without an event loop."""
    try:
        arrivals = _settle(account, received)
        result = account.transact("BEGIN IMMEDIATE", lambda transaction: place(transaction, arrivals))
    except BaseException:
        _drop(received)
        sweep.recover(account)
        raise
    _finish(received)
    return result


def _settle(account: Account, received: Sequence[Received]) -> list[Arrival]:
    parsed = _parse_and_settle([each.incoming for each in received])
    bodies.sync(account.place, [each.incoming.name for each in received])
    return [
        Arrival(each.incoming.name, what, each.flags, each.internaldate, each.zone, each.submitter)
        for each, what in zip(received, parsed, strict=True)
    ]


def _parse_and_settle(received: Sequence[Incoming]) -> list[Parsed]:
    """The disk has several to do at once, and the next is parsed meanwhile."""
    if len(received) == 1:
        parsed = [received[0].parse()]
        received[0].settle()
        return parsed
    with ThreadPoolExecutor(AT_ONCE) as threads:
        parsed, settling = [], []
        for incoming in received:
            parsed.append(incoming.parse())
            settling.append(threads.submit(incoming.settle))
        for each in settling:
            each.result()
    return parsed


def _finish(received: Sequence[Received]) -> None:
    for each in received:
        each.incoming.finish()


def _drop(received: Sequence[Received]) -> None:
    for each in received:
        each.incoming.drop()
