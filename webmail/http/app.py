"""The gateway on one page: its routes, what wraps them, and what is opened for a process."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from webmail.auth.brake import Brake
from webmail.config import Config
from webmail.directory import opening
from webmail.errors import MailError
from webmail.http import answers
from webmail.http.backend.pool import Pool
from webmail.http.ceiling import Ceiling
from webmail.http.credentials import Credentials
from webmail.http.gateway import Gateway
from webmail.http.guard import Endpoint, signed_in
from webmail.http.middleware import Answers, Forwarded, SecurityHeaders, networks
from webmail.http.outbox import Outbox
from webmail.http.pages import (
    acting,
    attaching,
    downloads,
    folders,
    letter,
    listing,
    outgoing,
    reading,
    settings,
    signin,
    status,
    writing,
)
from webmail.http.pages.filing import Filing
from webmail.http.pages.render import Renderer
from webmail.http.profile import Profiles
from webmail.http.sessions import Sessions, Terms
from webmail.http.sessions.cookie import secret_key
from webmail.http.spool import Limits, Spool
from webmail.relay import Target, probe_size

REAP_SECONDS = 60.0  # an expired session's files outlive it by at most this long
SWEEP_SECONDS = 3600.0  # files of sessions that gave way to others, and uploads cut off, by an hour or two
MESSAGE = "/mail/{uidvalidity}/{uid}"


def page(path: str, **methods: Endpoint) -> BaseRoute:
    """An address for signed-in people: one function for each method."""
    return Route(path, signed_in(by_method(methods)), methods=list(methods))


def door(path: str, **methods: Endpoint) -> BaseRoute:
    """An address for everybody."""
    return Route(path, by_method(methods), methods=list(methods))


def by_method(methods: Mapping[str, Endpoint]) -> Endpoint:
    """One function that leads each method to its own; HEAD goes with GET."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await methods[method](request)

    return endpoint


def routes(render: Renderer) -> list[BaseRoute]:
    return [
        door("/healthz", GET=status.healthz),
        door("/signin", GET=signin.show, POST=signin.enter),
        page("/signout", POST=signin.leave),
        page("/", GET=status.home),
        page("/mail", GET=listing.list_page, POST=acting.act),
        page(MESSAGE, GET=reading.open_page),
        page(MESSAGE + "/source", GET=downloads.source),
        page(MESSAGE + "/headers", GET=reading.headers),
        page(MESSAGE + "/print", GET=letter.print_page),
        page(MESSAGE + "/part/{section}", GET=downloads.part),
        page(MESSAGE + "/body/{section}", GET=letter.body_frame),
        page("/folders", GET=folders.show, POST=folders.change),
        page("/settings", GET=settings.show, POST=settings.change),
        page("/write", GET=writing.write_page, POST=writing.write_post),
        page("/write/{compose}/files", PUT=attaching.receive),
        page("/write/{compose}/files/{id}", DELETE=attaching.remove),
        page("/outbox", GET=outgoing.show, POST=outgoing.change),
        Mount("/static", app=render.static, name="static"),
    ]


def build(gateway: Gateway) -> Starlette:
    """The ASGI application over an opened gateway."""
    app = Starlette(
        routes=routes(gateway.render),
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Forwarded, trusted=networks(gateway.config.http.trustedproxies)),
            Middleware(Answers, log=gateway.log),
        ],
        exception_handlers={HTTPException: answers.answer},
    )
    app.state.gateway = gateway
    return app


@asynccontextmanager
async def opened(config: Config, log: logging.Logger) -> AsyncIterator[Gateway]:
    """Open all that a process needs, keep its owner tasks running, and close it in the other order."""
    data = Path(config.local.datadir)
    key = secret_key(data)
    async with AsyncExitStack() as stack:
        pool = Pool(config, log)
        stack.push_async_callback(pool.close)
        sessions = Sessions(data / "sessions.sqlite", key, _terms(config))
        stack.push_async_callback(sessions.close)
        profiles = Profiles(data / "profiles.sqlite")
        stack.push_async_callback(profiles.close)
        directory = opening.opened(config, pool.try_login)
        stack.push_async_callback(directory.close)
        credentials = Credentials(config.http.sessiontimeout)
        mta = _mta(config)
        filing = Filing(pool, credentials, log)
        outbox = Outbox(data / "outbox", mta, filing, log)
        stack.push_async_callback(outbox.close)
        gateway = Gateway(
            config=config,
            log=log,
            sessions=sessions,
            credentials=credentials,
            pool=pool,
            directory=directory,
            brake=Brake(),
            profiles=profiles,
            spool=Spool(config.spooldir, Limits(config.http.maxpostsize, config.spoolquota)),
            ceiling=_ceiling(config, mta),
            outbox=outbox,
            render=Renderer(config),
        )
        async with _running(pool.run, outbox.run, lambda: _reap(gateway)):
            yield gateway


def _terms(config: Config) -> Terms:
    http = config.http
    return Terms(http.sessiontimeout, http.sessionlifetime, http.ipsecurity)


def _mta(config: Config) -> Target:
    """Where mail goes out: service.http.smtphost and what belongs to it."""
    smtp = config.smtp
    return Target(
        host=config.http.smtphost or "127.0.0.1",
        port=config.http.smtpport,
        tls=smtp.smtptls,
        cafile=Path(smtp.smtpcafile) if smtp.smtpcafile else None,
        user=smtp.smtpauthuser,
        password=smtp.smtpauthpassword,
        helo=config.local.hostname or socket.getfqdn(),
    )


def _ceiling(config: Config, mta: Target) -> Ceiling:
    http = config.http
    return Ceiling(message=http.maxmessagesize, upload=http.maxpostsize, probe=lambda: probe_size(mta))


async def _reap(gateway: Gateway) -> None:
    """Remove what has expired: sessions, and with them their files; what is left over now and then."""
    swept = float("-inf")
    while True:
        try:
            for key in await gateway.sessions.reap():
                await asyncio.to_thread(gateway.spool.drop_session, key)
            if time.monotonic() - swept >= SWEEP_SECONDS:
                await asyncio.to_thread(gateway.spool.sweep, await gateway.sessions.keys())
                swept = time.monotonic()
        except (MailError, OSError) as error:  # a full disk is no reason to stop serving
            gateway.log.warning("expired sessions are not removed: %s", error)
        await asyncio.sleep(REAP_SECONDS)


@asynccontextmanager
async def _running(*owners: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run these for as long as the block lasts; the death of one ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_await(owner)) for owner in owners]
        yield
        for task in tasks:
            task.cancel()


async def _await(owner: Callable[[], Awaitable[None]]) -> None:
    await owner()
