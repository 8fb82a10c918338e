"""Whether this process serves; for probes and reverse proxies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response


async def healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def home(_request: Request) -> Response:
    return RedirectResponse("/mail", 303)
