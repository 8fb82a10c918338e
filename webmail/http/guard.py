"""The door of every page: who asks, and did they mean it."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from webmail.errors import NotAllowed
from webmail.http.backend.pool import Identity
from webmail.http.forms import form
from webmail.http.gateway import NotSignedIn, gateway
from webmail.http.sessions import Session
from webmail.i18n import N_

Endpoint = Callable[[Request], Awaitable[Response]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "webmail"
SECURE_COOKIE = "__Host-webmail"


def signed_in(endpoint: Endpoint) -> Endpoint:
    """A page for signed-in people only; what changes something must carry the session's token."""

    async def guarded(request: Request) -> Response:
        current = await whoever(request)
        if current is None:
            raise NotSignedIn
        if request.method not in SAFE:
            check_origin(request)
            await _check_token(request, current)
        return await endpoint(request)

    return guarded


async def whoever(request: Request) -> Session | None:
    """The live session of this browser, if there is one; `request.state.session` from here on."""
    value = request.cookies.get(cookie_name(request), "")
    if not value:
        return None
    found = await gateway(request).sessions.find(value, address(request), secure=is_secure(request))
    if found is not None:
        gateway(request).credentials.remember(Identity(found.user, found.password))
        request.state.session = found
        request.state.profile = await gateway(request).profiles.find(found.user.uid)
    return found


def check_origin(request: Request) -> None:
    """Refuse what another site made this browser post (Fetch Metadata; Origin where there is none).

    Browsers send no Fetch Metadata over plain HTTP. `null` is then as good as a stranger: any site can
    post so from a sandboxed frame, and our own pages, under their Referrer-Policy, never do.
    """
    site = request.headers.get("sec-fetch-site", "none")
    if site == "same-origin":
        return
    origin = request.headers.get("origin", "")
    if site != "none" or (origin and _host(origin) != request.headers.get("host", "")):
        detail = f"Sec-Fetch-Site {site}, Origin {origin}"
        raise NotAllowed(N_("Another site sent this. Nothing was changed."), detail=detail)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def _check_token(request: Request, current: Session) -> None:
    token = request.headers.get("x-csrf-token", "") or request.query_params.get("token", "")
    if not token and "multipart/" not in request.headers.get("content-type", ""):
        token = (await form(request)).one("token")
    if not hmac.compare_digest(token.encode(), current.csrf.encode()):
        raise NotAllowed(N_("This page is from an earlier sign-in. Go back, reload it, and try again."))


def is_secure(request: Request) -> bool:
    return request.url.scheme == "https"


def cookie_name(request: Request) -> str:
    return SECURE_COOKIE if is_secure(request) else COOKIE


def address(request: Request) -> str:
    """The browser's address: the peer's, or what a trusted proxy says of it."""
    return request.client.host if request.client else "unknown"


def keep_cookie(request: Request, response: Response, value: str) -> None:
    """Hand the session's cookie to the browser; an empty value takes it back."""
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=None if value else 0,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def wants_json(request: Request) -> bool:
    """Whether a script asks; people get pages."""
    return "application/json" in request.headers.get("accept", "")
