"""What another site can make a browser do here: nothing."""

from __future__ import annotations

import pytest

from tests.servers.backend import Backend
from tests.servers.product import Product
from tests.servers.visitor import Visitor

LETTER = {"action": "send", "to": "mallory@evil.test", "text": "everything"}
STRANGERS = (
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.test"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Origin": "https://evil.test"},  # plain HTTP: no Fetch Metadata
    {"Origin": "null"},
    {"Origin": "http://["},
)


@pytest.mark.parametrize("headers", STRANGERS)
def test_post_of_another_site_does_not_wait_behind_the_door(
    headers: dict[str, str], visitor: Visitor
) -> None:
    answer = visitor.post("/write", LETTER, token=False, headers=headers)
    assert answer.status == 403
    assert "mallory" not in answer.text


@pytest.mark.parametrize("headers", STRANGERS)
def test_another_site_signs_nobody_in(headers: dict[str, str], visitor: Visitor) -> None:
    answer = visitor.post("/signin", {"user": "alice", "password": "secret"}, token=False, headers=headers)
    assert answer.status == 403
    assert not visitor.cookies


def test_our_own_pages_are_known_by_either_mark(product: Product) -> None:
    for headers in ({"Origin": product.url}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {}):
        with Visitor(product.url) as visitor:
            assert visitor.post("/write", LETTER, token=False, headers=headers).status == 401


def test_number_that_no_message_has_is_not_found(
    visitor: Visitor, product: Product, dovecot_a: Backend
) -> None:
    visitor.sign_in(product.newcomer(dovecot_a))
    for number in ("9" * 5000, "0", "x", "4294967296", "²"):
        assert visitor.get(f"/mail/1/{number}").status == 404
