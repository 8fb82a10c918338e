"""The outbox: what waits to be sent or came back, why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webmail.errors import BadRequest
from webmail.http.forms import form
from webmail.http.guard import wants_json
from webmail.http.outbox import Entry, State
from webmail.http.pages import showing
from webmail.http.pages.desk import Desk, desk
from webmail.i18n import N_

SHOWN_RECIPIENTS = 3
STATES = {
    State.WAITING: N_("Waiting: the mail server has not taken it yet."),
    State.SENDING: N_("On its way to the mail server."),
    State.SENT: N_("Sent, but not yet filed in Sent."),
    State.DONE: N_("Sent, but not filed in Sent."),
    State.FAILED: N_("Not sent, and not yet back in Drafts."),
    State.RETURNED: N_("Not sent. It is back in Drafts."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A message of the outbox as the page shows it."""

    id: str
    subject: str
    recipients: str
    state: str
    failed: bool
    words: str  # of the MTA, and of the mailbox
    since: datetime
    next: datetime | None
    can_retry: bool
    can_cancel: bool


async def show(request: Request) -> Response:
    """GET /outbox"""
    at = await desk(request)
    entries = await at.here.outbox.entries(at.session.user.uid)
    return at.here.render.page(
        request,
        "outbox.html",
        folders=await showing.folders(at),
        here="/outbox",
        entries=[_row(entry, at) for entry in _latest(entries) if not await _mended(entry, at)],
    )


async def change(request: Request) -> Response:
    """POST /outbox: action=retry|cancel, id"""
    at = await desk(request)
    posted = await form(request)
    action, entry_id = posted.one("action"), posted.one("id")
    if action == "retry":
        await at.here.outbox.retry(at.session.user.uid, entry_id)
    elif action == "cancel":
        await at.here.outbox.cancel(at.session.user.uid, entry_id)
    else:
        raise BadRequest(detail=f"action {action[:20]!r}")
    if wants_json(request):
        return JSONResponse({})
    return RedirectResponse("/outbox", 303)


async def _mended(entry: Entry, at: Desk) -> bool:
    """Whether it came back and was then sent after all."""
    if entry.state is not State.RETURNED:
        return False
    return await at.here.outbox.find(at.session.user.uid, entry.submission.compose) is not None


def _latest(entries: Sequence[Entry]) -> list[Entry]:
    """Of a letter that came back, was mended and handed in again, the newest only."""
    seen: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: -entry.created):
        seen.setdefault(entry.submission.compose, entry)
    return list(seen.values())


def _row(entry: Entry, at: Desk) -> Row:
    _ = at.translate
    waits = entry.state is State.WAITING
    return Row(
        id=entry.id,
        subject=entry.submission.subject,
        recipients=_recipients(entry.submission.recipients),
        state=_(STATES[entry.state]),
        failed=entry.state in {State.FAILED, State.RETURNED} or bool(entry.trouble),
        words=_words(entry, at),
        since=datetime.fromtimestamp(entry.created, UTC),
        next=None if entry.is_final else datetime.fromtimestamp(max(entry.due, entry.created), UTC),
        can_retry=not entry.is_final and (waits or bool(entry.trouble)),
        can_cancel=entry.can_be_taken_back,
    )


def _words(entry: Entry, at: Desk) -> str:
    words = [at.translate(entry.words)] if entry.words else []
    if entry.trouble:
        words.append(entry.trouble.said(at.translate))
    return " ".join(words)


def _recipients(addresses: Sequence[str]) -> str:
    shown = ", ".join(addresses[:SHOWN_RECIPIENTS])
    return f"{shown}, …" if len(addresses) > SHOWN_RECIPIENTS else shown
