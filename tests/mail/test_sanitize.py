"""HTML made harmless: what stays, what goes, and that nothing else can be in the result."""

from __future__ import annotations

import re
import threading
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail import payloads
from tests.mail.markup import canonical
from webmail.mail import sanitize as module
from webmail.mail.sanitize import Clean, TooMuch, document, sanitize

STYLE = re.compile(r"[a-z-]+:[a-z0-9#%.,/ '+*()-]+(?:;[a-z-]+:[\w#%.,/ '+*()-]+)*", re.IGNORECASE)


def no_picture(_cid: str) -> None:
    return None


def clean(html: str) -> str:
    return sanitize(html, no_picture).html


class _Judge(HTMLParser):
    """Fails for anything that the allow-list does not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in module._TAGS, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        for name, value in attrs:
            self.attribute(tag, name, value or "")

    def attribute(self, tag: str, name: str, value: str) -> None:
        allowed = module._ATTRIBUTES.get(tag, set()) | module._ATTRIBUTES["*"]
        if tag == "a":
            allowed = allowed | {"rel", "target"}
        assert name in allowed - {"background", "srcset"}, (tag, name)
        assert "evil.test" not in value or name in {"title", "alt", "href"}, value
        match name:
            case "href":
                assert re.match(r"(https?://|mailto:)", value, re.IGNORECASE), value
            case "src":
                assert re.fullmatch(
                    r"/picture/.*|data:image/(png|gif|jpe?g|webp|bmp);base64,[\w+/=%]*", value
                ), value
            case "style":
                assert STYLE.fullmatch(value), value
                besides = re.sub(r"font(-family)?:[^;]*|table-layout:fixed", "", value)
                assert not re.search(r"url|var|expression|fixed|absolute|sticky|@|\\", besides), value
            case "rel":
                assert value == "noopener noreferrer nofollow"
            case "target":
                assert value == "_blank"
            case _:
                assert name in {"title", "alt"} or not set(value) & set("<>&;"), value

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def judge(fragment: str) -> None:
    parser = _Judge()
    parser.feed(fragment)
    parser.close()


@pytest.mark.parametrize("payload", payloads.ALL)
def test_payloads(payload: str) -> None:
    done = sanitize(payload, lambda cid: f"/picture/{len(cid)}")
    judge(done.html)
    again = clean(done.html)
    judge(again)
    assert canonical(clean(again)) == canonical(again)


def test_all_payloads_at_once_and_inside_each_other() -> None:
    judge(clean("".join(payloads.ALL)))
    for outer in (
        "<table><tr><td>",
        "<svg>",
        "<p title='",
        "<style>",
        "<!--",
        "<select>",
        "<math><mtext>",
        "<b><table>",
    ):
        judge(clean(outer + "".join(payloads.ALL)))


TOKENS = st.sampled_from(
    [
        *[
            "<script>",
            "</script>",
            "<style>",
            "</style>",
            "<svg>",
            "</svg>",
            "<math>",
            "<p",
            "</p>",
            "<img",
            "<a",
            "<table>",
            "<td>",
            "<b>",
            "</b>",
            "<!--",
            "-->",
            ">",
            "/",
            "=",
            "<",
        ],
        *(
            [
                '"',
                "'",
                "src=x",
                "onerror=hit(1)",
                "href=",
                "javascript:hit(1)",
                "style=",
                "url(http://evil.test/)",
                "http://evil.test/",
                "cid:x",
            ]
        ),
        *[
            "<template>",
            "<select>",
            "<title>",
            "<textarea>",
            "<xmp>",
            "<noscript>",
            "<iframe>",
            "<form>",
            "<mtext>",
            "<mglyph>",
            "<annotation-xml>",
        ],
        *[
            " ",
            "\t",
            "\x00",
            "\x0c",
            "\n",
            "&lt;",
            "&quot;",
            "&#x3c;",
            "&#1;",
            "é",
            "\ud7ff",
            "]]>",
            "<![CDATA[",
            "<?",
            "data:image/png;base64,AA",
            "position:fixed",
        ],
    ]
)


@given(st.lists(TOKENS, max_size=40).map("".join))
def test_any_pieces_of_html_are_harmless(html: str) -> None:
    done = clean(html)
    judge(done)
    judge(clean(done))


@given(st.text(max_size=200))
def test_any_text_is_harmless(html: str) -> None:
    judge(clean(html))


def test_what_is_blocked_is_counted() -> None:
    html = (
        '<img src="http://evil.test/1"><img src="//evil.test/2"><table background="https://evil.test/3">'
        '<td style="background:url(http://evil.test/4)"><img srcset="http://evil.test/5 2x" src="cid:a"></table>'
    )
    assert sanitize(html, no_picture).blocked == 5
    assert sanitize("<p>nothing</p><img alt=x>", no_picture).blocked == 0


def test_pictures_of_the_message_itself() -> None:
    asked: list[str] = []

    def picture(cid: str) -> str | None:
        asked.append(cid)
        return "/picture/1?key=a&b" if cid == "a@b" else None

    html = sanitize('<img src="cid:a@b"><img src="CID:a%40b"><img src=" cid:other" alt="gone">', picture).html
    assert html == '<img src="/picture/1?key=a&amp;b"><img src="/picture/1?key=a&amp;b"><img alt="gone">'
    assert asked == ["a@b", "a@b", "other"]


def test_small_pictures_inside_the_html() -> None:
    assert (
        clean('<img src="data:image/png;base64,iVBORw0K Ggo=">')
        == '<img src="data:image/png;base64,iVBORw0KGgo=">'
    )
    assert clean(f'<img src="data:image/png;base64,{"A" * module.MAX_DATA_URL}">') == "<img>"


def test_links_open_elsewhere() -> None:
    expected = (
        '<a href="https://a.example/?b=c&amp;d" rel="noopener noreferrer nofollow" target="_blank">x</a>'
    )
    assert (
        canonical(clean('<a href=" https://a.example/?b=c&d" target=_top rel=opener onclick=x>x</a>'))
        == expected
    )
    assert 'href="mailto:a@b.c?subject=x"' in clean('<a href="mailto:a@b.c?subject=x">x</a>')
    for target in (
        "/mail",
        "//evil.test",
        "?a",
        "#x",
        "javascript:x",
        "cid:x",
        "data:text/html,x",
        "https:evil",
        "http://",
    ):
        assert "href" not in clean(f'<a href="{target}">x</a>')


def test_what_was_drawn_or_run_leaves_the_text_around_it() -> None:
    html = "a<script>b</script>c<style>d</style>e<svg><text>f</text></svg>g<noscript>h</noscript><object>i</object>"
    assert clean(html).split() == ["a", "c", "e", "g", "h", "i"]


def test_too_much() -> None:
    with pytest.raises(TooMuch):
        clean("x" * 2_200_000)


def test_a_document_around_it() -> None:
    done = document(Clean("<p>ä</p>", 0).html, style="p{}")
    assert done.startswith('<!DOCTYPE html><html><head><meta charset="utf-8">')
    assert '<style>p{}</style></head><body dir="auto"><p>ä</p></body></html>' in done


def test_other_threads_get_their_turn() -> None:
    style = "color:red;margin:calc(1px + 2px);" * 20
    html = "".join(f"<p style='{style}x:{number}'>" for number in range(1500))
    worker = threading.Thread(target=sanitize, args=(html, no_picture))
    worker.start()
    longest, last = 0.0, time.monotonic()
    while worker.is_alive():
        time.sleep(0.001)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.25
