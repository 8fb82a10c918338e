"""HTML that would cost too much is refused before it is parsed; the rest is parsed in time."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail import scan
from webmail.mail.sanitize import sanitize
from webmail.mail.scan import TooMuch, prepare

M = 2_000_000
NUMBERED = [f"a{n}" for n in range(40_000)]

BOMBS = {
    "40,000 attributes: 1.7 s in nh3, 13 s in lexbor": f"<p {' '.join(NUMBERED)}>",
    "the same, each with a bracket": "<p " + " ".join(f'{a}=">"' for a in NUMBERED) + ">",
    "the same, behind a quote in a comment": f'<!-- <a title=" --><p {" ".join(NUMBERED)}> "',
    "the same, in what is raw only in HTML": f"<svg><style><p {' '.join(NUMBERED)}></style></svg><p {' '.join(NUMBERED)}>",
    "2 million bare ampersands: 30 s": "&" * M,
    "character references": "&nbsp;" * (M // 6),
    "400,000 nested div: 280 s": "<div>" * (M // 5),
    "the same, closed only in comments": "<!--</div>--><div>" * (M // 18),
    "the same, closed only in attributes": "<div title='</div>'>" * (M // 20),
    "the same, closed only across tables": "<div><table></div></table>" * (M // 26),
    "dd and li that nest in each other": "<li><dd>" * (M // 8),
    "fonts that are opened anew in each block: 36 MB out of 38 kB": "".join(
        f"<div><font size={n}></div>" for n in range(1_000)
    )
    + "<div>x</div>" * 1_000,
    "the same, closed only across tables ": "".join(
        f"<div><font size={n}><table></font></table></div>" for n in range(1_000)
    )
    + "<div>x</div>" * 1_000,
    "tables": "<table>" * (M // 7),
    "drawings that never end": "<svg>" * (M // 5),
    "too long": "x" * 2_200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once(name: str) -> None:
    start = time.process_time()
    with pytest.raises(TooMuch):
        prepare(BOMBS[name])
    assert time.process_time() - start < 1


PIECES = [
    "<", "<a ", "</", "<!", "<!--", "<!-->", "<?", "<p", "<p x='", '<p x="', "<a x='<b y=\"", "</x", "<script>", "<script ",
    "<style></style>", "<style>", "<svg/>", "<title>", "\0", "\r", "x", " ", "<p>x", "<br>", "<a href='http://x/'>x</a>",
    "<td><font>x</td>", "<b>x</b>", "<p style='color:red'>x</p>", "<table><tr><td>x</table>", "&lt;", "é", "<select>",
    "<p a b c d e f g h i j k l m n>", "<b><p>x</b>", "<i><b></i>x</b>",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_two_megabytes_of_anything_take_seconds_at_most(piece: str) -> None:
    start = time.process_time()
    with suppress(TooMuch):
        sanitize(piece * (M // len(piece)), lambda _: None)
    assert time.process_time() - start < 8


def test_what_is_near_the_limits_is_done_in_time() -> None:
    styled = "".join(f'<p style="color:#{n:06x};margin:0 1px 2px {n % 99}px">x</p>' for n in range(30_000))
    for html in ("<div>" * 14_000, "&" * 149_000, styled, "<p " + " ".join(NUMBERED[:250]) + ">x"):
        start = time.process_time()
        sanitize(html, lambda _: None)
        assert time.process_time() - start < 8


LEFT = [
    ("a<!-- <p> -->b", "a<!-- <p> -->b"),
    ("a<script>x</p></script >b", "a b"),
    ("a<SCRIPT a='>'>x</SCRIPT\n>b", "a b"),
    ("a<style>x", "a "),
    ("a</style>b", "a b"),
    ("a<svg><title>x</title></svg>b", "a b"),
    ("a<svg/>b<svg />c", "a b c"),
    ("a<svg>b", "a b"),
    ("a<noscript>b</noscript>c", "a b c"),
    ("<<script></script>b x>", "< b x>"),
    ("<scr<script></script>ipt>", "<scr<script> ipt>"),
    ("<p title='<script>'>a</p>", "<p title='<script>'>a</p>"),
    ("<!--><script>x</script>-->", "<!--> -->"),
    ("a\0b", "a\ufffdb"),
    ("5 < 6 <7", "5 < 6 <7"),
    ('<a title="', '<a title="'),
]  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), LEFT)
def test_what_is_left(html: str, expected: str) -> None:
    assert prepare(html) == expected


def test_sloppy_mail_is_not_refused() -> None:
    """Generators that never close <font> in a cell, 20,000 <br>, 1,000 nested tables of a long thread."""
    prepare("<table>" + "<tr><td><font face=arial>x<td>y" * 3_000)
    prepare("<p>x<br>" * 20_000)
    prepare("<blockquote><div><p>x" * 1_000)
    prepare("<ul>" + "<li>x" * 10_000)


ELEMENTS = [
    "div",
    "span",
    "p",
    "b",
    "font",
    "i",
    "a",
    "table",
    "tr",
    "td",
    "th",
    "tbody",
    "caption",
    "ul",
    "li",
    "form",
    "button",
    "h1",
    "nobr",
    "dd",
    "dl",
    "center",
    "foo",
]
TOKENS = st.sampled_from(
    [f"<{name}>" for name in ELEMENTS]
    + [f"</{name}>" for name in ELEMENTS]
    + [f"<{name} id=%d>" for name in ("b", "font", "i", "div", "a")]
    + [
        "<svg>",
        "</svg>",
        "<style>",
        "</style>",
        "<select>",
        "<option>",
        "<template>",
        "</template>",
        "<!--</b></div>-->",
        "<math>",
        "x",
        "<!--",
        "-->",
    ]
)


@given(st.lists(TOKENS, max_size=30).map("".join), st.sampled_from([1, 10, 40]))
def test_no_more_elements_are_made_than_were_counted(window: str, times: int) -> None:
    """The promise of the tally: formatting that the parser opens anew is never more than it said."""
    html = "".join(window.replace("%d", str(n)) for n in range(times))
    text = prepare(html)
    tally = scan._Tally()
    for tag, _ in scan._tags(text):
        tally.count(tag[2].lower(), tag)
    made = nh3.clean(
        text, tags={*ELEMENTS, "option"}, clean_content_tags=set(), attributes={"*": {"id"}}, link_rel=None
    )
    implied = 3 * tally.tags  # tbody, tr and colgroup are opened where they are missing
    assert len(re.findall(r"<[a-z]", made)) <= implied + tally.reopened
