"""Texts too long to be kept are looked through piece by piece: nothing in them is missed."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

import pytest

from webmail.mail import search_text
from webmail.mail.entities import scan
from webmail.mail.fold import fold
from webmail.mail.search_text import WINDOW

WORD = "Grüße aus Köln"
OVERLAP = 1000
FILLING = "Wörter, die niemand sucht.\r\n"


def holds(message: bytes, wanted: str) -> bool:
    pieces = search_text.windows(message, scan(message), OVERLAP)
    return any(fold(wanted) in fold(piece) for piece in pieces)


@pytest.mark.parametrize("before", [0, WINDOW - 20, WINDOW - 7, WINDOW, 3 * WINDOW - 9])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("media", ["plain", "html"])
def test_a_word_is_found_wherever_it_stands(before: int, encoding: str, media: str) -> None:
    text = (FILLING * (before // len(FILLING) + 1))[:before] + WORD + FILLING * 6000
    encodings: dict[str, Callable[[bytes], bytes]] = {
        "8bit": bytes,
        "base64": base64.encodebytes,
        "quoted-printable": quopri.encodestring,
    }
    head = f"Content-Type: text/{media}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    message = head.encode() + encodings[encoding](text.encode())
    assert holds(message, WORD)
    assert not holds(message, WORD + " nach Bonn")


def test_names_of_attachments_and_headers_of_inner_messages_are_looked_through() -> None:
    inner = b"Content-Type: message/rfc822; name=Brief.eml\r\n\r\nSubject: Innen\r\n\r\nText\r\n"
    assert all(holds(inner, word) for word in ("brief.eml", "subject: innen", "text"))
