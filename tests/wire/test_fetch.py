"""FETCH replies: envelopes with what people write into them, sections, dates, unknown items."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.wire.thrice import read
from webmail.wire.imap_replies import Address, Envelope, Fetch

NASTY = [
    b"5 * 3 = 15",
    b"5* hotel * best",
    b"Hello :(",
    b"))) ((",
    b"NIL",
    b'"\\',
    b'say "hi"',
    b"C:\\temp\\x",
    b"{3}",
    b"literal {3}",
    b"~{3+}",
    b"* 1 EXISTS",
    b"A1 OK done",
    b'BODY[HEADER.FIELDS ("X")]',
    b"caf\xe9 \xf0\x9f\x98\x80 \x01\x7f",
    b"",
    b" ",
]


def quoted(octets: bytes) -> bytes:
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(octets: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(octets), octets)


@pytest.mark.parametrize("subject", NASTY)
@pytest.mark.parametrize("form", [quoted, literal])
def test_a_subject_survives(subject: bytes, form: object) -> None:
    said = quoted(subject) if form is quoted else literal(subject)
    reply = read(b"* 7 FETCH (ENVELOPE (NIL %s NIL NIL NIL NIL NIL NIL NIL %s) UID 9)" % (said, said))
    assert reply == Fetch(7, uid=9, envelope=Envelope(None, subject, (), (), (), (), (), (), None, subject))


def test_a_literal_may_hold_lines_and_whole_replies() -> None:
    octets = b"\r\n* 3 EXPUNGE\r\nA1 OK\r\n)\r\n {5}\r\n"
    reply = read(b"* 7 FETCH (BODY[] %s UID 9 BODY[TEXT] {0}\r\n)" % literal(octets))
    assert reply == Fetch(7, uid=9, sections={"BODY[]": octets, "BODY[TEXT]": b""})


def test_a_literal_that_ends_like_the_announcement_of_another() -> None:
    reply = read(b"* 7 FETCH (BODY[1] {4}\r\n {3} BODY[2] {1}\r\nx)")
    assert reply == Fetch(7, sections={"BODY[1]": b" {3}", "BODY[2]": b"x"})


def test_an_envelope_in_full() -> None:
    reply = read(
        b'* 1 FETCH (ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700" "Re: x" '
        b'(("Terry" NIL "gray" "cac.example")) (("Terry" NIL "gray" "cac.example")) ((NIL NIL "r" "h")) '
        b'((NIL NIL "friends" NIL)("Ann" "@route" "ann" "x")(NIL NIL NIL NIL)) '
        b'NIL () "<1@x>" "<2@x>"))'
    )
    gray = Address(b"Terry", None, b"gray", b"cac.example")
    assert reply == Fetch(
        1,
        envelope=Envelope(
            b"Wed, 17 Jul 1996 02:23:25 -0700",
            b"Re: x",
            (gray,),
            (gray,),
            (Address(None, None, b"r", b"h"),),
            (
                Address(None, None, b"friends", None),
                Address(b"Ann", b"@route", b"ann", b"x"),
                Address(None, None, None, None),
            ),
            (),
            (),
            b"<1@x>",
            b"<2@x>",
        ),
    )


@pytest.mark.parametrize(
    ("said", "subject", "from_"),
    [
        (b"()", None, ()),
        (b"(NIL)", None, ()),
        (b"(NIL subject 5)", b"subject", ()),
        (b"(NIL 12 (NIL x (a)))", b"12", (Address(b"a", None, None, None),)),
        (b"((deep) (deep) NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", None, ()),
    ],
)
def test_a_broken_envelope_gives_what_it_has(
    said: bytes, subject: bytes | None, from_: tuple[Address, ...]
) -> None:
    reply = read(b"* 1 FETCH (ENVELOPE %s)" % said)
    assert reply == Fetch(1, envelope=Envelope(None, subject, from_, (), (), (), (), (), None, None))


KEYS = [
    (b"BODY[]", "BODY[]"),
    (b"body[]<0>", "BODY[]<0>"),
    (b"BODY[1.2]<4096>", "BODY[1.2]<4096>"),
    (b"BODY[2.MIME]", "BODY[2.MIME]"),
    (b"BODY[HEADER.FIELDS (REFERENCES)]", "BODY[HEADER.FIELDS (REFERENCES)]"),
    (b'BODY[HEADER.FIELDS ("References" To)]<0>', "BODY[HEADER.FIELDS (REFERENCES TO)]<0>"),
    (b"BODY[3.HEADER.FIELDS.NOT ({2}\r\nTo)]", "BODY[3.HEADER.FIELDS.NOT (TO)]"),
    (b"BINARY[1]<0>", "BINARY[1]<0>"),
    (b"BINARY[]", "BINARY[]"),
    (b"RFC822.HEADER", "RFC822.HEADER"),
]


@pytest.mark.parametrize(("said", "key"), KEYS)
@pytest.mark.parametrize(
    ("form", "octets"),
    [(b"{3}\r\na)b", b"a)b"), (b"~{2}\r\n\0\xff", b"\0\xff"), (b'"x"', b"x"), (b"NIL", None), (b"12", b"12")],
)
def test_sections(said: bytes, key: str, form: bytes, octets: bytes | None) -> None:
    assert read(b"* 1 FETCH (%s %s UID 3)" % (said, form)) == Fetch(1, uid=3, sections={key: octets})


@pytest.mark.parametrize(
    ("said", "when"),
    [
        (
            b'"17-Jul-1996 02:44:25 -0700"',
            datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(-timedelta(hours=7))),
        ),
        (b'" 1-feb-2026 00:00:00 +0000"', datetime(2026, 2, 1, tzinfo=UTC)),
        (b'"1-Feb-2026 00:00:00 +0000"', datetime(2026, 2, 1, tzinfo=UTC)),
        (
            b'"01-FEB-2026 00:00:00 +0545"',
            datetime(2026, 2, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        ),
        (b'"31-Feb-2026 00:00:00 +0000"', None),
        (b'"01-Foo-2026 00:00:00 +0000"', None),
        (b'"01-Feb-2026 00:00:00"', None),
        (b'"01-Feb-2026 25:00:00 +0000"', None),
        (b'"01-Feb-0000 00:00:00 +0000"', None),
        (b'""', None),
        (b"NIL", None),
        (b"(1)", None),
    ],
)
def test_internaldate(said: bytes, when: datetime | None) -> None:
    assert read(b"* 1 FETCH (INTERNALDATE %s)" % said) == Fetch(1, internaldate=when)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"()", Fetch(1)),
        (b"(UID 4294967295 RFC822.SIZE 0)", Fetch(1, uid=4294967295, size=0)),
        (b'(uid "12" rfc822.size NIL)', Fetch(1, uid=12)),
        (b"(MODSEQ (9223372036854775807))", Fetch(1, modseq=2**63 - 1)),
        (b"(MODSEQ ())", Fetch(1)),
        (
            b"(FLAGS (\\Seen $MDNSent NonJunk \\X 7 caf\xc3\xa9))",
            Fetch(1, flags=("\\Seen", "$MDNSent", "NonJunk", "\\X", "7", "café")),
        ),
        (b"(FLAGS ())", Fetch(1, flags=())),
        (b"(FLAGS NIL)", Fetch(1, flags=())),
        (
            b"(X-GM-MSGID 1278455344230334865 PREVIEW NIL)",
            Fetch(1, others={"X-GM-MSGID": 1278455344230334865, "PREVIEW": None}),
        ),
        (b'(X-GM-LABELS (\\Inbox "Muy \\"x\\""))', Fetch(1, others={"X-GM-LABELS": ("\\Inbox", b'Muy "x"')})),
        (b"(BINARY.SIZE[1.2] 4096)", Fetch(1, others={"BINARY.SIZE[1.2]": 4096})),
        (b"(UID)", Fetch(1)),
        (b"((x) y UID 3)", Fetch(1, uid=3)),
        (b"(RFC822.SIZE 123456789012345678901234567890)", Fetch(1, size=0)),
        (b"(ENVELOPE NIL BODYSTRUCTURE NIL)", Fetch(1)),
    ],
)
def test_items(said: bytes, meant: Fetch) -> None:
    assert read(b"* 1 FETCH " + said) == meant
