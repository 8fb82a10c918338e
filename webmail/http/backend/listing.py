"""The pages of a folder's list, newest first, each at the cost of the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from webmail.http.backend import sparing
from webmail.http.backend.cache import Window
from webmail.http.backend.model import Page, Summary
from webmail.http.backend.refusals import refusal
from webmail.http.backend.session import Selected, Session, mailbox_name, merged
from webmail.mail.headers import decode, parse_date, people
from webmail.mail.parts import attachments
from webmail.wire.imap_commands import fetch
from webmail.wire.imap_replies import Envelope, Fetch
from webmail.wire.imap_sets import SequenceSet

ROW = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE")
NEWS = ("UID", "FLAGS")  # all that can have changed about a row that is known
MAX_SIZE = 500  # rows of one page
MAX_ID = 1000  # octets of a Message-ID
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

NO_ENVELOPE = Envelope(None, None, (), (), (), (), (), (), None, None)


async def page(session: Session, spare: bool, folder: str, number: int = 1, size: int = 50) -> Page:
    """SELECT or NOOP, then one FETCH. A page beyond the last one is the last one.

    `spare`: what of a message can be without end is not asked for.
    """
    here = await session.select(mailbox_name(folder), current=True)
    total, size = session.connection.heard.exists, min(max(1, size), MAX_SIZE)
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    last = total - (number - 1) * size
    rows = await _rows(session, here, max(1, last - size + 1), last, spare=spare) if total else ()
    return Page(here.name, here.uidvalidity, total, number, pages, rows)


async def _rows(
    session: Session, here: Selected, first: int, last: int, *, spare: bool
) -> tuple[Summary, ...]:
    shelf = session.shelf(here)
    uids = shelf.uids(session.stamp, first, last)
    if uids is not None:
        found = await _fetched(session, first, last, NEWS)
        rows = [_renewed(shelf.rows[it.uid], it) for it in found if it.uid in shelf.rows]
        if len(rows) == len(uids):
            return _kept(session, here, first, rows)
    found = await _fetched(session, first, last, sparing.ROW if spare else ROW)
    return _kept(session, here, first, [row(sparing.told(it) if spare else it) for it in found])


async def _fetched(session: Session, first: int, last: int, what: tuple[str, ...]) -> list[Fetch]:
    """By sequence number, newest first; what others expunged meanwhile is missing."""
    command = fetch(SequenceSet(((first, last),)), what, uid=False)
    answer = await session.try_(command)
    found = merged(answer)
    if answer.tagged.status != "OK":
        error = refusal(answer.tagged, command.name)
        if not found:
            raise error
        session.log.getChild("General").warning(
            "%s of %s: not all of a page: %s", session.login, session.route.host, error
        )
    numbers = sorted((it for it in found if first <= it <= last), reverse=True)
    return [found[it] for it in numbers if _answers(found[it], what)]


def _answers(reply: Fetch, what: tuple[str, ...]) -> bool:
    """Whether this is what was asked for, not only news."""
    told = reply.flags if what is NEWS else reply.envelope or reply.internaldate or reply.size
    return reply.uid is not None and told is not None


def _kept(session: Session, here: Selected, first: int, rows: list[Summary]) -> tuple[Summary, ...]:
    uids = tuple(it.uid for it in rows)
    session.cache.keep_rows(session.key(here), rows, Window(session.stamp, first, uids))
    return tuple(rows)


def _renewed(known: Summary, news: Fetch) -> Summary:
    flags = flags_of(news.flags or ())
    return known if flags == known.flags else replace(known, flags=flags)


def row(told: Fetch) -> Summary:
    """A Summary of a reply to ROW."""
    envelope = told.envelope or NO_ENVELOPE
    received = told.internaldate or LONG_AGO
    return Summary(
        uid=told.uid or 0,
        flags=flags_of(told.flags or ()),
        sender=people(envelope.from_ or envelope.sender),
        recipients=people(envelope.to or envelope.cc or envelope.bcc),
        subject=decode(envelope.subject),
        date=parse_date(envelope.date) or received,
        received=received,
        size=told.size or 0,
        attachments=told.structure is not None and bool(attachments(told.structure)),
        message_id=plain(envelope.message_id),
    )


def flags_of(flags: Iterable[str]) -> frozenset[str]:
    return frozenset(flag.lower() if flag.startswith("\\") else flag for flag in flags)


def plain(octets: bytes | None) -> str:
    """A Message-ID as text: one line, printable, bounded."""
    text = (octets or b"")[:MAX_ID].decode("utf-8", "replace").strip()
    return text if text.isprintable() else "".join(it for it in text if it.isprintable())
