"""Which part is read, which are offered: the shapes that mail programs send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mail.structures import leaf, multi
from webmail.mail.display import Choice, choose
from webmail.wire.imap_replies import Part

TEXT, HTML, PDF, PNG = "text/plain", "text/html", "application/pdf", "image/png"


def summary(choice: Choice) -> str:
    """`best: text html | inline | attachments | more` by section."""
    body = " ".join(part.section for part in (choice.text, choice.html) if part)
    inline = " ".join(f"{cid}={part.section}" for cid, part in choice.inline.items())
    attachments = " ".join(part.section for part in choice.attachments)
    more = " ".join(part.section for part in choice.more)
    return f"{choice.best}: {body} | {inline} | {attachments} | {more}"


def related(section: str, *pictures: Part, html: str = HTML) -> Part:
    dot = f"{section}." if section else ""
    return multi(section, "related", leaf(f"{dot}1", html), *pictures)


SHAPES = [
    (leaf("1", TEXT), "text: 1 |  |  | "),
    (leaf("1", HTML), "html: 1 |  |  | "),
    (leaf("1", TEXT, disposition="attachment", filename="a.txt"), "text: 1 |  |  | "),
    (leaf("1", PDF), ":  |  | 1 | "),
    (leaf("1", "text/calendar"), ":  |  | 1 | "),
    (leaf("1", "message/rfc822"), ":  |  | 1 | "),
    (multi("", "alternative", leaf("1", TEXT), leaf("2", HTML)), "html: 1 2 |  |  | "),
    # wrong order, doubled, and with a calendar
    (multi("", "alternative", leaf("1", HTML), leaf("2", TEXT)), "html: 2 1 |  |  | "),
    (multi("", "alternative", leaf("1", TEXT), leaf("2", TEXT)), "text: 2 |  | 1 | "),
    (
        multi("", "alternative", leaf("1", TEXT), leaf("2", HTML), leaf("3", "text/calendar")),
        "html: 1 2 |  | 3 | ",
    ),
    # Thunderbird, Gmail
    (
        multi("", "mixed", multi("1", "alternative", leaf("1.1", TEXT), leaf("1.2", HTML)), leaf("2", PDF)),
        "html: 1.1 1.2 |  | 2 | ",
    ),
    (
        multi("", "alternative", leaf("1", TEXT), related("2", leaf("2.2", PNG, cid="a@b"))),
        "html: 1 2.1 | a@b=2.2 |  | ",
    ),
    # related around alternative (Gmail), and a root named by `start`
    (
        multi(
            "",
            "related",
            multi("1", "alternative", leaf("1.1", TEXT), leaf("1.2", HTML)),
            leaf("2", PNG, cid="x", disposition="inline", filename="x.png"),
        ),
        "html: 1.1 1.2 | x=2 |  | ",
    ),
    (
        multi("", "related", leaf("1", PNG, cid="p"), leaf("2", HTML, cid="r"), params={"start": b"<r>"}),
        "html: 2 | p=1 |  | ",
    ),
    (multi("", "related", leaf("1", PNG, cid="p"), leaf("2", HTML)), "html: 2 | p=1 |  | "),
    # a file inside related is a file; so is a picture when there is no HTML to show it
    (related("", leaf("2", PDF, cid="f"), leaf("3", PNG)), "html: 1 |  | 2 3 | "),
    (related("", leaf("2", PNG, cid="p", disposition="attachment")), "html: 1 | p=2 | 2 | "),
    (related("", leaf("2", PNG, cid="p"), html=TEXT), "text: 1 | p=2 | 2 | "),
    # Outlook and Exchange put pictures of the HTML beside it: shown there and offered
    (multi("", "mixed", leaf("1", HTML), leaf("2", PNG, cid="p")), "html: 1 | p=2 | 2 | "),
    # Apple Mail: text, picture, text; a list's footer
    (multi("", "mixed", leaf("1", TEXT), leaf("2", PNG), leaf("3", TEXT)), "text: 1 |  | 2 3 | 3"),
    (
        multi("", "mixed", multi("1", "alternative", leaf("1.1", TEXT), leaf("1.2", HTML)), leaf("2", TEXT)),
        "html: 1.1 1.2 |  | 2 | 2",
    ),
    (multi("", "mixed", leaf("1", TEXT), leaf("2", HTML)), "text: 1 |  | 2 | 2"),
    # a text with a name is a file, unless there is nothing else to read
    (multi("", "mixed", leaf("1", TEXT), leaf("2", TEXT, filename="a.txt")), "text: 1 |  | 2 | "),
    (multi("", "mixed", leaf("1", PNG), leaf("2", TEXT, filename="a.txt")), "text: 2 |  | 1 | "),
    (
        multi("", "mixed", leaf("1", PNG), leaf("2", TEXT, filename="a.txt", disposition="attachment")),
        ":  |  | 1 2 | ",
    ),
    # signed, encrypted, report, forwarded
    (
        multi("", "signed", leaf("1", TEXT), leaf("2", "application/pgp-signature")),
        "text: 1 |  | 2 | ",
    ),
    (
        multi("", "encrypted", leaf("1", "application/pgp-encrypted"), leaf("2", "application/octet-stream")),
        ":  |  | 1 2 | ",
    ),
    (
        multi(
            "", "report", leaf("1", TEXT), leaf("2", "message/delivery-status"), leaf("3", "message/rfc822")
        ),
        "text: 1 |  | 2 3 | ",
    ),
    (
        multi(
            "",
            "mixed",
            leaf("1", TEXT),
            replace(leaf("2", "message/rfc822"), parts=(multi("2", "mixed", leaf("2.1", TEXT)),)),
        ),
        "text: 1 |  | 2 | ",
    ),
    (multi("", "digest", leaf("1", "message/rfc822"), leaf("2", "message/rfc822")), ":  |  | 1 2 | "),
    (multi("", "unheard-of", leaf("1", TEXT), leaf("2", PDF)), "text: 1 |  | 2 | "),
    (Part("", "multipart", "mixed"), ":  |  |  | "),
]


@pytest.mark.parametrize(("structure", "expected"), SHAPES)
def test_choose(structure: Part, expected: str) -> None:
    assert summary(choose(structure)) == expected


def test_nothing_is_lost() -> None:
    """Each part without parts is read, inside the HTML, or offered (Bulwark and others hid some)."""
    for structure, _ in SHAPES:
        choice = choose(structure)
        shown = {
            id(part) for part in (choice.text, choice.html, *choice.inline.values(), *choice.attachments)
        }
        assert {id(part) for part in leaves(structure)} <= shown


def leaves(part: Part) -> list[Part]:
    if part.type != "multipart":
        return [part]
    return [leaf for child in part.parts for leaf in leaves(child)]


def test_deep_nesting_is_offered_whole() -> None:
    deep = leaf("1", TEXT)
    for _ in range(3_000):
        deep = multi("1", "mixed", deep)
    choice = choose(deep)
    assert choice.best == ""
    assert len(choice.attachments) == 1


def test_many_parts_are_bounded() -> None:
    choice = choose(multi("", "mixed", *(leaf(str(n), TEXT) for n in range(1, 20_000))))
    assert len(choice.attachments) <= 1_000
    assert len(choice.more) <= 1_000
