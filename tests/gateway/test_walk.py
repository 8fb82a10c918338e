"""A person's day in Chromium, with JavaScript and without: sign in, read, answer with a file, sign out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gateway.letters import files_of, letter, parsed, text_of
from tests.servers.backend import Backend, Person
from tests.servers.chromium import page_of
from tests.servers.mailbox import deliver, messages, wait_for
from tests.servers.product import Product

FILE = bytes(range(256)) * 12_288  # 3 MiB with every octet in it


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def anywhere(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[Page]:
    """A page of Chromium, once with and once without JavaScript."""
    with page_of(browser, product.url, javascript=request.param) as page:
        yield page


def has_javascript(page: Page) -> bool:
    page.goto("about:blank")
    page.set_content("<noscript><p>no</p></noscript>")
    return not page.get_by_text("no", exact=True).is_visible()


def sign_in(page: Page, person: Person) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="User name").fill(person.name)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out").first).to_be_visible()


def attach(page: Page, path: Path, *, javascript: bool) -> None:
    if javascript:
        with page.expect_file_chooser() as choosing:
            page.get_by_role("button", name="Attach files").click()
        choosing.value.set_files(path)
    else:
        page.locator("input[type=file]").set_input_files(path)
        page.get_by_role("button", name="Attach files").click()
    expect(page.get_by_role("list", name="Attached files")).to_contain_text(path.name)


def open_folder(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Folders").get_by_role("link", name=re.compile(rf"^{name}\b")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def row(page: Page, subject: str) -> str:
    found = page.locator("[data-uid]").filter(has_text=subject)
    expect(found).to_have_count(1)
    return found.get_attribute("data-uid") or ""


def test_read_reply_with_three_megabytes_find_it_in_sent_and_sign_out(
    anywhere: Page, product: Product, dovecot_a: Backend, dovecot_b: Backend, tmp_path: Path
) -> None:
    me, friend = product.newcomer(dovecot_a), product.newcomer(dovecot_b)
    sender = f"Frida Friend <{friend.name}@example.test>"
    deliver(dovecot_a, me.name, letter("Grüße & <b>5 * 3 = 15</b>", "Could you send the big one?\n", sender))
    path = tmp_path / "Übersicht 2026.bin"
    path.write_bytes(FILE)
    page, javascript = anywhere, has_javascript(anywhere)

    sign_in(page, me)
    row(page, "Grüße & <b>5 * 3 = 15</b>")
    page.get_by_role("link", name="Grüße & <b>5 * 3 = 15</b>").click()
    expect(page.get_by_text("Could you send the big one?")).to_be_visible()
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_role("textbox", name="To", exact=True)).to_have_value(
        re.compile(re.escape(friend.name))
    )
    expect(page.get_by_role("textbox", name="Subject")).to_have_value("Re: Grüße & <b>5 * 3 = 15</b>")
    text = page.get_by_role("textbox", name="Message")
    expect(text).to_have_value(re.compile("> Could you send the big one"))
    text.fill("Here it is.\n\nViele Grüße\n" + text.input_value())
    attach(page, path, javascript=javascript)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("textbox", name="Message")).to_have_count(0)

    arrived = parsed(wait_for(dovecot_b, friend.name)[0])
    assert files_of(arrived) == {path.name: FILE}
    assert "Here it is.\n\nViele Grüße" in text_of(arrived)
    original = parsed(messages(dovecot_a, me.name)[0])
    assert arrived["In-Reply-To"] == arrived["References"] == original["Message-ID"]
    assert arrived["From"].addresses[0].addr_spec == f"{me.name}@example.test"

    wait_for(dovecot_a, me.name, "Sent")
    open_folder(page, "Sent")
    row(page, "Re: Grüße")
    page.get_by_role("link", name="Re: Grüße").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name=path.name).first.click()
    assert downloading.value.suggested_filename == path.name
    assert Path(downloading.value.path()).read_bytes() == FILE
    assert messages(dovecot_a, me.name, "Drafts") == []

    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/mail")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_write_to_two_with_a_blind_copy_from_a_kept_draft(
    anywhere: Page, product: Product, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    me, first, second = (product.newcomer(dovecot) for dovecot in (dovecot_a, dovecot_a, dovecot_b))
    sign_in(anywhere, me)
    anywhere.get_by_role("link", name="Write").first.click()
    anywhere.get_by_role("textbox", name="To", exact=True).fill(f"First Person <{first.name}@example.test>")
    anywhere.get_by_role("textbox", name="Bcc").fill(f"{second.name}@example.test")
    anywhere.get_by_role("textbox", name="Subject").fill("Prost & Ωmega")
    anywhere.get_by_role("textbox", name="Message").fill("one line\n.\na dot before this")
    anywhere.get_by_role("button", name="Save draft").click()
    expect(anywhere.get_by_text("Saved")).to_be_visible()
    assert len(wait_for(dovecot_a, me.name, "Drafts")) == 1

    anywhere.goto("/mail?folder=Drafts")
    anywhere.get_by_role("link", name="Prost & Ωmega").click()
    expect(anywhere.get_by_role("textbox", name="Message")).to_have_value(re.compile("a dot before this"))
    expect(anywhere.get_by_role("textbox", name="Bcc")).to_have_value(re.compile(second.name))
    anywhere.get_by_role("button", name="Send", exact=True).click()
    expect(anywhere.get_by_role("textbox", name="Message")).to_have_count(0)

    for dovecot, person in ((dovecot_a, first), (dovecot_b, second)):
        content = wait_for(dovecot, person.name)[0]
        assert b"bcc" not in content.lower()
        assert second.name.encode() not in content.split(b"\r\n\r\n")[0].partition(b"From:")[2]
        assert text_of(parsed(content)).startswith("one line\n.\na dot before this")
    assert len(wait_for(dovecot_a, me.name, "Sent")) == 1
    assert messages(dovecot_a, me.name, "Drafts") == []


def test_delete_goes_to_trash_and_star_stays(anywhere: Page, product: Product, dovecot_a: Backend) -> None:
    me = product.newcomer(dovecot_a)
    for number in range(3):
        deliver(dovecot_a, me.name, letter(f"number {number}"))
    sign_in(anywhere, me)
    expect(anywhere.locator("[data-uid]")).to_have_count(3)
    chosen = anywhere.locator("[data-uid]").filter(has_text="number 1")
    chosen.get_by_role("checkbox").check()
    anywhere.get_by_role("button", name="Delete").first.click()
    expect(anywhere.locator("[data-uid]")).to_have_count(2)
    assert [b"number 1" in each for each in messages(dovecot_a, me.name, "Trash")] == [True]
    open_folder(anywhere, "Trash")
    row(anywhere, "number 1")


def test_what_was_done_is_not_told_again_on_a_reload(
    page: Page, product: Product, dovecot_a: Backend
) -> None:
    me = product.newcomer(dovecot_a)
    deliver(dovecot_a, me.name, letter("told once"))
    sign_in(page, me)
    page.locator("[data-uid]").get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete").first.click()
    expect(page.locator(".toast")).to_have_text("Message moved to Trash.")
    page.reload()
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


def test_wrong_password_is_told_kindly(anywhere: Page, product: Product) -> None:
    anywhere.goto("/signin")
    anywhere.get_by_role("textbox", name="User name").fill("nobody-here")
    anywhere.get_by_label("Password").fill("wrong")
    anywhere.get_by_role("button", name="Sign in").click()
    expect(anywhere.get_by_role("alert")).to_contain_text("That name and password don’t match")
    expect(anywhere.get_by_role("textbox", name="User name")).to_have_value("nobody-here")
