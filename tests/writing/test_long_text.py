"""A text of megabytes holds nobody up: others are answered while it is weighed, saved and sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.backend import Backend
from tests.servers.product import Product
from tests.servers.visitor import Visitor
from tests.writing.writer import Written, write

LONGEST = 0.15  # seconds: on a loaded machine; where it was done in between, it took three times as long
TEXT = ("Größe und mehr davon in einer Zeile. " * 3 + "\n") * 32_000  # 3.6 million characters


@contextmanager
def others_answered(product: Product) -> Iterator[list[float]]:
    """How long /healthz took, again and again, while the block runs."""
    times: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with Visitor(product.url) as other:
            while not over.is_set():
                began = time.monotonic()
                other.get("/healthz")
                times.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield times
    finally:
        over.set()
        asking.join()


@pytest.fixture
def page(product: Product, visitor: Visitor, dovecot_a: Backend) -> Written:
    visitor.sign_in(product.newcomer(dovecot_a))
    page = write(visitor)
    page.set(to="bob@example.test", subject="long", text=TEXT)
    return page


@pytest.mark.parametrize("action", ["save", "send"])
def test_a_long_text_stalls_nobody(product: Product, page: Written, action: str) -> None:
    with others_answered(product) as times:
        answer = page.script(action)
    assert answer.status == 200, answer.text
    assert len(times) > 5
    assert max(times) < LONGEST


def test_a_long_text_with_files_stalls_nobody(product: Product, page: Written) -> None:
    files = [(f"{number}.bin", bytes(1000)) for number in range(30)]
    with others_answered(product) as times:
        answer = page.form("attach", files)
    assert answer.status == 200
    assert len(Written(page.visitor, answer).kept) == len(files)
    assert max(times) < LONGEST
