"""An opened message as it is shown."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest

from tests.pages.samples import EVIL, FOLDERS, LENA, MIRA, request, summary
from webmail.config import load
from webmail.http.backend.model import Message
from webmail.http.pages import reading
from webmail.http.pages.letter import Raw, _text_html
from webmail.http.pages.reading import View, _file
from webmail.http.pages.render import Renderer
from webmail.mail.headers import Person
from webmail.wire.imap_replies import Envelope, Part

TEXT = Part("1", "text", "plain", params={"charset": b"utf-8"})
PDF = Part(
    "2",
    "application",
    "pdf",
    encoding="base64",
    size=78_000,
    disposition_params={"filename": b"East elevation.pdf"},
)
NESTED = Part(
    "3",
    "message",
    "rfc822",
    size=900,
    envelope=Envelope(None, b"Inner", (), (), (), (), (), (), None, None),
    parts=(Part("3.1", "text", "plain"),),
)
PLACE = ("A&B", 77, 5)


@pytest.fixture(scope="module")
def render() -> Renderer:
    return Renderer(load(Path("/nonexistent/webmail.conf")))


def message(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "folder": "INBOX", "uidvalidity": 77, "summary": summary(5), "structure": TEXT, "from_": (LENA,),
        "to": (MIRA,), "cc": (), "bcc": (), "reply_to": (), "message_id": "", "in_reply_to": "", "references": "",
    }  # fmt: skip
    return Message(**(values | changes))


def shown(render: Renderer, opened: Message, query: str = "", **changes: Any) -> str:
    people = (("From", opened.from_), ("To", opened.to))
    values: dict[str, Any] = {
        "page": 1, "special": "inbox", "people": people, "files": (), "frame": "",
        "text": _text_html(Raw(TEXT, b"Hello\n")), "cut": False, "other": "",
    }  # fmt: skip
    view = View(message=opened, **(values | changes))
    answer = render.page(request(query), "message.html", view=view, list=None, folders=FOLDERS, here="INBOX")
    return bytes(answer.body).decode()


def test_everything_that_can_be_done_has_its_name(render: Renderer) -> None:
    text = shown(render, message())
    for words in (
        "Reply",
        "Reply all",
        "Forward",
        "Delete",
        "Archive",
        "Junk",
        "Move",
        "Mark as unread",
        "Print",
    ):
        assert f"{words}<" in text, words
    assert "Hello<br>" in text
    assert "<bdi>you</bdi>" in text


def test_html_comes_in_a_sandbox(render: Renderer) -> None:
    text = shown(render, message(), frame="/mail/77/5/body/1.2?folder=INBOX")
    assert (
        '<iframe class="letter" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mail/77/5/body/1.2'
        in text
    )


def test_hostile_headers_stay_in_their_places(render: Renderer) -> None:
    evil = Person(EVIL, f"{EVIL}@x.example")
    text = shown(render, message(summary=summary(subject=EVIL), from_=(evil,), to=(evil,) * 9))
    assert "<script>alert" not in text
    assert "and 6 others" in text
    assert html.unescape(text).count(EVIL) >= 10


def test_nobody_at_all(render: Renderer) -> None:
    text = shown(render, message(from_=(), to=(), summary=summary(sender=(), subject="")))
    assert "(nobody)" in text
    assert "(no subject)" in text
    assert "to nobody named" in text


def test_a_draft_can_be_gone_on_with(render: Renderer) -> None:
    draft = message(summary=summary(flags=frozenset({"\\draft"})))
    assert "Continue writing" in shown(render, draft, special="drafts")
    assert "Continue writing" not in shown(render, message(), special="drafts")


def test_an_attachment_is_named_and_weighed() -> None:
    file = _file(PDF, PLACE)
    assert (file.name, file.kind, file.size) == ("East elevation.pdf", "PDF", 57_000)
    assert file.href == "/mail/77/5/part/2?folder=A%26B"
    assert not file.opens


def test_a_message_in_a_message_can_be_opened() -> None:
    file = _file(NESTED, PLACE)
    assert file.name == "Inner.eml"
    assert file.opens == "/mail/77/5/print?folder=A%26B&section=3"


@pytest.mark.parametrize(
    ("headers", "method", "read"),
    [
        ([], "GET", True),
        ([], "HEAD", False),
        ([(b"sec-purpose", b"prefetch;prerender")], "GET", False),
        ([(b"purpose", b"prefetch")], "GET", False),
    ],
)
def test_only_a_person_reads(headers: list[tuple[bytes, bytes]], method: str, read: bool) -> None:
    asked = request()
    asked.scope["headers"] = headers
    asked.scope["method"] = method
    assert reading._is_read_by_a_person(asked) is read
