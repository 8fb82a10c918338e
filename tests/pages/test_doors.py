"""Pages for people who are not, or no longer, signed in; and the page for errors, which needs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pages.samples import EVIL, request
from webmail.config import load
from webmail.errors import AuthFailed, Busy
from webmail.http.pages.render import Renderer


@pytest.fixture(scope="module")
def render() -> Renderer:
    return Renderer(load(Path("/nonexistent/webmail.conf")))


def door(render: Renderer, **changes: Any) -> str:
    values = {
        "status": 200, "error": None, "wrong": False, "user": "", "goal": "/mail",
        "kept": (), "expired": False, "refusal": "", "told": "",
    }  # fmt: skip
    answer = render.signin(request(signed_in=False), **(values | changes))
    return bytes(answer.body).decode()


def test_the_door_has_its_fields(render: Renderer) -> None:
    text = door(render)
    for field in ('name="user"', 'name="password"', 'name="zone"', 'name="next" value="/mail"'):
        assert field in text
    assert 'role="alert"' not in text


def test_a_wrong_password_is_said_at_its_field(render: Renderer) -> None:
    text = door(render, error=AuthFailed(), wrong=True, user=EVIL)
    assert 'aria-invalid="true" aria-describedby="why"' in text
    assert "That name and password don’t match." in text
    assert "<script>alert" not in text


def test_other_trouble_is_said_above(render: Renderer) -> None:
    text = door(render, error=Busy())
    assert 'class="note error" role="alert"' in text
    assert "aria-invalid" not in text


def test_no_password_is_asked_for_where_none_is_taken(render: Renderer) -> None:
    text = door(render, refusal="Use the https address.")
    assert "Use the https address." in text
    assert 'name="password"' not in text


def test_what_was_posted_comes_along(render: Renderer) -> None:
    text = door(render, kept=(("text", "two\nlines"), ("subject", EVIL)), expired=True)
    assert '<input type="hidden" name="kept.text" value="two\nlines">' in text
    assert "<script>alert" not in text
    assert "What you wrote is kept" in text


def test_and_goes_on_after_signing_in(render: Renderer) -> None:
    kept = (("text", "two\nlines"),)
    answer = render.welcome_back(request(signed_in=False), goal="/write", kept=kept, token="t")
    text = bytes(answer.body).decode()
    assert '<form method="post" action="/write" data-go>' in text
    assert '<input type="hidden" name="token" value="t">' in text
    assert '<input type="hidden" name="text" value="two\nlines">' in text


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_page_for_errors_needs_nothing(render: Renderer, signed_in: bool) -> None:
    asked = request(signed_in=signed_in)
    answer = render.problem(asked, 404, "Not here any more", EVIL)
    text = bytes(answer.body).decode()
    assert answer.status_code == 404
    assert "<h1>Not here any more</h1>" in text
    assert "<script>alert" not in text
    assert ("/signout" in text) is signed_in
