"""The list as it is shown: whom it names, what it marks, and that nothing of a message gets out of its place."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pages.samples import EVIL, FOLDERS, LENA, MIRA, page_of, request, summary
from webmail.config import load
from webmail.http.backend.model import Folder, Page
from webmail.http.pages import listing
from webmail.http.pages.render import Renderer
from webmail.mail.headers import Person


@pytest.fixture(scope="module")
def render() -> Renderer:
    return Renderer(load(Path("/nonexistent/webmail.conf")))


def shown(render: Renderer, page: Page, query: str = "", folders: tuple[Folder, ...] = FOLDERS) -> str:
    asked = request(query)
    view = listing.view(page, folders, render.zone(asked), render.translate(asked))
    answer = render.page(asked, "list.html", list=view, folders=folders, here=page.folder)
    assert answer.status_code == 200
    return bytes(answer.body).decode()


def test_a_row_tells_all_in_words_too(render: Renderer) -> None:
    flags = frozenset({"\\flagged", "\\answered", "$Forwarded"})
    text = shown(render, page_of(summary(5, flags=flags, attachments=True)))
    row = text[text.index('data-uid="5"') : text.index("</li>", text.index('data-uid="5"'))]
    words = re.sub(r"<[^>]+>", " ", row)
    for word in (
        "Unread.",
        "Lena Ørsted",
        "Subject 5",
        "38 kB",
        "Starred",
        "Answered",
        "Forwarded",
        "Has attachments",
    ):
        assert word in words
    assert 'href="/mail/77/5?folder=INBOX"' in row


def test_read_is_not_marked(render: Renderer) -> None:
    text = shown(render, page_of(summary(flags=frozenset({"\\seen"}))))
    assert "is-unread" not in text
    assert "Unread." not in text


@pytest.mark.parametrize("folder", ["Drafts", "Gesendet"])
def test_own_mail_names_its_recipients(render: Renderer, folder: str) -> None:
    text = shown(
        render, page_of(summary(sender=(MIRA,), recipients=(LENA, Person("", "b@x.example"))), folder=folder)
    )
    assert '<bdi class="cut">Lena Ørsted, b@x.example</bdi>' in text


def test_a_draft_opens_in_the_composer(render: Renderer) -> None:
    text = shown(render, page_of(summary(9, flags=frozenset({"\\draft"})), folder="Drafts"))
    assert 'href="/write?how=draft&amp;folder=Drafts&amp;uidvalidity=77&amp;uid=9"' in text


def test_nothing_of_a_message_gets_out_of_its_place(render: Renderer) -> None:
    evil = Person(EVIL, f"{EVIL}@x.example")
    row = summary(sender=(evil,), subject=EVIL)
    folder = Folder(EVIL, EVIL, "/", messages=1, unseen=1)
    text = shown(render, page_of(row, folder=EVIL), folders=(*FOLDERS, folder))
    assert "<script>" not in text
    assert "62710561" not in re.sub(r"<[^>]*>", "", text)
    assert html.unescape(text).count(EVIL) >= 4


def test_no_sender_and_no_subject(render: Renderer) -> None:
    text = shown(render, page_of(summary(sender=(), subject="")))
    assert "(nobody)" in text
    assert "(no subject)" in text


def test_days_are_those_of_arrival(render: Renderer) -> None:
    """A letter with a date of long ago, that arrived today, stands where it arrived."""
    now = datetime.now(UTC)
    rows = (
        summary(3, received=now, date=now),
        summary(2, received=now, date=now - timedelta(days=4000)),
        summary(1, received=now, date=now),
    )
    text = shown(render, page_of(*rows))
    assert text.count('class="day"') == 1


def test_days_that_come_in_no_order_are_not_headed(render: Renderer) -> None:
    """Trash: today’s, then one from yesterday that was deleted sooner, then today’s again."""
    now = datetime.now(UTC)
    rows = (
        summary(3, received=now),
        summary(2, received=now - timedelta(days=1)),
        summary(1, received=now),
    )
    text = shown(render, page_of(*rows))
    assert 'class="day"' not in text
    assert [text.index(f'data-uid="{uid}"') for uid in (3, 2, 1)] == sorted(
        text.index(f'data-uid="{uid}"') for uid in (1, 2, 3)
    )


def test_the_pager_knows_its_ends(render: Renderer) -> None:
    first = shown(render, page_of(summary(), number=1, pages=2000))
    assert 'rel="next" href="/mail?folder=INBOX&amp;page=2"' in first
    assert 'rel="prev"' not in first
    last = shown(render, page_of(summary(), number=2000, pages=2000))
    assert 'rel="prev" href="/mail?folder=INBOX&amp;page=1999"' in last
    assert 'rel="next"' not in last
    assert 'href="/mail/77/1?folder=INBOX&amp;page=2000"' in last
    assert 'class="pager"' not in shown(render, page_of(summary()))


def test_an_empty_folder_says_so(render: Renderer) -> None:
    text = shown(render, page_of(folder="Projects/Ä & ö"))
    assert "This folder is empty." in text
    assert 'name="uid"' not in text


def test_what_was_done_is_told_from_a_fixed_table(render: Renderer) -> None:
    assert "3 messages moved to Trash." in shown(render, page_of(summary()), "told=deleted&n=3")
    assert "Message moved to Trash." in shown(render, page_of(summary()), "told=deleted&n=1")
    for query in ("told=<b>x</b>", "told=moved&n=<b>", "told=moved&n=99999999999999999999", "told=moved&n=²"):
        assert "<b>" not in shown(render, page_of(summary()), query)


def test_thousands_of_folders_do_not_make_the_page_heavy(render: Renderer) -> None:
    many = tuple(Folder(f"F{n:04}", f"F{n:04}", "/") for n in range(5000))
    text = shown(render, page_of(summary(), folder="F4999"), folders=many)
    assert len(text) < 100_000
    assert '<a class="folder" href="/mail?folder=F4999" title="F4999" aria-current="page">' in text
    assert "Or its whole name" in text


def test_unsubscribed_folders_are_not_in_the_rail(render: Renderer) -> None:
    folders = (*FOLDERS, Folder("Hidden", "Hidden", "/", subscribed=False))
    rail = shown(render, page_of(summary()), folders=folders).partition("<main")[0]
    assert "Hidden" not in rail
    assert (
        "Hidden" in shown(render, page_of(summary(), folder="Hidden"), folders=folders).partition("<main")[0]
    )


def test_a_row_costs_little(render: Renderer) -> None:
    """The weight of a page of fifty, which each visit of the list pays."""
    rows = [replace(summary(n), subject="A subject of usual length, forty signs") for n in range(1, 51)]
    assert len(shown(render, page_of(*rows))) < 60_000
