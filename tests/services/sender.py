"""A process that hands messages in and sends them, and stops dead at a named point: to be killed there.

    python -m tests.services.sender DIRECTORY PORT POINT NUMBER...

It says `accepted N` on standard output, `at POINT`, and `over` once nothing is left to do. Without
numbers it only works on what it finds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.services.mailbox import FileMailbox
from webmail.directory import User
from webmail.http.outbox import Entry, Origin, Outbox, Submission, bodies, transitions, worker
from webmail.http.outbox.bodies import Body
from webmail.http.outbox.ledger import Ledger
from webmail.relay import Target

ALICE = User("alice", "alice", "store1", "alice@example.test", "Alice")
# In the order of events; docs/outbox.md says what is on disk at each.
POINTS = (
    "created",
    "written",
    "synced",
    "renamed",
    "noted",
    "accepted",
    "addressed",
    "before-sending",
    "sending",
    "answered",
    "sent",
    "appended",
    "filed",
    "marked",
    "done",
    "removed",
)


def message(number: int) -> list[bytes]:
    head = f"Message-ID: <{number}@example.test>\r\nSubject: {number}\r\n\r\n".encode()
    return [head, *[b"x" * 70 + b"\r\n"] * 3000]


def submission(number: int) -> Submission:
    return Submission(
        user=ALICE,
        compose=f"{number:032x}",
        sender="alice@example.test",
        recipients=("bob@example.test",),
        message_id=f"<{number}@example.test>",
        origin=Origin("INBOX", 7, number, "\\Answered"),
    )


def stop_at(point: str) -> Callable[[str], None]:
    def stop(here: str) -> None:
        if here == point:
            print("at", point, flush=True)
            time.sleep(3600)

    return stop


def before(stop: Callable[[str], None], point: str, owner: Any, name: str) -> None:
    """Stop at `point` whenever `owner.name` is about to be called."""
    real = getattr(owner, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:
        stop(point)
        return real(*args, **kwargs)

    setattr(owner, name, stopping)


def after(stop: Callable[[str], None], point: str, owner: Any, name: str) -> None:
    """Stop at `point` whenever `await owner.name(…)` has returned."""
    real = getattr(owner, name)

    async def stopping(*args: Any, **kwargs: Any) -> Any:
        result = await real(*args, **kwargs)
        stop(point)
        return result

    setattr(owner, name, stopping)


def set_points(stop: Callable[[str], None]) -> None:
    before(stop, "created", Body, "write")
    before(stop, "written", os, "fsync")
    before(stop, "synced", Path, "rename")
    before(stop, "renamed", bodies, "sync_directory")
    after(stop, "noted", Ledger, "add")
    after(stop, "accepted", Outbox, "accept")
    before(stop, "addressed", Entry, "blocks")
    before(stop, "before-sending", transitions, "ending")
    after(stop, "answered", worker, "relay")
    after(stop, "appended", FileMailbox, "file_sent")
    after(stop, "marked", FileMailbox, "mark_origin")
    before(stop, "done", Body, "discard")
    _stop_in_states(stop)


def _stop_in_states(stop: Callable[[str], None]) -> None:
    real = Ledger.store

    async def stopping(self: Ledger, entry: Entry, state: Any) -> bool:
        stored = await real(self, entry, state)
        stop("filed" if entry.filed and entry.state == "sent" else str(entry.state))
        return stored

    Ledger.store = stopping  # type: ignore[method-assign, assignment]


async def work(directory: Path, port: int, point: str, numbers: list[int]) -> None:
    outbox = Outbox(
        directory / "outbox", Target("127.0.0.1", port), FileMailbox(directory / "mailbox"), _log()
    )
    running = asyncio.create_task(outbox.run())
    for number in numbers:
        await outbox.accept(submission(number), message(number))
        print("accepted", number, flush=True)
    while await outbox.entries("alice") or list((directory / "outbox" / "messages").iterdir()):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    if point == "removed":
        stop_at(point)(point)
    print("over", flush=True)
    running.cancel()
    await asyncio.wait({running})
    await outbox.close()


def _log() -> logging.Logger:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    return logging.getLogger("sender")


if __name__ == "__main__":
    bodies.SETTLING = 0.0  # so that what a killed process left goes at once
    worker.POLL = 0.2
    set_points(stop_at(sys.argv[3]))
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], [int(n) for n in sys.argv[4:]]))
