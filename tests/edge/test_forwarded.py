"""Only a trusted proxy is believed when it says who asks, over what, and at which host."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from webmail.http.middleware import Forwarded, networks

PROXIES = networks("10.0.0.0/8, 127.0.0.1 ::1")


def seen_through(peer: str, **headers: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 4711),
        "headers": [
            (b"host", b"inner"),
            *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()),
        ],
    }

    async def nothing() -> Any: ...

    async def ignore(_message: Any) -> None: ...

    asyncio.run(Forwarded(app, PROXIES)(scope, nothing, ignore))
    return seen


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the left one may be forged
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),  # a chain of our own proxies
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("192.0.2.66", "203.0.113.9", "192.0.2.66"),  # not a proxy of ours
        ("10.1.2.3", "rubbish\tin", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_added(
    peer: str, chain: str, client: str
) -> None:
    assert seen_through(peer, x_forwarded_for=chain)["client"][0] == client


def test_scheme_and_host_come_from_a_trusted_proxy() -> None:
    seen = seen_through("10.1.2.3", x_forwarded_proto="https", x_forwarded_host="mail.example.test")
    assert seen["scheme"] == "https"
    assert (b"host", b"mail.example.test") in seen["headers"]


def test_a_stranger_cannot_claim_tls() -> None:
    seen = seen_through("192.0.2.66", x_forwarded_proto="https", x_forwarded_host="mail.example.test")
    assert seen["scheme"] == "http"
    assert (b"host", b"inner") in seen["headers"]
