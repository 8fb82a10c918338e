"""Messages on a real backend, opened: what is fetched, what is marked, what the browser may do with it."""

from __future__ import annotations

import base64
import html
import re
from email.message import EmailMessage
from email.policy import default

import pytest

from tests.servers.backend import Backend
from tests.servers.mailbox import deliver
from tests.servers.product import Product
from tests.servers.visitor import Answer, Visitor

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
REMOTE = "https://track.elsewhere.test/open.gif"


def newsletter() -> bytes:
    made = EmailMessage(policy=default.clone(linesep="\r\n"))
    made["From"] = "Lena <lena@elsewhere.test>"
    made["To"] = "you@example.test"
    made["Subject"] = "Week 47"
    made["Date"] = "Mon, 05 Jan 2026 10:20:30 +0100"
    made.set_content("plain words\n")
    made.add_alternative(
        f'<p onclick="x()">rich words</p><img src="cid:p@x"><img src="{REMOTE}"><script>evil()</script>',
        subtype="html",
    )
    made.get_payload(1).add_related(PNG, "image", "png", cid="<p@x>")  # type: ignore[union-attr]
    made.add_attachment(b"\0\1\2" * 5000, "application", "pdf", filename="Größe “7”.pdf")
    return made.as_bytes()


@pytest.fixture
def address(product: Product, dovecot_a: Backend, visitor: Visitor) -> str:
    me = product.newcomer(dovecot_a)
    deliver(dovecot_a, me.name, newsletter())
    return links(visitor.sign_in(me))[0]


def links(page: Answer) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<a href="(/mail/\d+/\d+\?[^"]+)"', page.text)]


def address_of(page: Answer, *parts: str) -> str:
    """The first address of the page that holds all of these."""
    addresses = [html.unescape(found) for found in re.findall(r'(?:href|src)="([^"]*)"', page.text)]
    return next(found for found in addresses if all(part in found for part in parts))


def test_html_is_shown_in_a_sandbox_with_its_own_pictures_only(visitor: Visitor, address: str) -> None:
    frame = visitor.get(address_of(visitor.get(address), "/body/"))
    assert frame.status == 200
    assert frame.headers["content-security-policy"].startswith("sandbox allow-popups")
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "rich words" in frame.text
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in frame.text
    assert "A picture is not loaded" in frame.text
    assert not re.search(r"track\.elsewhere|onclick|evil\(", frame.text)


def test_the_same_as_text(visitor: Visitor, address: str) -> None:
    page = visitor.get(f"{address}&show=text")
    assert "plain words" in page.text
    assert "<iframe" not in page.text
    assert "Show with formatting" in page.text


def test_an_attachment_arrives_whole_and_harmless(visitor: Visitor, address: str) -> None:
    answer = visitor.get(address_of(visitor.get(address), "/part/"))
    assert answer.body == b"\0\1\2" * 5000
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_opening_marks_as_read_but_looking_ahead_does_not(visitor: Visitor, address: str) -> None:
    def unread() -> bool:
        return "is-unread" in visitor.get("/mail").text

    visitor.send("HEAD", address)
    visitor.get(address, headers={"Sec-Purpose": "prefetch"})
    assert unread()
    opened = visitor.get(address)
    assert not re.search(r'aria-current="page".*?has-new', opened.text)
    assert not unread()


def test_source_headers_and_print(visitor: Visitor, address: str) -> None:
    opened = visitor.get(address)
    source = visitor.get(address_of(opened, "/source"))
    assert b"\r\nFrom: Lena <lena@elsewhere.test>\r\n" in source.body
    assert source.body.endswith(b"--\r\n")
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    saved = visitor.get(address_of(opened, "/source", "save=1"))
    assert saved.headers["content-disposition"] == 'attachment; filename="Week 47.eml"'
    assert "Mon, 05 Jan 2026 10:20:30 +0100" in visitor.get(address_of(opened, "/headers")).text
    printed = visitor.get(address_of(opened, "/print"))
    assert "rich words" in printed.text
    assert "Lena" in printed.text
    assert printed.headers["content-security-policy"].startswith("sandbox allow-popups")


def test_the_list_stands_beside_only_where_there_is_room(visitor: Visitor, address: str) -> None:
    assert "data-uid" not in visitor.get(address).text
    visitor.cookies["wide"] = "1"
    assert 'aria-current="true"' in visitor.get(address).text


def test_what_is_not_there_is_said(visitor: Visitor, address: str) -> None:
    message, _, query = address.partition("?")
    for leaf, status in (("part/99", 404), ("body/99", 404), ("part/1", 404), ("print?section=2&", 404)):
        joint = "" if "?" in leaf else "?"
        assert visitor.get(f"{message}/{leaf}{joint}{query}").status == status, leaf
