"""One process of the gateway: takes listening sockets, serves until told to stop, leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn
import uvloop

from webmail import tls
from webmail.config import Config
from webmail.http import app
from webmail.http.protocol import limited
from webmail.listen import Listener

GRACE_SECONDS = 20  # for answers under way when the process is told to stop


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield  # the process listens for signals once, for all of its servers


def run(
    load: Callable[[], Config], log: logging.Logger, listeners: list[Listener], ready: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once connections are taken."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(load(), log, listeners, ready))


async def _serve(
    config: Config, log: logging.Logger, listeners: list[Listener], ready: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(config.http.maxthreads, thread_name_prefix="http"))
    async with app.opened(config, log) as gateway:
        application = app.build(gateway)
        protocol = limited(config.http.maxsessions)
        servers = [_server(config, application, protocol, listener) for listener in listeners]
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, servers)
        async with asyncio.TaskGroup() as group:
            for server, listener in zip(servers, listeners, strict=True):
                group.create_task(server.serve(sockets=[listener.socket]))
            while not all(server.started for server in servers):  # noqa: ASYNC110  uvicorn tells it so
                await asyncio.sleep(0.01)
            ready()


def _stop(servers: list[_Server]) -> None:
    for server in servers:
        server.should_exit = True


def _server(
    config: Config, application: object, protocol: type[asyncio.Protocol], listener: Listener
) -> _Server:
    return _Server(
        uvicorn.Config(
            application,  # type: ignore[arg-type]
            loop="none",
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=config.http.idletimeout * 60,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_context_factory=_context_factory(config) if listener.tls else None,
        )
    )


def _context_factory(config: Config) -> Callable[..., ssl.SSLContext]:
    certificate = Path(config.http.sslcertfile)
    key = Path(config.http.sslkeyfile) if config.http.sslkeyfile else None
    return lambda *_: tls.server_context(certificate, key)
