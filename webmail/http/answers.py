"""Errors as answers: one table from what was raised to a status, a page or JSON for a person."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webmail import errors
from webmail.http.gateway import NotSignedIn, gateway
from webmail.http.guard import wants_json, whoever
from webmail.http.pages import signin
from webmail.i18n import N_
from webmail.wire import ProtocolError

# The most special class stands first. Columns: class, status, kind for scripts, heading for people.
ROWS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (NotSignedIn, 401, "expired", N_("Please sign in again")),
    (errors.AuthFailed, 401, "auth", N_("Not signed in")),
    (errors.NotAllowed, 403, "refused", N_("Not allowed")),
    (errors.NotFound, 404, "gone", N_("Not here any more")),
    (errors.AlreadyExists, 409, "exists", N_("Already there")),
    (errors.OverQuota, 507, "quota", N_("No room left")),
    (errors.TooBig, 413, "toobig", N_("Too big")),
    (errors.Busy, 503, "busy", N_("Too busy just now")),
    (errors.Unavailable, 503, "unavailable", N_("Your mail can’t be reached")),
    (errors.BadRequest, 400, "bad", N_("That didn’t work")),
    (errors.MailError, 500, "error", N_("Something went wrong")),
    (ProtocolError, 502, "unavailable", N_("Your mail can’t be reached")),
)
UNEXPECTED = (500, "error", N_("Something went wrong"))
UNEXPECTED_TEXT = N_("This is our fault, and it is noted in the log. Nothing was changed. Please try again.")
PROTOCOL_TEXT = N_("The mail server said something we don’t understand. Please try again in a moment.")
HTTP_TEXTS = {
    404: N_("There is no page at this address."),
    405: N_("This address can’t be used in that way."),
}
RETRY_AFTER = "5"  # seconds; for 503


async def answer(request: Request, error: Exception) -> Response:
    """The page or the JSON that tells what happened; the log gets the detail."""
    if isinstance(error, HTTPException):
        await whoever(request)  # no page’s own check has come by: nobody knows yet who asks
    status, kind, heading = row(error)
    _note(request, error, status)
    if isinstance(error, NotSignedIn) and not wants_json(request):
        try:
            return await _to_the_door(request)
        except errors.MailError as worse:  # what was posted can’t be kept
            return await answer(request, worse)
    text = sentence(request, error)
    if wants_json(request):
        response: Response = JSONResponse({"error": text, "kind": kind}, status)
    else:
        response = gateway(request).render.problem(request, status, heading, text)
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})  # Allow, for 405 (RFC 9110, 15.5.6)
    if status == 503:
        response.headers["retry-after"] = RETRY_AFTER
    return response


def row(error: Exception) -> tuple[int, str, str]:
    if isinstance(error, HTTPException):
        known = {404: N_("No such page"), 413: N_("Too big")}
        return error.status_code, "http", known.get(error.status_code, N_("That didn’t work"))
    return next((row[1:] for row in ROWS if isinstance(error, row[0])), UNEXPECTED)


def sentence(request: Request, error: Exception) -> str:
    """What to tell the person, in their language."""
    _ = gateway(request).render.translate(request)
    if isinstance(error, errors.MailError):
        return error.said(_)
    if isinstance(error, ProtocolError):
        return _(PROTOCOL_TEXT)
    if isinstance(error, HTTPException):
        return _(HTTP_TEXTS.get(error.status_code, N_("That didn’t work. Nothing was changed.")))
    return _(UNEXPECTED_TEXT)


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


async def _to_the_door(request: Request) -> Response:
    if request.method in {"GET", "HEAD"}:
        return RedirectResponse(signin.address_with_next(request), 303)
    return await signin.ask_again(request)


def _note(request: Request, error: Exception, status: int) -> None:
    log = gateway(request).log.getChild("General")
    if status == 500:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    elif status > 500 or (isinstance(error, errors.MailError) and error.detail):
        log.warning("%s %s: %s", request.method, request.url.path, describe(error))
