"""uvicorn's HTTP protocol with what it lacks: time limits for slow clients, caps, facts about TLS."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEADER_SECONDS = 30.0  # from the first byte of a request to its empty line
BODY_STALL_SECONDS = 60.0  # without a byte of a body that we are ready to read
MAX_HEAD = 64 * 1024  # request line and header fields together
MAX_APART = 64 * 1024  # of a chunked body what is no body: sizes, extensions, fields behind it
MAX_FIELDS = 128  # header fields of one request
MAX_URL = 16 * 1024  # a mailto: link with a text in it fits

_REFUSAL = (
    b"HTTP/1.1 %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
    b"connection: close\r\n%s\r\n%s"
)


class GatewayProtocol(HttpToolsProtocol):
    """One connection of a browser or a reverse proxy; `limited` makes the subclass that is served."""

    max_sessions = 6000
    open_sessions = 0  # of all listeners of this process

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._head = 0
        self._in_head = False
        self._in_body = False
        self._body = 0
        self._apart = 0
        self._cipher_bits: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        type(self).open_sessions += 1
        if self.open_sessions > self.max_sessions:
            self._refuse(b"503 Service Unavailable", b"Too many connections.", b"retry-after: 5\r\n")
            return
        cipher = transport.get_extra_info("cipher")
        self._cipher_bits = cipher[2] if cipher else None
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        type(self).open_sessions -= 1
        self._disarm()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._in_head and not self._in_body:
            self._in_head = True
            self._head = 0
            self._arm(HEADER_SECONDS)
        if self._in_head:
            self._head += len(data)
        body = self._body
        super().data_received(data)
        self._apart = 0 if self._body > body else self._apart + len(data)
        if self._in_head and self._head > MAX_HEAD:
            self._refuse(b"431 Request Header Fields Too Large", b"The request's header is too large.")
        elif self._in_body and self._apart > MAX_APART:
            self.transport.abort()  # an answer may be on its way already
        elif self._in_body:
            self._arm(BODY_STALL_SECONDS)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._cipher_bits is not None:
            self.scope["extensions"] = {"webmail.tls": {"bits": self._cipher_bits}}

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_URL:
            self._refuse(b"414 URI Too Long", b"The address is too long.")
            raise ValueError("address too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MAX_FIELDS:
            self._refuse(b"431 Request Header Fields Too Large", b"Too many header fields.")
            raise ValueError("too many header fields")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        self._apart = 0
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._disarm()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            self._disarm()
            super().send_400_response(msg)

    def _arm(self, seconds: float) -> None:
        if self._in_head and self._deadline is not None:
            return  # a header gets its time once, however its bytes trickle
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._in_body and self.flow.read_paused:
            self._arm(BODY_STALL_SECONDS)  # it is we who are not reading
        elif self._in_body:
            self.transport.abort()
        else:
            self._refuse(b"408 Request Timeout", b"The request took too long to arrive.")

    def _refuse(self, status: bytes, text: bytes, fields: bytes = b"") -> None:
        if not self.transport.is_closing():
            self.transport.write(_REFUSAL % (status, len(text), fields, text))
            self.transport.close()


def limited(max_sessions: int) -> type[GatewayProtocol]:
    """The protocol for a process that keeps at most this many connections (service.http.maxsessions)."""
    return type("LimitedProtocol", (GatewayProtocol,), {"max_sessions": max_sessions, "open_sessions": 0})
