"""Sending: checks the letter, hands it to the outbox for good, and tells what came of it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from webmail.errors import MailError
from webmail.http.guard import wants_json
from webmail.http.outbox import Entry, Origin, State, Submission
from webmail.http.pages import drafting, restoring, showing, weighing
from webmail.http.pages.attaching import Posted
from webmail.http.pages.composing import NAMELESS, Complaint, Letter, Recipients, recipients
from webmail.http.pages.desk import Desk, aside
from webmail.i18n import N_
from webmail.mail import compose
from webmail.mail.compose import Outgoing
from webmail.mail.headers import wire_address

PATIENCE = 3.0  # seconds in which most MTAs have taken a message; longer nobody looks at a button
HOWS_FLAGS = {
    "reply": drafting.ANSWERED,
    "replyall": drafting.ANSWERED,
    "forward": drafting.FORWARDED,
    "attach": drafting.FORWARDED,
}
MEND = N_("Not sent yet: please look at the fields marked below.")
REFUSED = N_("Not sent. The mail server says: {words}")
NOT_TAKEN = N_("Not sent: {reason}")
MALFORMED = N_("A field holds characters that mail can’t carry.")
LOST = N_(
    "Not sent: {n} of the files went when you were signed out. Attach them again; everything else is here."
)


async def send(request: Request, at: Desk, posted: Posted) -> Response:
    """Hand the letter in, once however often the button was pressed."""
    known = await _handed_in(at, posted.letter)
    if known is not None:
        return await _tell(request, at, posted, known)
    posted, lost = await restoring.restore(at, posted)
    if lost:
        problem = at.translate(LOST).format(n=len(lost))
        return await _not_sent(request, at, posted, 409, "files", problem, lost=lost)
    whom, complaints = await aside(posted.letter, recipients, posted.letter)
    if complaints:
        return await _not_sent(request, at, posted, 422, "fields", at.translate(MEND), complaints)
    if posted.refused:
        problem = at.translate(NOT_TAKEN).format(reason=" ".join(posted.refused))
        return await _not_sent(request, at, posted, 413, "toobig", problem)
    return await _hand_in(request, at, posted, whom)


def leave(request: Request, letter: Letter, told: str) -> Response:
    """On to the list from which the letter was begun, with a word on what was done."""
    folder = letter.origin.folder if letter.origin else "INBOX"
    go = f"/mail?{urlencode({'folder': folder, 'told': told}, encoding='utf-8', errors='surrogatepass')}"
    return JSONResponse({"told": told, "go": go}) if wants_json(request) else RedirectResponse(go, 303)


async def _hand_in(request: Request, at: Desk, posted: Posted, whom: Recipients) -> Response:
    letter = posted.letter
    try:
        message, octets, submission = await aside(letter, _weighed, at, posted, whom)
    except ValueError:
        return await _not_sent(request, at, posted, 422, "fields", at.translate(MALFORMED))
    if octets > at.limits.message:
        problem = weighing.too_heavy(octets, at.limits, at.translate)
        return await _not_sent(request, at, posted, 413, "toobig", problem)
    try:
        entry = await at.here.outbox.accept(submission, compose.blocks(message, bcc=False))
    except MailError as error:
        problem = at.translate(NOT_TAKEN).format(reason=error.said(at.translate))
        return await _not_sent(request, at, posted, 503, "unavailable", problem)
    except FileNotFoundError:
        # The other press of the button was quicker, and its files have gone already.
        entry = await _handed_in(at, letter)  # type: ignore[assignment]
        if entry is None:
            raise
    return await _tell(request, at, posted, entry)


def _weighed(at: Desk, posted: Posted, whom: Recipients) -> tuple[Outgoing, int, Submission]:
    """Raises ValueError for what must not go out."""
    message = at.message(posted.letter, whom, posted.files)
    return message, weighing.weight(message), _submission(at, posted.letter, message, whom)


async def _handed_in(at: Desk, letter: Letter) -> Entry | None:
    return await at.here.outbox.find(at.session.user.uid, letter.compose)


def _submission(at: Desk, letter: Letter, message: Outgoing, whom: Recipients) -> Submission:
    origin, flag = letter.origin, HOWS_FLAGS.get(letter.how, "")
    return Submission(
        user=at.session.user,
        compose=letter.compose,
        sender=wire_address(at.sender.address),
        recipients=tuple(dict.fromkeys(wire_address(address) for address in whom.addresses)),
        message_id=message.message_id,
        subject=letter.subject,
        bcc=compose.bcc_field(message),
        utf8=compose.needs_utf8(message),
        body8=compose.needs_8bit(message),
        draft="" if letter.replaces == NAMELESS else letter.replaces,
        origin=Origin(origin.folder, origin.uidvalidity, origin.uid, flag) if origin and flag else None,
    )


async def _tell(request: Request, at: Desk, posted: Posted, entry: Entry) -> Response:
    """What came of it, as far as that is known within the time that a person waits."""
    entry = await at.here.outbox.settled(entry.id, PATIENCE)
    if entry.state in {State.FAILED, State.RETURNED}:
        return await _refused(request, at, posted, entry)
    await at.forget(posted.letter.compose)
    if not entry.is_sent or posted.letter.replaces == NAMELESS:
        await _drop_draft(at, posted.letter)
    if not entry.is_sent:
        return leave(request, posted.letter, "queued")
    return leave(request, posted.letter, "unfiled" if entry.trouble and not entry.filed else "sent")


async def _drop_draft(at: Desk, letter: Letter) -> None:
    """The letter waits in the outbox now; sent from Drafts too it would go out twice."""
    try:
        await drafting.drop(at, letter)
    except MailError as error:
        at.here.log.getChild("Account").warning("draft of %s not removed: %s", at.session.user.uid, error)


async def _refused(request: Request, at: Desk, posted: Posted, entry: Entry) -> Response:
    """Back to the letter, which lies in Drafts again, with the MTA's words."""
    words = at.translate(entry.words)
    letter = posted.letter
    problem = at.translate(REFUSED).format(words=words)
    complaints = [
        Complaint(name, N_("The mail server does not take {address}."), (("address", address),))
        for name, address in await aside(letter, _named, letter, words)
    ]
    return await _not_sent(request, at, posted, 422, "refused", problem, complaints)


def _named(letter: Letter, words: str) -> list[tuple[str, str]]:
    """Fields with an address that the MTA's words name; each field once."""
    whom, _complaints = recipients(letter)
    found: dict[str, str] = {}
    for name in ("to", "cc", "bcc"):
        for person in getattr(whom, name):
            if person.address.lower() in words.lower():
                found.setdefault(name, person.address)
    return list(found.items())


async def _not_sent(
    request: Request,
    at: Desk,
    posted: Posted,
    status: int,
    kind: str,
    problem: str,
    complaints: list[Complaint] | None = None,
    lost: tuple[str, ...] = (),
) -> Response:
    """The page once more, with everything kept and the reason."""
    if wants_json(request):
        return showing.refusal(
            at,
            posted.files,
            status=status,
            kind=kind,
            problem=problem,
            complaints=complaints or (),
            lost=lost,
        )
    return await showing.page(
        request,
        at,
        posted.letter,
        posted.files,
        status=status,
        complaints=complaints or (),
        problem=problem,
    )
