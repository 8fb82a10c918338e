"""What addresses and forms may ask for."""

from __future__ import annotations

import pytest

from tests.pages.samples import request
from webmail.errors import BadRequest, NotFound
from webmail.http.pages import asked


def test_without_a_folder_it_is_the_inbox() -> None:
    assert asked.folder(request()) == "INBOX"
    assert asked.folder(request("folder=A%26B%20%22%5C%F0%9F%98%80")) == 'A&B "\\😀'


@pytest.mark.parametrize("name", ["a\0b", "x" * 1001, "\ud800", ""])
def test_what_no_mailbox_is_called(name: str) -> None:
    with pytest.raises(NotFound):
        asked.folder_name(name)


@pytest.mark.parametrize(
    ("text", "page"), [("", 1), ("0", 1), ("-1", 1), ("7", 7), ("x", 1), ("²", 1), ("9" * 30, 1), ("٣", 1)]
)
def test_page_number(text: str, page: int) -> None:
    assert asked.page_number(text) == page


@pytest.mark.parametrize("text", ["", "0", "-1", "1,2", "1:*", "4294967296", "9" * 5000, "1\r\nX", " 1", "٣"])
def test_numbers_are_numbers(text: str) -> None:
    with pytest.raises(BadRequest):
        asked.number(text)


def test_each_number_once() -> None:
    assert asked.numbers(["3", "1", "3", "4294967295"]) == (1, 3, 4294967295)
