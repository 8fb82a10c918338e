"""What is true of all templates: nothing inline, every icon drawn, every text escaped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webmail.http.pages.assets import share

TEMPLATES = sorted(share("templates").glob("*.html"))
INLINE = re.compile(r"<[^>]*\s(?:style|on[a-z]+)\s*=", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE)
ICON = re.compile(r"""\bicon\("([a-z]+)"|"i-([a-z]+)\"""")
SAFE = re.compile(r"[|]\s*safe\b")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_inline(template: Path) -> None:
    """The policy of the pages allows neither scripts nor styles in them."""
    text = template.read_text()
    assert not INLINE.search(text)
    assert not SCRIPT.search(text)
    assert "javascript:" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_icon_is_drawn(template: Path) -> None:
    drawn = set(re.findall(r'id="i-([a-z]+)"', (share("static") / "icons.svg").read_text()))
    used = {name or other for name, other in ICON.findall(template.read_text())}
    assert used <= drawn


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(template: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.DOTALL):
        assert "token" in form or 'action="/signin"' in form


def test_colours_of_marks_say_the_same_in_words() -> None:
    """Unread is said, not only shown."""
    assert '<span class="hush">{{ unread }} </span>' in (share("templates") / "_list.html").read_text()
