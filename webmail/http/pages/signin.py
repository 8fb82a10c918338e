"""Coming in and going out, and coming back in without losing what was being written."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webmail.auth.password import sign_in
from webmail.errors import AuthFailed, Busy, MailError, NotAllowed, Unavailable
from webmail.http.backend.pool import Identity
from webmail.http.forms import MAX_FORM, Form, form
from webmail.http.gateway import Gateway, gateway, session
from webmail.http.guard import address, check_origin, cookie_name, is_secure, keep_cookie, wants_json, whoever
from webmail.http.multipart import fields, is_multipart
from webmail.http.sessions import Session
from webmail.i18n import N_
from webmail.log import Secret

MAX_NEXT = 4096  # a longer address to come back to is forgotten
MAX_ZONE = 64  # characters of a time zone's name
# Octets of a form from a browser on which nobody ever signed in: memory that is given before any password.
MAX_STRANGER = 1024 * 1024
KEPT = "kept."  # what was posted without a session travels in fields of this prefix
OURS = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*")

NO_PASSWORDS = N_("This server takes no passwords here. Ask your administrator how to sign in.")
NEEDS_TLS = N_("This server takes passwords over an encrypted connection only. Use its https address.")


async def show(request: Request) -> Response:
    """GET /signin"""
    if await whoever(request) is not None:
        return RedirectResponse(_next(request.query_params.get("next", "")), 303)
    return _page(request, goal=request.query_params.get("next", ""))


async def enter(request: Request) -> Response:
    """POST /signin: fields user, password; optional zone, next and what was kept."""
    check_origin(request)
    posted = await form(request, _room(request))
    try:
        token = await _enter(request, posted)
    except (AuthFailed, Busy, NotAllowed, Unavailable) as error:
        if wants_json(request):
            raise
        return _page(request, error, posted, goal=posted.one("next"), kept=_kept(posted))
    response: Response
    if wants_json(request):
        response = JSONResponse({"token": token})
    elif kept := _kept(posted):
        goal = _next(posted.one("next"))
        response = gateway(request).render.welcome_back(request, goal=goal, kept=kept, token=token)
    else:
        response = RedirectResponse(_next(posted.one("next")), 303)
    keep_cookie(request, response, request.state.cookie)
    return response


async def leave(request: Request) -> Response:
    """POST /signout: the id is worthless from here on, and what was waiting in the spool is gone."""
    here = gateway(request)
    current = session(request)
    await _end(here, current)
    here.log.getChild("Account").info("logout: [%s] %s", address(request), current.user.uid)
    response: Response = RedirectResponse("/signin?told=out", 303)
    keep_cookie(request, response, "")
    response.headers["clear-site-data"] = '"storage"'
    return response


async def ask_again(request: Request) -> Response:
    """A post came without a live session: the same page after signing in, with all that was posted.

    Another site's post always comes so, without the cookie: signing in would carry it out.
    """
    check_origin(request)
    kept = await kept_fields(request)
    return _page(request, goal=_path(request), kept=kept, status=401, expired=True)


def address_with_next(request: Request) -> str:
    goal = _path(request)
    return "/signin" if goal in {"/", ""} or len(goal) > MAX_NEXT else f"/signin?next={quote(goal, safe='')}"


async def kept_fields(request: Request) -> tuple[tuple[str, str], ...]:
    """What a post without a session said, without its files; they come back from the saved draft."""
    room = _room(request)
    posted = await (fields(request, room) if is_multipart(request) else form(request, room))
    return tuple((name, value) for name, value in posted.fields if name != "token")


def _room(request: Request) -> int:
    cookie = request.cookies.get(cookie_name(request), "")
    known = gateway(request).sessions.knows(cookie, secure=is_secure(request))
    return MAX_FORM if known else MAX_STRANGER


def _kept(posted: Form) -> tuple[tuple[str, str], ...]:
    return tuple((name.removeprefix(KEPT), value) for name, value in posted.fields if name.startswith(KEPT))


async def _enter(request: Request, posted: Form) -> str:
    """Sign in, open the backend as this person, start a session; its token. Raises MailError."""
    here = gateway(request)
    _allow_passwords(request)
    login, password = posted.one("user").strip(), Secret(posted.one("password"))
    user = await sign_in(
        here.directory, here.brake, here.log, login, password.reveal(), address(request),
        pause=here.config.login.plaintextloginpause,
    )  # fmt: skip
    kept = password if here.config.proxy.at(user.host).login == "user" else None
    async with here.pool.lease(Identity(user, kept)) as box:
        await box.folders()
    old = await whoever(request)
    started, request.state.cookie = await here.sessions.start(
        user, address(request), posted.one("zone")[:MAX_ZONE], kept, secure=is_secure(request)
    )
    if old is not None:
        await _end(here, old)
    here.credentials.remember(Identity(user, kept))
    await here.outbox.retry(user.uid)  # what could not be filed without this person
    return started.csrf


async def _end(here: Gateway, old: Session) -> None:
    """The session and its files go; they come back from the saved draft.

    What opens the mailbox goes with the person's last session: other browsers of theirs go on.
    """
    await here.sessions.end(old)
    await asyncio.to_thread(here.spool.drop_session, old.key)
    if not await here.sessions.any_of(old.user.uid):
        here.credentials.forget(old.user.uid)
        here.pool.forget(old.user.uid)


def _allow_passwords(request: Request) -> None:
    refusal = _why_no_password(request)
    if refusal:
        raise NotAllowed(refusal)


def _why_no_password(request: Request) -> str:
    """service.http.plaintextmincipher: -1 never, 0 always, else at least so many bits of cipher."""
    least = gateway(request).config.http.plaintextmincipher
    if least == 0:
        return ""
    if least < 0:
        return NO_PASSWORDS
    extensions = request.scope.get("extensions", {})
    if is_secure(request) and "webmail.proxied" in extensions:
        return ""  # the proxy chose the cipher
    bits = extensions.get("webmail.tls", {}).get("bits", 0)
    return "" if bits >= least else NEEDS_TLS


def _next(goal: str) -> str:
    """Where to go after signing in: an address of ours, or the inbox."""
    ours = len(goal) <= MAX_NEXT and OURS.fullmatch(goal) and not goal.startswith("/sign")
    return goal if ours else "/mail"


def _path(request: Request) -> str:
    # The token of a form with files is of the session that ended; the new one comes in a field.
    query = "&".join(pair for pair in request.url.query.split("&") if not pair.startswith("token="))
    return quote(request.url.path) + (f"?{query}" if query else "")


def _page(
    request: Request,
    error: MailError | None = None,
    posted: Form | None = None,
    *,
    goal: str = "",
    kept: tuple[tuple[str, str], ...] = (),
    status: int = 200,
    expired: bool = False,
) -> Response:
    refusal = _why_no_password(request)
    return gateway(request).render.signin(
        request,
        status=_status(error) if error else status,
        error=error,
        wrong=isinstance(error, AuthFailed),
        user=posted.one("user") if posted else "",
        goal=goal,
        kept=kept,
        expired=expired,
        refusal=refusal,
        told=request.query_params.get("told", ""),
    )


def _status(error: MailError) -> int:
    if isinstance(error, AuthFailed):
        return 401
    return 403 if isinstance(error, NotAllowed) else 503
