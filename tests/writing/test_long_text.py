"""A text of megabytes holds nobody up: others are answered while it is weighed, saved and sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.product import Product
from tests.servers.visitor import Visitor

LONGEST = 0.3  # seconds: on a loaded machine; where it was done in between, it took longer
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


@pytest.mark.parametrize("action", ["save", "send"])
def test_a_long_text_stalls_nobody(
    product: Product, visitor: Visitor, dovecot_a: Dovecot, action: str
) -> None:
    me = product.newcomer(dovecot_a)
    visitor.sign_in(me)
    page = visitor.get("/write?how=new")
    fields = {name: page.field(name) for name in ("compose", "person")}
    fields |= {"to": "bob@example.test", "cc": "", "bcc": "", "subject": "long", "text": TEXT}
    with others_answered(product) as times:
        answer = visitor.post("/write", {**fields, "action": action})
    assert answer.status in {200, 303}, answer.text
    assert len(times) > 5
    assert max(times) < LONGEST
