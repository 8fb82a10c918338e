"""Debian's Chromium, driven by Playwright, talking to nobody but us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.servers.system import require

EXECUTABLE = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # it runs as root in tests
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 15_000  # milliseconds for anything to appear; a loaded machine needs some


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. While it lives, this thread has an event loop: no `asyncio.run` beside it."""
    require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def page_of(browser: Browser, url: str, *, javascript: bool) -> Iterator[Page]:
    """A page with cookies of its own; afterwards no script may have failed and no policy been broken."""
    context: BrowserContext = browser.new_context(
        base_url=url,
        java_script_enabled=javascript,
        viewport={"width": 1280, "height": 800},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        accept_downloads=True,
    )
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.extend(_broken_policies(message)))
    try:
        yield page
        assert not complaints, complaints
    finally:
        context.close()


def _broken_policies(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []
