"""A process that listens to hints: prints `ready`, then for each time it hears some when it did and what.

    python -m tests.services.hearer DIRECTORY USER

Lines of standard input: `stall SECONDS` stops its event loop; the end of input ends it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop

from webmail import notify


async def hear(directory: Path, user: str) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: _obey(ended))
    with notify.opened(directory) as hints, hints.subscribe(user) as subscription:
        print("ready", flush=True)
        task = asyncio.create_task(_tell(subscription))
        await ended.wait()
        task.cancel()


def _obey(ended: asyncio.Event) -> None:
    line = sys.stdin.readline()
    if not line:
        ended.set()
        return
    time.sleep(float(line.split()[1]))


async def _tell(subscription: notify.Subscription) -> None:
    while True:
        heard = await subscription.heard()
        said = [f"{hint.event.value} {hint.user} {hint.mailbox} {hint.modseq}" for hint in heard.hints]
        print(time.monotonic(), heard.everywhere, *said, sep="\t", flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(hear(Path(sys.argv[1]), sys.argv[2]))
