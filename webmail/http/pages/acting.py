"""What can be done with messages: marked, starred, moved, copied, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webmail.errors import BadRequest
from webmail.http.backend.mailbox import Box
from webmail.http.forms import Form, form
from webmail.http.gateway import gateway, identity
from webmail.http.guard import wants_json
from webmail.http.pages import asked, told
from webmail.http.pages.render import mail_url
from webmail.i18n import N_

SAME_FOLDER = N_("The message is in that folder already. Choose another one.")
NO_TARGET = N_("Choose a folder first. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Messages of one folder, and where they are to go."""

    folder: str
    uidvalidity: int
    uids: tuple[int, ...]
    targets: tuple[str, ...]


Verb = Callable[[Box, Chosen], Awaitable[str]]


async def act(request: Request) -> Response:
    """POST /mail?folder=: fields uidvalidity, uid*, action, target*, page, back (list or message)."""
    posted = await form(request)
    name = asked.folder(request)
    verb = VERBS.get(posted.one("action"))
    if verb is None:
        raise BadRequest(detail=f"action {posted.one('action')[:40]!r}")
    chosen = Chosen(
        name,
        asked.number(posted.one("uidvalidity")),
        asked.numbers(posted.all("uid")),
        tuple(target for target in posted.all("target") if target),
    )
    outcome = "none"
    if chosen.uids:
        async with gateway(request).pool.lease(identity(request)) as box:
            outcome = await verb(box, chosen)
    return _answer(request, posted, chosen, outcome)


def _answer(request: Request, posted: Form, chosen: Chosen, outcome: str) -> Response:
    if wants_json(request):
        query = {"told": outcome, "n": str(len(chosen.uids))}
        words = told.sentence(query, gateway(request).render.catalogue)
        return JSONResponse({"told": outcome, "text": words, "uids": chosen.uids})
    page = asked.page_number(posted.one("page"))
    where: dict[str, object] = {"page": page if page > 1 else None, "told": outcome, "n": len(chosen.uids)}
    stays = posted.one("back") == "message" and len(chosen.uids) == 1 and outcome in STAYING
    path = (chosen.uidvalidity, chosen.uids[0]) if stays else ()
    return RedirectResponse(mail_url(chosen.folder, *path, **where), 303)


def _flag(outcome: str, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Verb:
    async def flag(box: Box, chosen: Chosen) -> str:
        await box.flag(chosen.folder, chosen.uidvalidity, chosen.uids, add=add, remove=remove)
        return outcome

    return flag


def _to(kind: str, outcome: str) -> Verb:
    async def file(box: Box, chosen: Chosen) -> str:
        target = asked.INBOX if kind == "inbox" else await box.special(kind)
        await _move(box, chosen, target)
        return outcome

    return file


async def _move_on(box: Box, chosen: Chosen) -> str:
    await _move(box, chosen, _target(chosen))
    return "moved"


async def _copy(box: Box, chosen: Chosen) -> str:
    await box.copy(chosen.folder, chosen.uidvalidity, chosen.uids, _target(chosen))
    return "copied"


async def _delete(box: Box, chosen: Chosen) -> str:
    outcome = await box.delete(chosen.folder, chosen.uidvalidity, chosen.uids)
    return "deleted" if outcome == "trash" else "gone"


async def _move(box: Box, chosen: Chosen, target: str) -> None:
    if target == chosen.folder:
        raise BadRequest(SAME_FOLDER)
    await box.move(chosen.folder, chosen.uidvalidity, chosen.uids, target)


def _target(chosen: Chosen) -> str:
    """A typed name wins over the one that a list of choices always sends along."""
    if not chosen.targets:
        raise BadRequest(NO_TARGET)
    return asked.folder_name(chosen.targets[-1])


VERBS: dict[str, Verb] = {
    "read": _flag("read", add=("\\Seen",)),
    "unread": _flag("unread", remove=("\\Seen",)),
    "star": _flag("starred", add=("\\Flagged",)),
    "unstar": _flag("unstarred", remove=("\\Flagged",)),
    "move": _move_on,
    "copy": _copy,
    "delete": _delete,
    "archive": _to("archive", "archived"),
    "junk": _to("junk", "junk"),
    "notjunk": _to("inbox", "notjunk"),
}
STAYING = frozenset({"read", "starred", "unstarred", "copied"})  # the message can be read on
