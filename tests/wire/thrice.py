"""Reads a reply in three ways that must agree: whole, octet by octet, and with something behind it."""

from __future__ import annotations

from webmail.wire.buffer import ReplyReader
from webmail.wire.imap_parse import parse
from webmail.wire.imap_replies import Continuation, Reply


def read(raw: bytes, *, utf8: bool = False) -> Reply:
    """The one reply of raw, whose CRLF is added here."""
    raw += b"\r\n"
    reply = parse(raw, utf8=utf8)
    whole = ReplyReader(utf8=utf8)
    assert list(whole.feed(raw)) == [reply]
    assert whole.pending == 0
    assert octet_by_octet(raw, utf8=utf8) == [reply]
    assert list(ReplyReader(utf8=utf8).feed(raw + b"+ more\r\n* ")) == [reply, Continuation("more")]
    return reply


def octet_by_octet(raw: bytes, *, utf8: bool = False) -> list[Reply]:
    reader = ReplyReader(utf8=utf8)
    replies = [reply for octet in raw for reply in reader.feed(bytes((octet,)))]
    assert reader.pending == 0
    return replies
