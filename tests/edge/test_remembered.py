"""Who counts as present: whose mailbox can be opened for them when no request of theirs is under way."""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request

from tests.conftest import Run
from webmail.config import of
from webmail.directory import User
from webmail.http import app, guard
from webmail.http.gateway import Gateway
from webmail.http.pages import signin

ALICE = User("alice", "alice", "store", "alice@example.test", "Alice")
HOME = "192.0.2.1"


async def _browser(application: Starlette, here: Gateway) -> Request:
    """A request of a browser on which she has signed in, as it comes to the guard."""
    _session, value = await here.sessions.start(ALICE, HOME, "", "open sesame", secure=False)
    headers = [(b"cookie", f"{guard.COOKIE}={value}".encode()), (b"host", b"webmail")]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/mail",
            "query_string": b"",
            "client": (HOME, 4711),
            "headers": headers,
            "app": application,
        }
    )


def _config(tmp_path: Path) -> dict[str, str]:
    return {"local.datadir": str(tmp_path), "local.service.proxy.login": "user"}


def test_whoever_asks_for_anything_is_remembered(run: Run, tmp_path: Path) -> None:
    """Only signing in and writing counted: who read for two hours was forgotten, and nothing filed."""

    async def talk() -> None:
        async with app.opened(of(_config(tmp_path)), logging.getLogger("remembered")) as here:
            request = await _browser(app.build(here), here)
            assert here.credentials.find("alice") is None
            await guard.whoever(request)
            found = here.credentials.find("alice")
            assert found is not None
            assert found.password == "open sesame"

    run(talk())


def test_signing_out_leaves_other_browsers_what_they_need(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        async with app.opened(of(_config(tmp_path)), logging.getLogger("remembered")) as here:
            application = app.build(here)
            one, two = [await _browser(application, here) for _ in range(2)]
            for request in (one, two):
                await guard.whoever(request)
            await signin.leave(one)
            assert here.credentials.find("alice") is not None
            await signin.leave(two)
            assert here.credentials.find("alice") is None

    run(talk())
