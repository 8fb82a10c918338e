"""The list of messages: newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby, pairwise

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from webmail.http.backend.model import Folder, Page, Summary
from webmail.http.gateway import gateway, identity
from webmail.http.pages import asked, formats, rail
from webmail.http.pages.formats import Translate
from webmail.http.pages.render import glyph, mail_url, write_url
from webmail.i18n import N_
from webmail.mail.headers import Person

OWN_MAIL = frozenset({"sent", "drafts"})  # their rows name who it goes to
NOBODY = Person("", "")
LEAST = 1000  # octets: in a list, smaller ones are all the same


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the list shows it; everything is written out."""

    uid: int
    unread: bool
    who: str
    initials: str
    tone: int
    subject: str
    href: str
    marks: Markup
    star: Markup
    iso: str
    when: str
    size: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list, in groups of days."""

    folder: str
    title: str
    special: str
    uidvalidity: int
    number: int
    pages: int
    total: int
    unseen: int
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


async def list_page(request: Request) -> Response:
    """GET /mail?folder=&page="""
    here, name = gateway(request), asked.folder(request)
    async with here.pool.lease(identity(request)) as box:
        page = await box.page(name, asked.page_number(request.query_params.get("page", "")))
        folders = await box.folders()
    translate = here.render.translate(request)
    shown = view(page, folders, here.render.zone(request), translate)
    return here.render.page(request, "list.html", list=shown, folders=folders, here=name)


def view(page: Page, folders: Sequence[Folder], zone: tzinfo, translate: Translate) -> Listing:
    """The page as it is shown to someone in this zone and language."""
    folder = next((f for f in folders if f.name == page.folder), None)
    scribe = _Scribe(page, folder.special if folder else "", zone, translate)
    return Listing(
        folder=page.folder,
        title=rail.label(folder, translate) if folder else page.folder,
        special=folder.special if folder else "",
        uidvalidity=page.uidvalidity,
        number=page.number,
        pages=page.pages,
        total=page.total,
        unseen=(folder.unseen or 0) if folder else 0,
        groups=tuple(scribe.groups(page.rows)),
    )


class _Scribe:
    """Writes the rows of one page; what they share is looked up once."""

    def __init__(self, page: Page, special: str, zone: tzinfo, translate: Translate) -> None:
        self._page = page
        self._own = special in OWN_MAIL
        self._zone = zone
        self._now = formats.local(datetime.now(UTC), zone)
        self._ = translate
        self._base = mail_url(page.folder, page=page.number if page.number > 1 else None)

    def groups(self, rows: Iterable[Summary]) -> Iterable[tuple[str, tuple[Row, ...]]]:
        """By the day of arrival, which is what the list is sorted by; the row tells the letter’s own date.

        Where messages came in another order, as in Trash, there is one group without a heading.
        """
        days = [(heading, tuple(group)) for heading, group in groupby(rows, self._heading)]
        if any(self._day(later[0]) > self._day(sooner[0]) for (_, sooner), (_, later) in pairwise(days)):
            days = [("", tuple(summary for _, group in days for summary in group))]
        for heading, group in days:
            yield heading, tuple(self._row(summary) for summary in group)

    def _heading(self, summary: Summary) -> str:
        return formats.day_heading(self._day(summary), self._now.date(), self._)

    def _day(self, summary: Summary) -> date:
        return formats.local(summary.received, self._zone).date()

    def _row(self, summary: Summary) -> Row:
        people = summary.recipients if self._own else summary.sender
        first = people[0] if people else NOBODY
        who = formats.names(people) if people else self._(N_("(nobody)"))
        return Row(
            uid=summary.uid,
            unread=not summary.seen,
            who=who,
            initials=formats.initials(formats.name(first)),
            tone=formats.tone(first.address),
            subject=summary.subject or self._(N_("(no subject)")),
            href=self._href(summary),
            marks=self._marks(summary),
            star=glyph("star", self._(N_("Starred")), "starred") if summary.flagged else Markup(),
            iso=summary.date.isoformat(timespec="seconds"),
            when=formats.short_when(formats.local(summary.date, self._zone), self._now, self._),
            size=formats.size(max(summary.size, LEAST), self._),
        )

    def _href(self, summary: Summary) -> str:
        if self._own and summary.draft:
            return write_url("draft", self._page.folder, self._page.uidvalidity, summary.uid)
        path, _, query = self._base.partition("?")
        return f"{path}/{self._page.uidvalidity}/{summary.uid}?{query}"

    def _marks(self, summary: Summary) -> Markup:
        marks = Markup()
        if summary.answered:
            marks += glyph("reply", self._(N_("Answered")), "turns")
        if summary.forwarded:
            marks += glyph("forward", self._(N_("Forwarded")), "turns")
        if summary.attachments:
            marks += glyph("clip", self._(N_("Has attachments")))
        return marks
