"""An MTA of ours (aiosmtpd, in a thread of its own) that refuses, stalls and cuts as told."""

# ruff: noqa: ARG002, N802  aiosmtpd calls by name and gives all it has

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from webmail.relay import Target

STEPS = ("connect", "mail", "rcpt", "data", "taken")
PASSWORD = "relay secret"


@dataclass
class Taken:
    """A message that the MTA took."""

    sender: str
    recipients: list[str]
    content: bytes
    options: list[str]


@dataclass
class Mta:
    """`with Mta() as mta`: `verdicts` are its answers, by recipient, sender or step; `stalls` and `cuts` are steps."""

    tls: ssl.SSLContext | None = None
    login: bool = False
    utf8: bool = True
    size: int = 64 * 1024 * 1024
    verdicts: dict[str, str] = field(default_factory=dict)
    stalls: set[str] = field(default_factory=set)
    cuts: set[str] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    port: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._release = asyncio.Event()
        self._arrived = threading.Condition()
        self._protocols: set[Any] = set()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._call(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, function: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(function(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        await asyncio.sleep(0.01)

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            _Handler(self),
            hostname="mta.test",
            data_size_limit=self.size,
            enable_SMTPUTF8=self.utf8,
            tls_context=self.tls,
            authenticator=_authenticate if self.login else None,
            auth_required=self.login,
            auth_require_tls=False,
            loop=self._loop,
            timeout=60,
        )
        self._protocols.add(protocol)
        return protocol

    def target(self, **how: Any) -> Target:
        return Target("127.0.0.1", self.port, helo="webmail.test", **how)

    def release(self) -> None:
        """Let go on what stalls; nothing stalls any more."""
        self.stalls.clear()
        self._loop.call_soon_threadsafe(self._release.set)

    def wait_for(self, step: str, times: int = 1, seconds: float = 10) -> None:
        """Wait until so many conversations have come to this step."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self.seen.get(step, 0) >= times, seconds):
                raise TimeoutError(f"{step}: {self.seen}")

    async def at(self, step: str, server: Any) -> str:
        """What happens at this step: nothing, a stall, a cut, or an answer."""
        with self._arrived:
            self.seen[step] = self.seen.get(step, 0) + 1
            self._arrived.notify_all()
        if step in self.stalls:
            await self._release.wait()
        if step in self.cuts:
            server.transport.abort()
            await asyncio.sleep(3600)
        return self.verdicts.get(step, "")


class _Handler:
    def __init__(self, mta: Mta) -> None:
        self._mta = mta

    async def handle_EHLO(
        self, server: Any, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        verdict = await self._mta.at("connect", server)
        return [verdict] if verdict else responses

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        verdict = await self._mta.at("mail", server) or self._mta.verdicts.get(address, "")
        if not verdict:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return verdict or "250 sender ok"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        verdict = await self._mta.at("rcpt", server) or self._mta.verdicts.get(address, "")
        if not verdict:
            envelope.rcpt_tos.append(address)
        return verdict or "250 recipient ok"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        verdict = await self._mta.at("data", server)
        if verdict:
            return verdict
        content = envelope.original_content or b""
        self._mta.taken.append(
            Taken(envelope.mail_from or "", list(envelope.rcpt_tos), content, list(envelope.mail_options))
        )
        return await self._mta.at("taken", server) or "250 2.0.0 queued as 42"


def _authenticate(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)
