"""Plain text: shown, linked, flowed, quoted."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail import text
from webmail.mail.flowed import Line, flow, lines, unflow
from webmail.mail.text import decode_text, quote, to_html


class _Shape(HTMLParser):
    """Elements and text of a fragment, as a browser would see them."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.depth = 0
        self.text = ""
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.depth += tag == "blockquote"
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "blockquote"

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\n", "")


def hrefs(fragment: str) -> list[str | None]:
    return [attrs["href"] for tag, attrs in _Shape(fragment).tags if tag == "a"]


def assert_harmless(fragment: str) -> None:
    for tag, attrs in _Shape(fragment).tags:
        assert tag in {"a", "br", "blockquote"}
        assert set(attrs) == ({"href", "target", "rel"} if tag == "a" else set())
        if tag == "a":
            assert re.match(r"https?://|mailto:", attrs["href"] or "", re.IGNORECASE)
            assert attrs["rel"] == "noopener noreferrer nofollow"


LINKS = [
    ("see https://example.org/a?b=c&d=e.", ["https://example.org/a?b=c&d=e"]),
    ("(https://example.org/wiki/A_(b))", ["https://example.org/wiki/A_(b)"]),
    ("<https://example.org>", ["https://example.org"]),
    ("https://example.org/a, https://example.org/b;", ["https://example.org/a", "https://example.org/b"]),
    ("“https://example.org/x”", ["https://example.org/x"]),
    ("www.example.org", ["http://www.example.org"]),
    ("www.example", []),
    ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
    ("https://bücher.example/ä", ["https://bücher.example/ä"]),
    ("a@example.org, b+c@example.co.uk.", ["mailto:a@example.org", "mailto:b+c@example.co.uk"]),
    ("mailto:a@example.org", ["mailto:a@example.org"]),
    ("a@b", []),
    ("javascript:alert(1)", []),
    ("data:text/html,x", []),
    ("https://", []),
    ("http://)", []),
    ("ftp://example.org", []),
    ("xhttp://example.org", []),
    ("https://a.example/'onclick=x", ["https://a.example/"]),
]


@pytest.mark.parametrize(("typed", "expected"), LINKS)
def test_links(typed: str, expected: list[str]) -> None:
    html = to_html(typed)
    assert hrefs(html) == expected
    assert _Shape(html).text == typed + "\n"
    assert_harmless(html)


