"""HTML read as text: for quoting, and when HTML is too much."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail import payloads
from webmail.mail.readable import MAX_READABLE
from webmail.mail.text import from_html

CASES = [
    ("", ""),
    ("plain &amp; simple", "plain & simple"),
    ("<p>a</p><p>b</p>", "a\n\nb"),
    ("<div>a</div><div>b</div>", "a\nb"),
    ("a<br>b<br><br>c", "a\nb\n\nc"),
    ("<p>a\n  b\tc</p>", "a b c"),
    ("<h1>T</h1>x", "T\n\nx"),
    ('<a href="https://x.example/">here</a>', "here <https://x.example/>"),
    ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
    ('<a href="mailto:a@b.c">a@b.c</a>', "a@b.c"),
    ('<a href="https://x.example/"><img src=x></a>', "<https://x.example/>"),
    ('a <a href="https://x.example/">b </a>c', "a b <https://x.example/> c"),
    ('<p title="a>b" lang=en id=x>c', "c"),
    ('<a href="javascript:x">x</a>', "x"),
    ('<img alt="A picture">', "[A picture]"),
    ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"),
    ("<ol><li>a<li><p>b</p><p>c</p></ol>d", "1. a\n2. b\n  c\n\nd"),
    ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
    ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2"),
    ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
    ("a<hr>b", "a\n--------------------\nb"),
    ("<b>a</b><i>b</i>", "ab"),
    ("a<script>x</script><style>y</style>b", "a b"),
    ("&lt;b&gt;", "<b>"),
    ("1 < 2 > 0", "1 < 2 > 0"),
]


@pytest.mark.parametrize(("html", "expected"), CASES)
def test_from_html(html: str, expected: str) -> None:
    assert from_html(html) == expected


@pytest.mark.parametrize("payload", payloads.ALL)
def test_payloads_are_text(payload: str) -> None:
    from_html(payload).encode()


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "<p>",
                "<ul>",
                "<li>",
                "<a href='http://x/'>",
                "</a>",
                "<pre>",
                "x",
                " ",
                "\n",
                "<td>",
                "<blockquote>",
                "</blockquote>",
                "<img alt=x>",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_html_is_text(html: str) -> None:
    assert "\r" not in from_html(html) or "\r" in html


@pytest.mark.parametrize(
    "piece",
    [
        "<p>x",
        "<blockquote>",
        "<ul><li>",
        "<a href='http://x/'>x",
        "x ",
        "<br>",
        "<td>",
        "<pre>\n",
        "&amp;",
        "<",
    ],
)
@pytest.mark.parametrize("length", [200_000, 2_000_000])
def test_it_takes_linear_time_and_has_an_end(piece: str, length: int) -> None:
    start = time.process_time()
    assert len(from_html(piece * (length // len(piece)))) <= MAX_READABLE
    assert time.process_time() - start < 8
