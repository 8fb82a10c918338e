"""What wraps every request: trusted proxies' words, security headers, errors, the access log."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webmail.http import answers

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# No script, style, frame or request beyond our own files; messages have a stricter policy of their own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cache-control", "no-store"),
)
GONE = 499  # in the log only: the client hung up and got no answer; nginx's number for it
HSTS = ("strict-transport-security", "max-age=63072000")


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by blanks or commas. Raises ValueError."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split())


class Forwarded:
    """Believe X-Forwarded-For, -Proto and -Host from trusted proxies only (service.http.trustedproxies)."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_trusted(scope["client"][0] if scope["client"] else ""):
            self._believe(scope)
        await self.app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hops = [hop.strip() for hop in ",".join(headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
        # The rightmost address that no proxy of ours could have written by itself is the browser's.
        strangers = (hop for hop in reversed(hops) if not self._is_trusted(hop))
        client = next(strangers, hops[0] if hops else "")
        if _is_address(client):
            scope["client"] = (client, 0)
        proto = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        if proto in {"http", "https"}:
            scope["scheme"] = proto
            scope["extensions"] = {**scope.get("extensions", {}), "webmail.proxied": {}}
        host = headers.get("x-forwarded-host", "").rpartition(",")[2].strip()
        if host:
            scope["headers"] = [
                (k, host.encode("latin-1") if k == b"host" else v) for k, v in scope["headers"]
            ]

    def _is_trusted(self, host: str) -> bool:
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return False
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(ip in network for network in self.trusted if network.version == ip.version)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class SecurityHeaders:
    """The headers of every answer; a page that sets one of them itself keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault(*HSTS)
            await send(message)

        await self.app(scope, receive, send_guarded)


class Answers:
    """Turns whatever was raised into a page or JSON; logs one line for each request."""

    def __init__(self, app: ASGIApp, log: logging.Logger) -> None:
        self.app = app
        self.log = log.getChild("Protocol")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except ClientDisconnect:
            status = status or GONE
        except Exception as error:
            if status:
                self.log.exception("answer cut short")
                raise ConnectionAbortedError from error
            request = Request(scope, receive)
            response = await answers.answer(request, error)
            await response(scope, receive, send_noted)
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            client = scope["client"][0] if scope["client"] else "-"
            method, path = scope["method"], scope["path"]
            self.log.info("[%s] %s %s %d %.1f ms", client, method, path, status, milliseconds)
