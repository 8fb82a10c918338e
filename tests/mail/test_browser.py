"""What the sanitiser lets through, shown in Chromium without any policy or sandbox to help it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.mail import payloads
from webmail.mail.sanitize import document, sanitize
from webmail.mail.text import to_html

HERE = "http://webmail.test/"
WATCH = "window.hits = []; window.hit = n => hits.push(n); for (const f of ['alert', 'confirm', 'prompt']) window[f] = hit;"
POKE = """() => {
    for (const element of document.querySelectorAll('*')) {
        for (const kind of ['click', 'mouseover', 'focus', 'toggle', 'load', 'error', 'animationstart', 'begin'])
            element.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
    }
    const covering = [...document.body.querySelectorAll('*')].filter(
        element => ['fixed', 'absolute', 'sticky'].includes(getComputedStyle(element).position));
    return {hits: window.hits, covering: covering.length, names: typeof document.cookie};
}"""


class Exam:
    """A page whose every request is written down and none leaves the machine."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self._document = ""
        page.route("**/*", self._answer)
        page.add_init_script(WATCH)

    def _answer(self, route: Route) -> None:
        if route.request.url == HERE:
            route.fulfill(body=self._document, content_type="text/html; charset=utf-8")
            return
        self.requests.append(route.request.url)
        route.abort()

    def show(self, fragment: str) -> dict[str, object]:
        self._document = document(fragment)
        self.requests.clear()
        self.page.goto(HERE)
        self.page.evaluate("document.addEventListener('click', event => event.preventDefault(), true)")
        found: dict[str, object] = self.page.evaluate(POKE)
        return found


@pytest.fixture
def exam(browser: Browser) -> Iterator[Exam]:
    context = browser.new_context()
    yield Exam(context.new_page())
    context.close()


CLEAN = {"hits": [], "covering": 0, "names": "string"}


def test_the_exam_can_fail(exam: Exam) -> None:
    """The payloads do their work when nobody stops them."""
    found = exam.show("<img src=x onerror=hit(1)><p style='position:fixed'>x<img src='http://evil.test/1'>")
    assert found["hits"]
    assert found["covering"] == 1
    assert "http://evil.test/1" in exam.requests


def test_no_payload_runs_or_fetches_or_covers(exam: Exam) -> None:
    fragments = [sanitize(payload, lambda _: None).html for payload in payloads.ALL]
    for start in range(0, len(fragments), 10):
        found = exam.show("<hr>".join(fragments[start : start + 10]))
        assert found == CLEAN, fragments[start : start + 10]
        assert exam.requests == []


def test_nor_all_of_them_in_one_message(exam: Exam) -> None:
    for outer in (
        "",
        "<table><tr><td>",
        "<svg>",
        "<math><mtext>",
        "<p title='",
        "<select>",
        "<b><table>",
        "<!--",
    ):
        assert exam.show(sanitize(outer + "".join(payloads.ALL), lambda _: None).html) == CLEAN
        assert exam.requests == []


def test_nor_as_plain_text(exam: Exam) -> None:
    assert exam.show(to_html("\n".join(payloads.ALL))) == CLEAN
    assert exam.requests == []
    shown = exam.page.inner_text("body")
    assert "<img src=x onerror=hit(77)>" in shown
