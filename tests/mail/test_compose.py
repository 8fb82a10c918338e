"""Messages written: parsed back by the stdlib as the oracle, weighed, and nothing smuggled in."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.mail import compose, flowed, headers
from webmail.mail.compose import Attached, Outgoing, blocks, canonical, size
from webmail.mail.headers import Person
from webmail.mail.parts import safe_name

ANN = Person("Ann Lee", "ann@example.org")
BOB = Person("", "bob@example.org")
PLAIN = Outgoing(
    sender=ANN,
    to=(BOB,),
    cc=(),
    bcc=(),
    subject="Hello",
    text="Hi Bob,\n\nbye",
    message_id="<1@example.org>",
    date=datetime(2026, 11, 23, 11, 6, tzinfo=timezone(timedelta(hours=1))),
)


def file(data: bytes, name: str = "a.bin", kind: str = "application/octet-stream", **rest: Any) -> Attached:
    return Attached(name, kind, len(data), lambda: io.BytesIO(data), **rest)


def written(outgoing: Outgoing, *, bcc: bool = False) -> bytes:
    return b"".join(blocks(outgoing, bcc=bcc))


def parsed(outgoing: Outgoing) -> EmailMessage:
    message = message_from_bytes(written(outgoing), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def field(source: bytes, name: str) -> str:
    """A field's text by the stdlib's older decoder, which knows that blanks between two words do not count."""
    folded = str(message_from_bytes(source, policy=policy.compat32)[name])
    return str(make_header(decode_header(folded.replace("\r\n", ""))))


def test_the_plainest_message() -> None:
    assert written(PLAIN) == (
        b"From: Ann Lee <ann@example.org>\r\n"
        b"To: bob@example.org\r\n"
        b"Subject: Hello\r\n"
        b"Date: Mon, 23 Nov 2026 11:06:00 +0100\r\n"
        b"Message-ID: <1@example.org>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hi Bob,\r\n\r\nbye\r\n"
    )


def test_bcc_is_only_in_our_own_copy() -> None:
    outgoing = replace(PLAIN, bcc=(Person("Çelik", "c@example.org"),))
    assert b"c@example.org" not in written(outgoing)
    assert b"Bcc: =?utf-8?q?=C3=87elik?= <c@example.org>\r\n" in written(outgoing, bcc=True)
    assert compose.bcc_field(outgoing) + written(outgoing) == written(outgoing, bcc=True)
    assert compose.bcc_field(PLAIN) == b""


def test_only_bcc() -> None:
    outgoing = replace(PLAIN, to=(), bcc=(BOB,))
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in written(outgoing)
    assert b"\r\nTo:" not in written(outgoing, bcc=True)


def test_the_thread() -> None:
    outgoing = replace(
        PLAIN, in_reply_to=("<a@b>",), references=tuple(f"<{n}@{'x' * 30}>" for n in range(21))
    )
    source = written(outgoing)
    assert b"\r\nIn-Reply-To: <a@b>\r\n" in source
    assert headers.message_ids(field(source, "References")) == outgoing.references
    assert all(len(line) <= 78 for line in source.split(b"\r\n"))


def test_the_date_bears_its_zone() -> None:
    assert parsedate_to_datetime(str(parsed(PLAIN)["Date"])) == PLAIN.date
    assert b"Date: Mon, 23 Nov 2026 10:06:00 +0000\r\n" in written(
        replace(PLAIN, date=PLAIN.date.astimezone(UTC))
    )
    with pytest.raises(ValueError, match="zone"):
        written(replace(PLAIN, date=datetime(2026, 11, 23)))  # noqa: DTZ001  that is the point


SUBJECTS = [
    "",
    "Hello",
    "word " * 60 + "end",
    "x" * 990,
    "Grüße",
    "Grüße aus München " * 20,
    "日本語の件名" * 40,
    "👩\u200d🚀" * 60,
    "=?utf-8?q?not_a_word?=",
    "tab\there",
    " blanks  inside ",
    "5 * 3 = 15",
    ":(",
    '"\\',
    "a=b_c?d",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects(subject: str) -> None:
    source = written(replace(PLAIN, subject=subject))
    assert field(source, "Subject") == subject
    assert all(len(line) <= 78 for line in source.split(b"\r\n"))
    words = re.findall(rb"=\?utf-8\?.\?[^?]*\?=", source)
    for word in words:  # RFC 2047, 5: each a whole number of characters
        assert "\ufffd" not in headers.decode(word)


PEOPLE = [
    Person("", "a@example.org"),
    Person("Ann Lee", "a@example.org"),
    Person("Lee, Ann", "a@example.org"),
    Person('Ann "Q" Lee\\', "a@example.org"),
    Person("Dr. A. Lee", "a@example.org"),
    Person("Jürgen Müller", "a@example.org"),
    Person("日本太郎" * 20, "a@example.org"),
    Person("a <evil@example.org>, b", "a@example.org"),
    Person("=?utf-8?q?x?=", "a@example.org"),
    Person("x " * 100 + "y", "a@example.org"),
    Person("", '"odd, name"@example.org'),
]


@pytest.mark.parametrize("person", PEOPLE)
def test_people(person: Person) -> None:
    source = written(replace(PLAIN, to=(person, BOB)))
    raw = str(message_from_bytes(source, policy=policy.compat32)["To"])
    pairs = getaddresses([raw.replace("\r\n", "")])
    assert [(str(make_header(decode_header(name))), address) for name, address in pairs] == [
        (person.name, person.address),
        ("", BOB.address),
    ]
    assert all(len(line) <= 78 for line in source.split(b"\r\n"))


def test_five_hundred_recipients_are_folded() -> None:
    people = tuple(Person(f"Person {n}", f"p{n}@example.org") for n in range(500))
    source = written(replace(PLAIN, to=people))
    assert all(len(line) <= 78 for line in source.split(b"\r\n"))
    assert len(getaddresses([str(parsed(replace(PLAIN, to=people))["To"])])) == 500


def test_a_domain_goes_out_in_ascii_unless_the_local_part_cannot() -> None:
    idn = replace(PLAIN, to=(Person("", "a@bücher.example"),))
    assert not compose.needs_utf8(idn)
    assert b"To: a@xn--bcher-kva.example\r\n" in written(idn)
    international = replace(PLAIN, to=(Person("ä", "ä@bücher.example"),))
    assert compose.needs_utf8(international)
    assert compose.needs_8bit(international)
    assert "<ä@bücher.example>\r\n".encode() in written(international)
    assert compose.needs_utf8(replace(PLAIN, bcc=international.to))


def test_a_draft_keeps_what_was_typed_halfway() -> None:
    draft = replace(PLAIN, to=(Person("bob, the", ""),))
    assert b'To: "bob, the":;\r\n' in written(draft, bcc=True)
    with pytest.raises(ValueError, match="without an address"):
        written(draft)


INJECTED = ["a\r\nBcc: evil@example.org", "a\nb", "a\rb", "a\x00b", "a\r\n\r\nbody"]


@pytest.mark.parametrize("value", INJECTED)
@pytest.mark.parametrize("bcc", [True, False])
def test_nothing_is_smuggled_into_the_header(value: str, bcc: bool) -> None:
    """CVE-2024-6923, CVE-2026-1299: generators that let a newline through; ours is its own guard."""
    for bad in (
        replace(PLAIN, subject=value),
        replace(PLAIN, sender=Person(value, "a@example.org")),
        replace(PLAIN, sender=Person("a", f"{value}@example.org")),
        replace(PLAIN, to=(Person(value, "a@example.org"),)),
        replace(PLAIN, cc=(Person("", f"a@{value}"),)),
        replace(PLAIN, to=(Person(value, ""),)),
        replace(PLAIN, message_id=f"<{value}@b>"),
        replace(PLAIN, in_reply_to=(f"<{value}@b>",)),
        replace(PLAIN, references=("<a@b>", value)),
        replace(PLAIN, attachments=(file(b"", value),)),
        replace(PLAIN, attachments=(file(b"", "a", f"text/{value}"),)),
    ):
        with pytest.raises(ValueError, match=r"."):
            written(bad, bcc=bcc)
        with pytest.raises(ValueError, match=r"."):
            size(bad, bcc=bcc)


def test_other_nonsense_is_refused() -> None:
    for bad in (
        replace(PLAIN, text="a\x00b"),
        replace(PLAIN, text="a\ud800b"),
        replace(PLAIN, subject="\ud800"),
        replace(PLAIN, message_id="no brackets"),
        replace(PLAIN, sender=Person("a", "")),
        replace(PLAIN, sender=Person("a", "not an address")),
    ):
        with pytest.raises(ValueError, match=r"."):
            written(bad)


TEXTS = [
    "",
    "\n",
    "plain",
    "Grüße\nzweite Zeile",
    "日本語" * 200,
    "word " * 400,
    "x" * 5_000,
    "é" * 5_000,
    "trailing  \n-- \nsig",
    ".\n..\nFrom me\n> quoted\n>> twice\n  indented",
    "a=3Db=",
    "tab\t\nend",
    "line\r\nline\rline",
    "\x07bell \x7f",
]


@pytest.mark.parametrize("typed", TEXTS)
def test_texts(typed: str) -> None:
    outgoing = replace(PLAIN, text=typed)
    source, message = written(outgoing), parsed(outgoing)
    assert all(len(line) <= 998 for line in source.split(b"\r\n"))
    assert source.isascii()
    body = message.get_content().replace("\r\n", "\n")
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    assert body == flowed.flow(lines)
    assert message.get_content_charset() == "utf-8"
    assert message.get_param("format") == "flowed"


@pytest.mark.parametrize(
    ("typed", "encoding"),
    [
        ("plain", "7bit"),
        ("Grüße", "quoted-printable"),
        ("日本語の本文です。" * 5, "base64"),
        ("x" * 999, "quoted-printable"),
    ],
)
def test_the_encoding_follows_from_the_text(typed: str, encoding: str) -> None:
    assert f"Content-Transfer-Encoding: {encoding}\r\n".encode() in written(replace(PLAIN, text=typed))


NAMES = [
    "report.pdf",
    "two words.pdf",
    'quo"te\\.pdf',
    "Grüße.pdf",
    "日本語のとても長いファイル名" * 8 + ".pdf",
    "long " * 30 + ".pdf",
    "semi;colon='%41.pdf",
    "é" * 170,
]


@pytest.mark.parametrize("name", NAMES)
def test_file_names(name: str) -> None:
    outgoing = replace(PLAIN, attachments=(file(b"data", name),))
    part = next(iter(parsed(outgoing).iter_attachments()))
    expected = safe_name(name)
    assert part.get_filename() == expected
    older = message_from_bytes(written(outgoing), policy=policy.compat32).get_payload(1)
    assert not isinstance(older, str)
    named = re.sub(r"\r\n", "", str(older.get_param("name")))
    assert str(make_header(decode_header(named))).replace("\\", "") == expected.replace("\\", "")
    header = written(outgoing).split(b"\r\n\r\n")[2]
    assert all(len(line) <= 250 for line in header.split(b"\r\n"))


def test_files() -> None:
    data = bytes(range(256)) * 1_000
    outgoing = replace(
        PLAIN,
        attachments=(
            file(data, "a.bin"),
            file(b"", "empty.txt", "text/plain"),
            file(b"x", "x", "multipart/mixed"),
        ),
    )
    message = parsed(outgoing)
    assert message.get_content_type() == "multipart/mixed"
    first, second, third = message.iter_attachments()
    assert (first.get_content(), first.get_content_type()) == (data, "application/octet-stream")
    assert (second.get_content(), second.get_content_type()) == ("", "text/plain")
    assert (third.get_content(), third.get_content_type()) == (b"x", "application/octet-stream")
    assert not message.defects


@pytest.mark.parametrize(
    "kind", ["", "nonsense", "a/b/c", "text/html; charset=x", "message/partial", "TEXT/HTML"]
)
def test_types_that_are_none_are_octets(kind: str) -> None:
    part = next(iter(parsed(replace(PLAIN, attachments=(file(b"x", "x", kind),))).iter_attachments()))
    assert part.get_content_type() == ("text/html" if kind == "TEXT/HTML" else "application/octet-stream")


INNER = b"Subject: inner\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n\xe4\r\n.\r\n"


def test_a_message_is_attached_as_it_is() -> None:
    outgoing = replace(PLAIN, attachments=(file(INNER, "inner.eml", "message/rfc822"),))
    source = written(outgoing)
    assert b"Content-Transfer-Encoding: 8bit\r\n" in source
    assert INNER in source
    assert compose.needs_8bit(outgoing)
    part = next(iter(parsed(outgoing).iter_attachments()))
    assert part.get_content()["Subject"] == "inner"
    assert not compose.needs_8bit(
        replace(PLAIN, attachments=(file(b"a: b\r\n", "x", "message/rfc822", encoding="7bit"),))
    )


@pytest.mark.parametrize("bad", [b"a\nb", b"a\rb", b"a\x00b", b"a\r", b"\n", b"a\r\r\n"])
def test_a_message_that_another_server_would_read_otherwise_is_refused(bad: bytes) -> None:
    """SMTP smuggling: a dot between two bare LF ends a message for some servers and not for others."""
    assert canonical([bad]) == canonical(bytes([octet]) for octet in bad) == ""
    with pytest.raises(ValueError, match="canonical"):
        written(replace(PLAIN, attachments=(file(bad, "x", "message/rfc822"),)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ([b""], "7bit"),
        ([b"a: b\r", b"\n\r\nx"], "7bit"),
        ([INNER[:40], INNER[40:]], "8bit"),
        ([b"x" * 500, b"x" * 498, b"\r\n"], "7bit"),
        ([b"x" * 500, b"x" * 499, b"\r\n"], ""),
    ],
)
def test_canonical(source: Iterable[bytes], expected: str) -> None:
    assert canonical(source) == expected


def test_a_file_that_changed_is_refused() -> None:
    for data, told in ((b"abc", 2), (b"abc", 4)):
        changed = replace(file(data), size=told)
        with pytest.raises(ValueError, match="file"):
            written(replace(PLAIN, attachments=(changed,)))


class _Trickle(io.BytesIO):
    """A file that gives less than it is asked for, as files may."""

    def read(self, count: int | None = -1) -> bytes:
        return super().read(min(count, 7) if count and count > 0 else count)


def test_files_are_read_in_blocks_and_closed() -> None:
    opened: list[BinaryIO] = []

    def trickle() -> BinaryIO:
        opened.append(_Trickle(b"x" * 10_000))
        return opened[-1]

    outgoing = replace(PLAIN, attachments=(Attached("x", "text/plain", 10_000, trickle),))
    assert len(written(outgoing)) == size(outgoing, bcc=False)
    assert [one.closed for one in opened] == [True]


def test_a_big_file_is_never_whole_in_memory() -> None:
    """Blocks of 64 KiB at most, whatever the file."""
    data = b"\xff" * 5_000_000
    outgoing = replace(
        PLAIN, text="x\n" * 100_000, attachments=(file(data), file(INNER * 10_000, "x", "message/rfc822"))
    )
    lengths = [len(block) for block in blocks(outgoing, bcc=False)]
    assert max(lengths) <= compose.BLOCK
    assert sum(lengths) == size(outgoing, bcc=False)


LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)
ONE_LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), max_size=120)
ADDRESS = st.sampled_from(["a@example.org", "ä@example.org", "b@bücher.example", '"c d"@example.org'])
WHO = st.builds(Person, ONE_LINE, ADDRESS)
FILES = st.builds(
    file,
    st.binary(max_size=300),
    ONE_LINE,
    st.sampled_from(["text/plain", "application/pdf", "nonsense"]),
)
OUTGOING = st.builds(
    Outgoing,
    sender=WHO,
    to=st.lists(WHO, max_size=4).map(tuple),
    cc=st.lists(WHO, max_size=2).map(tuple),
    bcc=st.lists(WHO, max_size=2).map(tuple),
    subject=ONE_LINE,
    text=LINES,
    message_id=st.just("<1@example.org>"),
    date=st.just(PLAIN.date),
    in_reply_to=st.sampled_from([(), ("<a@b>",)]),
    references=st.sampled_from([(), ("<a@b>", "<c@d>")]),
    attachments=st.lists(FILES, max_size=3).map(tuple),
)


@settings(max_examples=300)
@given(OUTGOING, st.booleans())
def test_the_size_is_exact_and_the_lines_are_lines(outgoing: Outgoing, bcc: bool) -> None:
    source = written(outgoing, bcc=bcc)
    assert len(source) == size(outgoing, bcc=bcc)
    assert source.count(b"\r\n") == source.count(b"\n") == source.count(b"\r")
    assert b"\x00" not in source
    assert source.endswith(b"\r\n")
    assert all(len(line) <= 998 for line in source.split(b"\r\n"))


@given(OUTGOING)
def test_what_is_written_is_what_was_meant(outgoing: Outgoing) -> None:
    source = written(outgoing)
    block = source.split(b"\r\n\r\n")[0]
    told = dict(headers.fields(block + b"\r\n"))
    assert told["Subject"] == headers.clean(outgoing.subject)
    known = {"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"}
    assert set(told) <= known | {"Content-Type", "Content-Transfer-Encoding"}
    message = message_from_bytes(source, policy=policy.compat32)
    assert not message.defects
    assert len(list(message.walk())) == (2 + len(outgoing.attachments) if outgoing.attachments else 1)


def test_a_line_of_a_million_letters_is_written_in_no_time() -> None:
    began = time.monotonic()
    size(replace(PLAIN, text="\u3000" * 1_000_000), bcc=False)
    assert time.monotonic() - began < 2


@given(OUTGOING)
def test_what_a_file_adds_is_exact(outgoing: Outgoing) -> None:
    sizes = [
        size(replace(outgoing, attachments=outgoing.attachments[:count]), bcc=True)
        for count in range(len(outgoing.attachments) + 1)
    ]
    for count, attached in enumerate(outgoing.attachments):
        before = replace(outgoing, attachments=outgoing.attachments[:count])
        assert sizes[count] + compose.added(before, attached) == sizes[count + 1]


@pytest.mark.parametrize(
    "text", ["words " * 40_000, "\u8a9e" * 200_000, "a line\n" * 40_000, "> " * 100_000, "=" + "x" * 200_000]
)
def test_a_text_of_many_pieces_is_encoded_as_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = compose.encoded(text)
    assert written(replace(PLAIN, text=pieces)) == written(replace(PLAIN, text=text))
    monkeypatch.setattr(compose, "_CHUNK", len(text) + 1)
    assert compose.encoded(text) == pieces
