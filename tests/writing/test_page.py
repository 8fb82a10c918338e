"""The page of a letter in Chromium: its script, and nothing but its keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.gateway.letters import files_of, parsed, text_of
from tests.servers.backend import Backend, Person
from tests.servers.chromium import page_of
from tests.servers.mailbox import messages, wait_for
from tests.servers.postfix import Postfix
from tests.servers.product import Product, settings_for

DATA = bytes(range(256)) * 400
IDLE = 4  # seconds until sessions of `hasty` end


@pytest.fixture(scope="module")
def hasty(servers: Path, dovecot_a: Backend, postfix: Postfix) -> Iterator[Product]:
    settings = settings_for([dovecot_a], postfix) | {"service.http.sessiontimeout": str(IDLE)}
    with Product(servers / "hasty-writer", settings) as made:
        yield made


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, person: Person) -> None:
    page.goto("/signin")
    box(page, "User name").fill(person.name)
    page.get_by_label("Password").fill(person.password)
    press(page, "Sign in")
    expect(page.get_by_role("button", name="Sign out").first).to_be_visible()


def begin(page: Page, product: Product, dovecot: Backend) -> Person:
    person = product.newcomer(dovecot)
    sign_in(page, person)
    page.goto("/write")
    return person


def attach(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as choosing:
        press(page, "Attach files")
    choosing.value.set_files(paths)


def state(page: Page) -> Locator:
    return page.locator("#write-state")


def test_every_part_has_its_name(page: Page, product: Product, dovecot_a: Backend) -> None:
    begin(page, product, dovecot_a)
    expect(box(page, "To")).to_be_focused()
    for name in ("To", "Cc", "Bcc", "Subject", "Message"):
        expect(box(page, name)).to_have_count(1)
        expect(box(page, name)).to_be_visible()
    for name in ("Send", "Attach files", "Save draft", "Discard draft"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(1)


def test_saves_by_itself_and_says_when(page: Page, product: Product, dovecot_a: Backend) -> None:
    person = begin(page, product, dovecot_a)
    box(page, "Subject").fill("by itself")
    expect(state(page)).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    assert b"by itself" in messages(dovecot_a, person.name, "Drafts")[0]
    assert "how=draft" in page.url
    box(page, "Message").fill("more")
    page.keyboard.press("Control+s")
    expect(state(page)).to_have_text(re.compile(r"^Saved"))
    page.reload()
    expect(box(page, "Message")).to_have_value("more")
    assert len(messages(dovecot_a, person.name, "Drafts")) == 1


def test_uploads_show_progress_can_be_cancelled_and_removed(
    page: Page, product: Product, dovecot_a: Backend, tmp_path: Path
) -> None:
    person = begin(page, product, dovecot_a)
    paths = [tmp_path / name for name in ("one.bin", "two <b>.bin", "three.bin")]
    for path in paths:
        path.write_bytes(DATA)
    held: list[Route] = []
    page.route("**/files?name=two*", lambda route: held.append(route))  # noqa: PLW0108  Playwright looks inside
    attach(page, *paths)
    listed = page.get_by_role("list", name="Attached files")
    expect(listed.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("progressbar", name="two <b>.bin")).to_be_visible()
    press(page, "Cancel two <b>.bin")
    expect(page.get_by_role("button", name="Remove three.bin")).to_be_visible()
    expect(listed.get_by_role("listitem")).to_have_count(2)
    press(page, "Remove one.bin")
    expect(listed.get_by_role("listitem")).to_have_count(1)
    box(page, "To").fill(f"{person.name}@example.test")
    press(page, "Send")
    page.wait_for_url("**/mail?**told=sent")
    assert files_of(parsed(wait_for(dovecot_a, person.name)[0])) == {"three.bin": DATA}


def test_a_file_removed_while_a_save_is_under_way_does_not_come_back(
    page: Page, product: Product, dovecot_a: Backend, tmp_path: Path
) -> None:
    """The save named the file, the server missed it, and brought it back from the draft."""
    person = begin(page, product, dovecot_a)
    path = tmp_path / "unwanted.bin"
    path.write_bytes(DATA)
    attach(page, path)
    expect(state(page)).to_have_text(re.compile(r"^Saved"))
    held: list[Route] = []
    page.route("**/write", lambda route: held.append(route), times=1)  # noqa: PLW0108  Playwright looks inside
    box(page, "To").fill(f"{person.name}@example.test")
    with page.expect_request("**/write"):
        press(page, "Save draft")
    press(page, "Remove unwanted.bin")
    page.wait_for_timeout(500)
    held[0].continue_()
    expect(page.get_by_role("list", name="Attached files")).to_be_hidden()
    press(page, "Send")
    page.wait_for_url("**/mail?**told=sent")
    assert files_of(parsed(wait_for(dovecot_a, person.name)[0])) == {}


def test_a_cancelled_upload_is_no_longer_said_to_run(
    page: Page, product: Product, dovecot_a: Backend, tmp_path: Path
) -> None:
    begin(page, product, dovecot_a)
    path = tmp_path / "slow.bin"
    path.write_bytes(DATA)
    held: list[Route] = []
    page.route("**/files?name=slow*", lambda route: held.append(route))  # noqa: PLW0108  Playwright looks inside
    attach(page, path)
    expect(state(page)).to_have_text("Attaching “slow.bin”…")
    press(page, "Cancel slow.bin")
    expect(state(page)).to_have_text("")


def test_too_big_a_file_is_not_even_begun(
    page: Page, product: Product, dovecot_a: Backend, tmp_path: Path
) -> None:
    begin(page, product, dovecot_a)
    path = tmp_path / "big.bin"
    path.write_bytes(b"x" * 5_300_000)
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.method))
    attach(page, path)
    expect(state(page)).to_have_text(
        "“big.bin” is too big: one file can be at most 5.2 MB. It was not attached."
    )
    assert "PUT" not in begun
    press(page, "Send")
    expect(page.get_by_role("alert")).to_contain_text("a file could not be attached")
    press(page, "Remove big.bin")
    expect(page.get_by_role("list", name="Attached files")).to_be_hidden()


def test_a_dropped_file_is_attached(page: Page, product: Product, dovecot_a: Backend) -> None:
    begin(page, product, dovecot_a)
    drop = """form => {
        const data = new DataTransfer();
        data.items.add(new File(["dropped"], "dropped.txt", {type: "text/plain"}));
        form.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.locator("form.writer").evaluate(drop)
    expect(page.get_by_role("button", name="Remove dropped.txt")).to_be_visible()


def test_keyboard_alone_sends_and_enter_in_a_field_does_not(
    page: Page, product: Product, dovecot_a: Backend
) -> None:
    person = begin(page, product, dovecot_a)
    page.keyboard.type(f"{person.name}@example.test")
    page.keyboard.press("Enter")
    for _cc_bcc_subject in range(3):
        page.keyboard.press("Tab")
    expect(box(page, "Subject")).to_be_focused()
    page.keyboard.type("typed")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(box(page, "Message")).to_be_focused()
    page.keyboard.type("line\nline")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/mail?**told=sent")
    (arrived,) = wait_for(dovecot_a, person.name)
    assert text_of(parsed(arrived)).splitlines() == ["line", "line"]


def test_enter_without_javascript_saves_and_does_not_send(
    page_without_js: Page, product: Product, dovecot_a: Backend
) -> None:
    person = begin(page_without_js, product, dovecot_a)
    box(page_without_js, "To").fill(f"{person.name}@example.test")
    box(page_without_js, "To").press("Enter")
    expect(state(page_without_js)).to_have_text(re.compile("^Saved"))
    assert messages(dovecot_a, person.name) == []
    assert len(messages(dovecot_a, person.name, "Drafts")) == 1


def test_mistakes_are_marked_where_they_are(page: Page, product: Product, dovecot_a: Backend) -> None:
    begin(page, product, dovecot_a)
    box(page, "To").fill("ana@")
    press(page, "Send")
    expect(box(page, "To")).to_have_attribute("aria-invalid", "true")
    expect(box(page, "To")).to_have_accessible_description("“ana@” is not a whole e-mail address.")
    expect(box(page, "To")).to_be_focused()
    press(page, "Save draft")
    expect(box(page, "To")).not_to_have_attribute("aria-invalid", "true")


def test_unsaved_text_is_warned_of_and_comes_back_after_a_reload(
    page: Page, product: Product, dovecot_a: Backend
) -> None:
    begin(page, product, dovecot_a)
    page.route("**/write", lambda route: route.abort())  # the server can't be reached
    box(page, "Message").press_sequentially("precious")
    press(page, "Save draft")
    expect(state(page)).to_contain_text("What you wrote is kept here")
    warned: list[str] = []

    def leave(dialog: object) -> None:
        warned.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", leave)
    page.reload()
    assert warned == ["beforeunload"]
    expect(box(page, "Message")).to_have_value("")
    press(page, "Bring it back")
    expect(box(page, "Message")).to_have_value("precious")
    page.unroute("**/write")
    press(page, "Save draft")
    expect(state(page)).to_have_text(re.compile("^Saved"))
    page.reload()
    expect(box(page, "Message")).to_have_value("precious")
    expect(page.get_by_role("button", name="Bring it back")).to_have_count(0)


def test_signing_in_again_on_the_spot(
    browser: Browser, hasty: Product, dovecot_a: Backend, tmp_path: Path
) -> None:
    path = tmp_path / "kept.bin"
    path.write_bytes(DATA)
    with page_of(browser, hasty.url, javascript=True) as page:
        person = begin(page, hasty, dovecot_a)
        attach(page, path)
        expect(state(page)).to_have_text(re.compile("^Saved"))
        box(page, "To").fill(f"{person.name}@example.test")
        box(page, "Message").fill("written while signed out")
        page.wait_for_timeout((IDLE + 1.5) * 1000)
        press(page, "Send")
        dialog = page.get_by_role("dialog", name="Please sign in again")
        expect(dialog.get_by_role("textbox", name="User name")).to_have_value(person.name)
        expect(dialog.get_by_label("Password")).to_be_focused()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("don’t match")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(box(page, "Message")).to_have_value("written while signed out")
        press(page, "Send")
        dialog.get_by_label("Password").fill(person.password)
        dialog.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/mail?**told=sent")
    arrived = parsed(wait_for(dovecot_a, person.name)[0])
    assert files_of(arrived) == {"kept.bin": DATA}
    assert "written while signed out" in text_of(arrived)


def test_discard_is_one_press_and_leaves_no_warning(page: Page, product: Product, dovecot_a: Backend) -> None:
    person = begin(page, product, dovecot_a)
    box(page, "Message").fill("not this")
    press(page, "Discard draft")
    page.wait_for_url("**/mail?**told=discarded")
    expect(page.get_by_text("Draft discarded.")).to_be_visible()
    assert messages(dovecot_a, person.name, "Drafts") == []


@pytest.mark.parametrize("width", [1280, 600, 320])
def test_nothing_runs_over_the_edge(page: Page, product: Product, dovecot_a: Backend, width: int) -> None:
    begin(page, product, dovecot_a)
    page.set_viewport_size({"width": width, "height": 700})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport()
