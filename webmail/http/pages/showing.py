"""The page on which a letter is written, as HTML and as JSON for its script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webmail.errors import Busy, Unavailable
from webmail.http.backend.model import Folder
from webmail.http.pages import weighing
from webmail.http.pages.composing import Complaint, Letter, Recipients
from webmail.http.pages.desk import Desk, aside
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.wire import ProtocolError

TITLES = {
    "reply": N_("Reply"),
    "replyall": N_("Reply to all"),
    "forward": N_("Forward"),
    "attach": N_("Forward"),
}
KIND_LETTERS = 4  # of a file's extension that fit its tile


@dataclass(frozen=True, slots=True)
class Row:
    """A file as the page shows it."""

    id: str
    name: str
    size: int
    kind: str


async def page(
    request: Request,
    desk: Desk,
    letter: Letter,
    files: Sequence[File],
    *,
    status: int = 200,
    complaints: Sequence[Complaint] = (),
    problem: str = "",
    notes: Sequence[str] = (),
    told: str = "",
) -> Response:
    """The letter's page, with all that was typed and these files."""
    _ = desk.translate
    listed = await folders(desk)

    def rendered() -> Response:
        return desk.here.render.page(
            request,
            "write.html",
            status,
            folders=listed,
            letter=letter,
            title=_(TITLES.get(letter.how, N_("Write"))),
            sender=desk.sender,
            files=rows(files),
            limits=desk.limits,
            overhead=weighing.weight(desk.message(letter, Recipients(), ())),
            total=total(files),
            words=weighing.words(desk.limits, _),
            complaints=[said(complaint, desk) for complaint in complaints],
            problem=problem,
            notes=notes,
            told=told,
        )

    return await aside(letter, rendered)


async def folders(desk: Desk) -> tuple[Folder, ...]:
    """The rail's folders; none while the backend is away: a letter can be written all the same."""
    try:
        async with desk.lease() as box:
            return await box.folders()
    except (Unavailable, Busy, ProtocolError):
        return ()


def said(complaint: Complaint, desk: Desk) -> Complaint:
    """The complaint in the person's language."""
    return Complaint(complaint.field, desk.translate(complaint.text).format(**dict(complaint.values)))


def refusal(
    desk: Desk,
    files: Sequence[File],
    *,
    status: int,
    kind: str,
    problem: str,
    complaints: Sequence[Complaint] = (),
    lost: Sequence[str] = (),
) -> Response:
    """For the script: why not, and where."""
    answer = {
        "error": problem,
        "kind": kind,
        "fields": {
            complaint.field: said(complaint, desk).text for complaint in complaints if complaint.field
        },
        "lost": list(lost),
        "files": [asdict(row) for row in rows(files)],
    }
    return JSONResponse(answer, status)


def saved(letter: Letter, files: Sequence[File], told: str) -> Response:
    """For the script: where the draft lies now, and what is attached to it."""
    return JSONResponse(
        {
            "told": told,
            "saved": str(letter.saved or ""),
            "replaces": letter.replaces,
            "here": address(letter),
            "files": [asdict(row) for row in rows(files)],
            "total": total(files),
        }
    )


def address(letter: Letter) -> str:
    """Where this letter is found again: its draft, and while the session lives its files."""
    query: dict[str, object] = {"how": "new", "compose": letter.compose}
    if letter.saved is not None and letter.saved.uid:
        place = letter.saved
        query |= {"how": "draft", "folder": place.folder, "uidvalidity": place.uidvalidity, "uid": place.uid}
    return f"/write?{urlencode(query, encoding='utf-8', errors='surrogatepass')}"


def rows(files: Sequence[File]) -> list[Row]:
    return [Row(file.id, file.name, file.size, _kind(file.name)) for file in files]


def total(files: Sequence[File]) -> int:
    return sum(file.size for file in files)


def _kind(name: str) -> str:
    stem, _dot, end = name.rpartition(".")
    return end.upper() if stem and len(end) <= KIND_LETTERS and end.isalnum() else "…"
