"""One process of a line protocol: takes listening sockets, serves until told to stop."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import uvloop

from webmail.config import Config
from webmail.listen import Listener
from webmail.server.connections import Connections
from webmail.server.process import Process
from webmail.server.service import Service

M_ARENA_MAX = -8  # of mallopt(3)
SWITCH_SECONDS = 0.0005  # until a busy thread lets the event loop have its turn; by itself ten times that
ARENAS = 2  # by itself glibc makes eight for each processor, and each keeps what its threads once used


def run(
    service: Service,
    load: Callable[[], Config],
    log: logging.Logger,
    listeners: list[Listener],
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP takes the configuration anew. `ready` is called once.

    Raises MailError, OSError if it cannot start.
    """
    _share_arenas()
    _allow_files()
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(service, load, log, listeners, ready))


def _share_arenas() -> None:
    """Let all threads allocate from few pools of memory; other C libraries than glibc have one anyway."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def _allow_files() -> None:
    """As many as the system lets us have: a connection is one, a message under way is another."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(
    service: Service,
    load: Callable[[], Config],
    log: logging.Logger,
    listeners: list[Listener],
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    told = {number: asyncio.Event() for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, event in told.items():  # before the configuration is read: no change of it may be missed
        loop.add_signal_handler(number, event.set)
    loop.add_signal_handler(signal.SIGINT, told[signal.SIGTERM].set)
    loop.set_exception_handler(lambda _, context: _log_stray(log, context))
    process = Process(load, service.terms, log)
    loop.set_default_executor(ThreadPoolExecutor(process.terms.threads, thread_name_prefix=log.name))
    async with service.opened(process) as session, asyncio.TaskGroup() as group:
        connections = Connections(process, session, service.busy, group)
        accepting = [group.create_task(connections.accept(listener)) for listener in listeners]
        renewing = group.create_task(_renew(process, told[signal.SIGHUP]))
        ready()
        await told[signal.SIGTERM].wait()
        for task in (*accepting, renewing):
            task.cancel()
        await connections.end()


async def _renew(process: Process, told: asyncio.Event) -> None:
    while True:
        await told.wait()
        told.clear()
        process.renew()


def _log_stray(log: logging.Logger, context: dict[str, object]) -> None:
    """What nobody waits for: a bug of ours, or a connection that broke at an odd moment."""
    error = context.get("exception")
    trace = error if isinstance(error, Exception) and not isinstance(error, OSError) else None
    log.error("%s: %s", context.get("message"), error, exc_info=trace)
