"""Any octets give replies or a ProtocolError, and never anything else."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from webmail.wire import ProtocolError
from webmail.wire.buffer import ReplyReader
from webmail.wire.imap_parse import parse
from webmail.wire.imap_replies import Fetch, Part, Reply
from webmail.wire.imap_utf7 import decode_utf7
from webmail.wire.imap_values import MailboxName

WORDS = [
    b"* ", b"+ ", b"A1 ", b"1 ", b"OK ", b"NO ", b"BYE ", b"[", b"]", b"[UIDNEXT ", b"[PERMANENTFLAGS (", b"[COPYUID ",
    b"LIST ", b"LSUB ", b"STATUS ", b"SEARCH ", b"ESEARCH ", b"NAMESPACE ", b"QUOTA ", b"QUOTAROOT ", b"VANISHED ",
    b"ID ", b"FLAGS ", b"CAPABILITY ", b"ENABLED ", b"FETCH (", b"EXISTS", b"EXPUNGE", b"(TAG ", b"UID ", b"ALL ",
    b"ENVELOPE ", b"BODYSTRUCTURE ", b"BODY[", b"BODY[HEADER.FIELDS ", b"INTERNALDATE ", b"MODSEQ ", b"RFC822.SIZE ",
    b'"message" ', b'"rfc822" ', b'"text" ', b'"01-Feb-2026 00:00:00 +0000" ', b'"OLDNAME" ', b"(EARLIER) ",
    b"(", b")", b"((", b"))", b'"', b"\\", b" ", b"NIL ", b"0 ", b"007 ", b"99999999999999999999999 ", b"-1 ", b"\\Seen ",
    b"{0}\r\n", b"{3}\r\n", b"~{2}\r\n", b"{3+}\r\n", b"{", b"}", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3\xa4", b"&AOQ-", b"&",
]  # fmt: skip

LIKELY = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=40).map(b"".join)
ANY = st.binary(max_size=200) | LIKELY


def replies(raw: bytes, step: int, *, utf8: bool) -> list[Reply | None]:
    """What a reader gives, None for the error at the end; each proven to be usable."""
    reader = ReplyReader(utf8=utf8)
    found: list[Reply | None] = []
    try:
        for at in range(0, len(raw), step):
            found.extend(reader.feed(raw[at : at + step]))
    except ProtocolError:
        found.append(None)
    return found


@settings(max_examples=2000)
@given(ANY, st.integers(1, 50), st.booleans())
@example(b"* ESEARCH ()\r\n", 1, False)
@example(b"* ID ((x) y)\r\n", 1, False)
def test_any_octets_are_read_or_refused_the_same_in_any_cutting(raw: bytes, step: int, utf8: bool) -> None:
    whole = replies(raw + b"\r\n", 1000, utf8=utf8)
    assert replies(raw + b"\r\n", step, utf8=utf8) == whole
    assert all(repr(reply) for reply in whole)


@settings(max_examples=2000)
@given(
    LIKELY,
    st.sampled_from([b"", b"* ", b"* OK ", b"* LIST () NIL ", b"* 1 FETCH (", b"* 1 FETCH (BODYSTRUCTURE ("]),
)
def test_any_reply_is_parsed_or_refused(raw: bytes, start: bytes) -> None:
    try:
        reply = parse(start + raw + b"\r\n")
    except ProtocolError:
        return
    if isinstance(reply, Fetch) and reply.structure:
        sections = [part.section for part in walk(reply.structure)]
        assert len(sections) == len(set(sections))


@settings(max_examples=1000)
@given(st.binary() | LIKELY)
def test_any_name_is_decoded_to_one_that_can_be_said(raw: bytes) -> None:
    name = decode_utf7(raw)
    assert not name or MailboxName(name).name == name


def walk(part: Part) -> list[Part]:
    return [part, *(inner for child in part.parts for inner in walk(child))]
