"""What the access log says of a request."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from webmail.http.middleware import Answers

SCOPE = {
    "type": "http",
    "method": "POST",
    "scheme": "http",
    "path": "/write",
    "query_string": b"",
    "headers": [],
    "client": ("192.0.2.1", 4711),
}


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    await Request(scope, receive).body()
    await Response("done")(scope, receive, send)


def logged(caplog: pytest.LogCaptureFixture, *heard: dict[str, Any]) -> list[str]:
    sent: list[Any] = []
    coming = iter(heard)

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    with caplog.at_level(logging.INFO):
        asyncio.run(Answers(reads_all, logging.getLogger("access"))(SCOPE, receive, send))
    return [f"{len(sent)} sent", *caplog.messages]


def test_client_that_hangs_up_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """It was logged as status 500, which nobody was ever sent."""
    started = {"type": "http.request", "body": b"half a", "more_body": True}
    none_sent, line = logged(caplog, started, {"type": "http.disconnect"})
    assert none_sent == "0 sent"
    assert line.startswith("[192.0.2.1] POST /write 499 ")


def test_answer_is_logged_with_its_status(caplog: pytest.LogCaptureFixture) -> None:
    sent, line = logged(caplog, {"type": "http.request", "body": b"all", "more_body": False})
    assert sent == "2 sent"
    assert line.startswith("[192.0.2.1] POST /write 200 ")