ATTACKS = [
    'a@a.co?]<img/src="x"/onerror=alert(1)>',
    "http://x/\"onmouseover='alert(1)'",
    "http://x/<script>alert(1)</script>",
    "https://x/&quot;onload=alert(1)",
    '[1] http://a"><svg onload=alert(1)>\n[1]',
    "mailto:a@b.co?subject=<b>",
    'www.a.b"style="x',
    "http://x/`onclick=alert(1)",
    "> <img src=x>",
    "\x00<\x00script>",
    "http://x/\u2028onclick",
    "http://[::1]/<",
    "a@b.co<a href=javascript:x>",
    "http://a@b.co\"'><x>",
    "&lt;script&gt;",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_roundcube_cve_2026_54433_linkified_text_is_only_text(attack: str) -> None:
    html = to_html(attack)
    assert_harmless(html)
    assert _Shape(html).text.rstrip("\n") == attack.removeprefix("> ").rstrip("\n")


PIECES = [
    "http://",
    "www.",
    "a@b.co",
    "mailto:",
    "<",
    ">",
    '"',
    "'",
    "&",
    "&lt;",
    "(",
    ")",
    ".",
    "?",
    "]",
    "\n",
    "> ",
    " ",
    "é",
    "x",
]


@given(
    st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.booleans(),
    st.booleans(),
)
def test_any_text_is_harmless(typed: str, flowed: bool, delsp: bool) -> None:
    html = to_html(typed, flowed=flowed, delsp=delsp)
    assert_harmless(html)
    assert _Shape(html).depth == 0


def test_quotation_nests() -> None:
    html = to_html("a\n> b\n>> c\n> > d\n>e\nf")
    assert html == (
        "a<br>\n<blockquote>b<br>\n<blockquote>c<br>\nd<br>\n</blockquote>e<br>\n</blockquote>f<br>\n"
    )


def test_quotation_is_capped() -> None:
    assert to_html(">" * 1_000 + " x").count("<blockquote>") == 20
    steps = to_html((">" * 20 + "\n\n") * 20_000)
    assert steps.count("<blockquote>") <= text.MAX_STEPS
    assert steps.count("<blockquote>") == steps.count("</blockquote>")


def test_links_and_lines_are_capped() -> None:
    assert to_html("http://a.b/ " * 10_000).count("<a ") == 5_000
    assert to_html("\n" * 300_000).count("<br>") == text.MAX_LINES
    assert to_html("\n" * 300_000).endswith("…")


SLOW = [
    "a",
    "a@",
    "a.",
    "a@a.",
    "http://",
    "www.",
    "(",
    "http://((",
    "http://x)))",
    "a@b.co ",
    "mailto:",
    "> ",
    " ",
    "a-@",
    "%",
]


@pytest.mark.parametrize("junk", [*SLOW, "\n", "x \n", ">\n", ">" * 20])
def test_junk_takes_linear_time(junk: str) -> None:
    typed = junk * (1_000_000 // len(junk))
    start = time.process_time()
    to_html(typed)
    to_html(typed, flowed=True, delsp=True)
    flow(typed)
    quote(typed)
    assert time.process_time() - start < 10


def test_decode_text() -> None:
    assert decode_text(b"a\r\nb\rc\nd\x00\x07\x1b[31m\te\x0c", None) == "a\nb\nc\nd[31m\te"
    assert decode_text("x\u202ey".encode(), "utf-8") == "xy"
    assert decode_text(b"Gr\xfc\xdfe", "iso-8859-1") == "Grüße"


@given(st.binary(max_size=200), st.none() | st.text(max_size=20) | st.sampled_from(["utf-7", "hz", "utf-16"]))
def test_any_part_is_text(data: bytes, charset: str | None) -> None:
    decoded = decode_text(data, charset)
    decoded.encode()
    assert not set(decoded) & set("\r\x00\x1b")


FLOWED = [
    # RFC 3676, 4.2: a blank at the end joins; 4.4: space-stuffing; 4.3: the signature
    ("one \ntwo\nthree", False, [Line(0, "one two"), Line(0, "three")]),
    ("one \ntwo", True, [Line(0, "onetwo")]),
    (
        " From here\n >not quoted\n  two",
        False,
        [Line(0, "From here"), Line(0, ">not quoted"), Line(0, " two")],
    ),
    ("> a \n> b\n>> c", False, [Line(1, "a b"), Line(2, "c")]),
    # 4.5: improperly flowed, the depth changes
    ("> a \nb", False, [Line(1, "a "), Line(0, "b")]),
    ("text \n-- \nsig", False, [Line(0, "text "), Line(0, "-- "), Line(0, "sig")]),
    ("> -- \n> sig", False, [Line(1, "-- "), Line(1, "sig")]),
    ("end ", False, [Line(0, "end ")]),
    ("", False, []),
    ("\n\n", False, [Line(0, ""), Line(0, "")]),
]


@pytest.mark.parametrize(("typed", "delsp", "expected"), FLOWED)
def test_flowed_lines(typed: str, delsp: bool, expected: list[Line]) -> None:
    assert list(lines(typed, flowed=True, delsp=delsp)) == expected


def test_unflow_marks_quotation() -> None:
    assert unflow("> a \n> b\n>\n>> c\nd") == "> a b\n>\n>> c\nd"


def test_flow_breaks_near_72_and_stuffs() -> None:
    written = flow("word " * 40 + "\nFrom me\n  indented\n> quoted " + "word " * 30 + "\n-- \nsig   ")
    assert all(len(line) <= 78 for line in written.split("\n"))
    assert "\n From me\n   indented\n> quoted word" in written
    assert written.endswith("\n-- \nsig\n")
    assert all(line.startswith("> ") for line in written.split("\n") if "quoted" in line)


def test_flow_never_breaks_a_word() -> None:
    url = "https://example.org/" + "x" * 200
    assert flow(f"see {url} there") == f"see \n{url} \nthere\n"


WORDS = st.text(st.sampled_from("ab >-é日\u00a0"), max_size=30)


@given(st.lists(WORDS, max_size=30).map("\n".join))
def test_flowed_text_reads_as_it_was_typed(typed: str) -> None:
    meant = [line if line == "-- " else line.rstrip(" ") for line in typed.split("\n")]
    read = [mark(line) for line in lines(flow(typed), flowed=True)]
    assert (
        read == [mark(next(lines(line))) if line.startswith(">") else line for line in meant] or typed == ""
    )


def mark(line: Line) -> str:
    return ">" * line.depth + (" " if line.depth and line.text else "") + line.text


def test_quote() -> None:
    assert quote("a\n\n> b\n") == "> a\n>\n>> b"
