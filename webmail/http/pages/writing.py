"""Writing: opens the page of a letter, and does what its buttons say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from webmail.disk import in_thread
from webmail.errors import AlreadyExists, BadRequest, MailError
from webmail.http.guard import wants_json
from webmail.http.pages import attaching, drafting, restoring, sending, showing, starting
from webmail.http.pages.attaching import Posted
from webmail.http.pages.desk import Desk, desk
from webmail.i18n import N_

SAVED = N_("Saved {time}")
NOT_SAVED = N_("Not saved: {reason}")
HANDED_IN = N_("This message is on its way already, so it is no draft any more.")
LOST = N_("{n} of the files went when you were signed out. Attach them again; everything else is here.")

Button = Callable[[Request, Desk, Posted], Awaitable[Response]]


async def write_page(request: Request) -> Response:
    """GET /write: how=new with to, cc, …; or reply, replyall, forward, attach, edit, draft with a message."""
    at = await desk(request)
    started = await starting.start(at, request.query_params)
    return await showing.page(request, at, started.letter, started.files, notes=started.notes)


async def write_post(request: Request) -> Response:
    """POST /write: action=send|save|attach|remove.<file>|discard."""
    at = await desk(request)
    posted = await attaching.read(request, at)
    name, _, posted_id = posted.action.partition(".")
    button = BUTTONS.get(name)
    if button is None:
        raise BadRequest(detail=f"action {name[:20]!r}")
    if name == "remove":
        await in_thread(at.here.spool.remove, at.session.key, posted.letter.compose, posted_id)
        kept = tuple(kept for kept in posted.letter.kept if kept.id != posted_id)
        files = tuple(file for file in posted.files if file.id != posted_id)
        posted = replace(posted, letter=replace(posted.letter, kept=kept), files=files)
    return await button(request, at, posted)


async def _save(request: Request, at: Desk, posted: Posted) -> Response:
    """Into Drafts; the page stays, and tells when."""
    if await at.here.outbox.find(at.session.user.uid, posted.letter.compose) is not None:
        raise AlreadyExists(HANDED_IN)
    posted, lost = await restoring.restore(at, posted)
    if lost:
        problem = at.translate(LOST).format(n=len(lost))
        return await _again(request, at, posted, 409, "files", problem, lost)
    try:
        letter = await drafting.save(at, posted.letter, posted.files)
    except MailError as error:
        if wants_json(request):
            raise
        problem = at.translate(NOT_SAVED).format(reason=error.said(at.translate))
        return await _again(request, at, posted, 503, "unavailable", problem)
    told = at.translate(SAVED).format(time=at.clock())
    if wants_json(request):
        return showing.saved(letter, posted.files, told)
    problem = " ".join(posted.refused)
    return await showing.page(
        request,
        at,
        letter,
        posted.files,
        status=413 if problem else 200,
        problem=problem,
        told="" if problem else told,
    )


async def _discard(request: Request, at: Desk, posted: Posted) -> Response:
    """The draft goes to Trash, the files go."""
    await drafting.discard(at, posted.letter)
    await at.forget(posted.letter.compose)
    return sending.leave(request, posted.letter, "discarded")


async def _again(
    request: Request,
    at: Desk,
    posted: Posted,
    status: int,
    kind: str,
    problem: str,
    lost: tuple[str, ...] = (),
) -> Response:
    """The page once more, with everything kept."""
    if wants_json(request):
        return showing.refusal(at, posted.files, status=status, kind=kind, problem=problem, lost=lost)
    problem = " ".join((problem, *posted.refused))
    return await showing.page(request, at, posted.letter, posted.files, status=status, problem=problem)


# With files that came or went, the draft is saved too: it outlives the session, the spool does not.
BUTTONS: dict[str, Button] = {
    "send": sending.send,
    "save": _save,
    "attach": _save,
    "remove": _save,
    "discard": _discard,
}
