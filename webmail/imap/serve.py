"""The IMAP service as a process: what it opens, and the session of one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial

from webmail.auth.brake import Brake
from webmail.config import Config
from webmail.directory.ask import Backends
from webmail.directory.opening import opened as opened_directory
from webmail.imap.context import Context
from webmail.imap.conversation import converse
from webmail.imap.entering import greet
from webmail.imap.session import Session
from webmail.imap.table import COMMANDS
from webmail.notify import opened as hints_opened
from webmail.server import serving
from webmail.server.process import Process
from webmail.server.service import Converse, Service
from webmail.server.stream import Stream
from webmail.server.terms import Terms, terms_of
from webmail.store import indexing, opening, sweep
from webmail.store.account import Store
from webmail.store.shares import Shares

BUSY = b"* BYE Too many connections; please try again later.\r\n"


def terms(config: Config) -> Terms:
    """What the configuration says about connections. Raises OSError for certificates that cannot be read."""
    return terms_of(config.imap, config.imap.sslcafile)


@asynccontextmanager
async def opened(process: Process) -> AsyncIterator[Converse]:
    """The store, the directory and the hints, for as long as the process serves."""
    config = process.config
    async with AsyncExitStack() as stack:
        hints = stack.enter_context(hints_opened(config.hintsdir))
        store = Store(
            opening.layout(config),
            publish=hints.publish,
            limits=lambda: opening.limits(process.config),
        )
        stack.enter_context(closing(store))
        shares = Shares(opening.shares_file(config))
        stack.push_async_callback(shares.close)
        directory = opened_directory(config, Backends(config.proxy).attempt)
        stack.push_async_callback(directory.close)
        context = Context(
            current=lambda: process.config,
            store=store,
            shares=shares,
            hints=hints,
            directory=directory,
            brake=Brake(shared=config.imap.trustedproxies),
            tls=lambda: process.terms.context,
            limits=process.limits,
            log=process.log,
        )

        group = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(group.create_task(indexing.keep(store, process.log)).cancel)
        stack.callback(group.create_task(sweep.keep(store, process.log)).cancel)

        async def serve(stream: Stream) -> None:
            session = Session(stream, context)
            with closing(session):
                greet(session)
                await converse(session, COMMANDS)

        yield serve


SERVICE = Service(terms=terms, opened=opened, busy=BUSY)
run = partial(serving.run, SERVICE)
