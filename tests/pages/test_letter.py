"""A letter in its frame: what its policy allows, whose colours it wears, how its pictures get into it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Run
from webmail.config import load
from webmail.errors import NotFound
from webmail.http.pages import letter
from webmail.http.pages.letter import Body, Pictures, Raw
from webmail.http.pages.render import Renderer
from webmail.wire.imap_replies import Part

PNG = Part("2", "image", "png", id=b"<a@x>", encoding="base64", size=1000)
SVG = Part("3", "image", "svg+xml", id=b"<b@x>", size=1000)
HTML = Part("1", "text", "html", params={"charset": b"utf-8"})


@pytest.fixture(scope="module")
def render() -> Renderer:
    return Renderer(load(Path("/nonexistent/webmail.conf")))


def readable(run: Run, html: str, pictures: Pictures | None = None) -> Body:
    body = run(letter.readable(Raw(HTML, html.encode()), pictures or Pictures({})))
    assert isinstance(body, Body)
    return body


def test_the_policy_of_a_letter_lets_nothing_out() -> None:
    policy = letter.HEADERS["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox;" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy


def test_a_picture_from_inside_gets_into_its_place(run: Run) -> None:
    pictures = Pictures({"a@x": PNG})
    body = readable(run, '<p>one<img src="cid:a@x" alt="it">two</p>', pictures)
    (before, part), (after, nothing) = pictures.split(body.html)
    assert before.endswith('src="data:image/png;base64,')
    assert part is PNG
    assert after.startswith('"')
    assert after.endswith("two</p>")
    assert nothing is None


def test_other_pictures_have_no_place(run: Run) -> None:
    pictures = Pictures({"a@x": PNG, "b@x": SVG})
    body = readable(
        run, '<img src="cid:b@x"><img src="cid:none@x"><img src="https://x.example/t.gif">', pictures
    )
    assert "src" not in body.html
    assert body.blocked == 1
    assert len(list(pictures.split(body.html))) == 1


def test_a_letter_cannot_ask_for_a_picture_for_ever() -> None:
    pictures = Pictures({"a@x": PNG})
    assert sum(pictures("a@x") is not None for _ in range(1000)) == letter.MAX_PICTURES
    big = Pictures({"a@x": Part("2", "image", "png", size=letter.MAX_PICTURE_OCTETS // 2)})
    assert sum(big("a@x") is not None for _ in range(10)) == 2


def test_a_letter_cannot_forge_a_place(run: Run) -> None:
    pictures = Pictures({"a@x": PNG})
    other = Pictures({"a@x": PNG})
    forged = str(other("a@x"))
    body = readable(run, f'<p>{forged}</p><img src="{forged}">', pictures)
    assert len(list(pictures.split(body.html))) == 1


@pytest.mark.parametrize("sizes", [[1], [3], [1, 1, 1, 1, 1], [5, 0, 7], []])
def test_base64_flows_whatever_the_blocks(run: Run, sizes: list[int]) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for number, size in enumerate(sizes):
            yield bytes([number]) * size

    async def flowed() -> bytes:
        return b"".join([piece async for piece in letter._base64(blocks())])

    whole = b"".join(bytes([number]) * size for number, size in enumerate(sizes))
    assert base64.b64decode(run(flowed()), validate=True) == whole


def test_a_picture_that_fails_leaves_the_letter_whole(run: Run) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        yield b"abcd"
        raise NotFound

    async def flowed() -> bytes:
        return b"".join([piece async for piece in letter._base64(blocks())])

    assert run(flowed()) == base64.b64encode(b"abc")


@pytest.mark.parametrize(
    ("html", "colours"),
    [
        ("<p>plain</p>", False),
        ('<p style="font-size:19px">big</p>', False),
        ('<p style="color:#900">red</p>', True),
        ('<p style="padding:1px;background-color:#fee">pink</p>', True),
        ('<table bgcolor="#fff"><tr><td>x</table>', True),
        ('<font color="red">x</font>', True),
        ("<p>color: red; bgcolor=x</p>", False),
    ],
)
def test_letters_with_colours_keep_their_paper(run: Run, html: str, colours: bool) -> None:
    assert readable(run, html).colours is colours


def test_too_much_html_is_shown_as_its_text(run: Run) -> None:
    body = readable(run, "<i>" * 100_000 + "Hello &lt;b&gt;")
    assert body.plainer
    assert "Hello &lt;b&gt;" in body.html
    assert "<i>" not in body.html


def test_a_long_letter_is_made_harmless_in_a_thread(run: Run) -> None:
    body = readable(run, "<p>x</p>" * 20_000 + "<script>alert(1)</script>")
    assert "script" not in body.html


def test_text_is_shown_as_text(run: Run) -> None:
    part = Part("1", "text", "plain", params={"charset": b"utf-8", "format": b"Flowed"})
    body = run(letter.readable(Raw(part, b"a \nb <b>\n> q\n"), Pictures({})))
    assert "a b &lt;b&gt;" in body.html
    assert "<blockquote>" in body.html
    assert body.is_text


def test_the_document_tells_what_is_not_loaded(render: Renderer) -> None:
    text = render.text("letter.html", body=Body("<p>x</p>", blocked=3, colours=True), problem="")
    assert "3 pictures are not loaded" in text
    assert 'class="is-paper"' in text
    assert "<script" not in text
