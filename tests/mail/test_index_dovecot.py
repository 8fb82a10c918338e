"""What we tell of a message beside what Dovecot 2.3 tells of it: ENVELOPE, BODYSTRUCTURE, BODY[…], THREAD.

Where we mean to differ:

- RFC 2231: Dovecot joins `filename*0*` and `filename*1*`; we pass them as they were written (RFC 9051 wants
  no more), because a client joins them anyway.
- A Content-Type that is none: Dovecot says ("" ""); we say text/plain (RFC 2045, 5.2), also for `text` alone.
- A disposition without a type: Dovecot says ""; we say attachment (RFC 2183, 2.8).
- `boundary=""`: Dovecot cuts at every line that begins with `--`; for us it is no boundary.
- Content-Transfer-Encoding of a message without Content-Type: Dovecot forgets it.
- message/global is told like message/rfc822 (RFC 6532, 3.7; RFC 9051, media-message); Dovecot 2.3 does not.
- Parameters and addresses that are broken: of `a=b/c` and `<a@b` we keep what can be meant, Dovecot less; it
  tells MISSING_MAILBOX for each comma without an address, we nothing. A word of RFC 2047 with a comma or an
  at sign in it is one word for us. Blanks around dots are allowed.
- Where a delimiter follows a header at once, the line end between them belongs to the header for us.
- A multipart inside one of the same boundary: there both guess.
- Blanks at the end of Content-ID and In-Reply-To are not told.
"""

from __future__ import annotations

import imaplib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.mail.test_golden import GOLDEN
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import fill, imap
from tests.wire.talk import logged_in
from webmail.mail.index import Parsed, parse
from webmail.mail.thread import Message, print_threads, thread_orderedsubject, thread_references
from webmail.wire.imap_commands import fetch, select
from webmail.wire.imap_parse import parse as parse_reply
from webmail.wire.imap_replies import Fetch, Part
from webmail.wire.imap_sets import SequenceSet

FIELDS = [
    b"From: Ann <ann@x.test>\nFrom: Bob <bob@y.test>\nSubject: one\nSubject: two\nDate: d1\nDate: d2\nTo: x\n\nx\n",
    b'From: "Lee, \\"A\\" Ann" <ann.lee @ x.test>, (c1) x@y (c2 (nested) ), <@r1,@r2:u@v>, grp: a@b, c@d;, u:;, foo, <>, a@, @b\n\n',
    b"To: a b c\nCc: \nReply-To: <bob@y.test>\nSender: x.y@[127.0.0.1]\nIn-Reply-To: <1>\nSubject: a\n\tb\n   c  d\t\n \n e\n\nx\n",
    b'Content-Type: TEXT/HTML; CharSet=UTF-8; foo="a\\"b"; bar=a b; format=flowed (cmt)\nContent-Transfer-Encoding: Base64\n\nab\ncd',
    b"Content-Type: image/png\nContent-ID: <a@b>\nContent-Description: foo\n bar\nContent-Disposition: ATTACHMENT; FileName*=utf-8''a%20b\n\n",
    b"Content-Type: text/plain\nContent-Language: de, en\nContent-Location: http://x\n y\nContent-MD5: abc=\n\nab",
    b'Content-Type: text/plain; charset="a\n b"; name=\xfcber\n\nx\n',
    b"Content-Type: text/plain; a=1; A=2; charset=x\nContent-Type: text/html\n\nx\n",
    b'Subject: caf\xe9 \xf0\x9f\x98\x80 "q" \\ a\0b\n\n\0\n',
    b"",
    b"\n",
    b"no field\n",
    b"Subject: x",
]
STRUCTURES = [
    b"Content-Type: multipart/mixed; boundary=a\n\npre\n",
    b"Content-Type: multipart/mixed\n\nx",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n--a--\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n--a--\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhello\n--a--\nepi\n--a\n\nmore\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\none\n--ab\n\ntwo\n--a\n\nthree\n--ab\nfoo\n--a--\n",
    b"Content-Type: multipart/digest; boundary=a\n\n--a\n\nFrom: a@b\nSubject: s\n\nbody\n--a\nContent-Type: text/plain\n\nbar\n--a--\n",
    b"Content-Type: message/rfc822\n\nFrom: a@b\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nx\n--q--\n",
    b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYUBi\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/delivery-status\n\nx: y\n\na: b\n",
]
PIECES = [
    b"\n", b"\n\n", b"--a\n", b"--a--\n", b"\n--a\n", b"\n--b\n", b"--ab\n", b"\n--ab--\n", b"From: a@b\n", b"x\n", b"foo", b"Subject: ",
    b"Content-Type: multipart/mixed; boundary=a\n\n", b"Content-Type: multipart/digest; boundary=ab\n\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Type: multipart/alternative; boundary=b\n\n", b"Content-Type: text/html\n\n",
]  # fmt: skip
CHANCE = random.Random(3)
ANY = [b"".join(CHANCE.choices(PIECES, k=CHANCE.randrange(4, 25))) for _ in range(400)]
JOINED = {"outlook.eml"}  # names in segments of RFC 2231
GOLDEN_MIME = [path for path in sorted((GOLDEN / "mime").glob("*.eml")) if path.name not in JOINED]
MAILS = [*FIELDS, *STRUCTURES, *ANY, *(path.read_bytes().replace(b"\r\n", b"\n") for path in GOLDEN_MIME)]


def told(structure: bytes, parsed: Parsed) -> Fetch:
    reply = parse_reply(b"* 1 FETCH (ENVELOPE %b BODYSTRUCTURE %b)\r\n" % (parsed.envelope, structure))
    assert isinstance(reply, Fetch)
    return reply


def without_extension(part: Part | None) -> Part | None:
    if part is None:
        return None
    parts = tuple(child for each in part.parts if (child := without_extension(each)))
    params = {} if part.type == "multipart" else part.params
    return replace(part, disposition=None, disposition_params={}, params=params, parts=parts)


@pytest.fixture(scope="module")
def person(dovecot_a: Dovecot) -> str:
    """Somebody whose INBOX holds MAILS."""
    name = dovecot_a.spare().name
    fill(dovecot_a, name, MAILS)
    return name


def test_envelopes_and_structures(dovecot_a: Dovecot, person: str) -> None:
    with logged_in(dovecot_a.host, dovecot_a.imap, person, "secret") as talk:
        talk.ok(select("INBOX"))
        fetched = talk.all(Fetch, fetch(SequenceSet.parse("1:*"), ["ENVELOPE", "BODYSTRUCTURE"], uid=False))
    for reply, mail in zip(fetched, MAILS, strict=True):
        parsed = parse(mail.replace(b"\n", b"\r\n"))
        ours = told(parsed.bodystructure, parsed)
        assert (ours.envelope, ours.structure) == (reply.envelope, reply.structure), mail
        assert told(parsed.body, parsed).structure == without_extension(reply.structure)


def test_sections(dovecot_a: Dovecot, person: str) -> None:
    """Each section that we number has the octets that Dovecot sends for it."""
    with imap(dovecot_a, person) as connection:
        connection.select("INBOX", readonly=True)
        for number, mail in enumerate([*STRUCTURES, *ANY[:150]], len(FIELDS) + 1):
            if max(mail.count(b"boundary=%b\n" % name) for name in (b"a", b"b", b"ab")) > 1:
                continue
            for specifier, octets in sections(mail.replace(b"\n", b"\r\n")):
                theirs = body(connection, number, specifier)
                assert octets in {theirs, touched(theirs, specifier)}, (mail, specifier)


def touched(octets: bytes, specifier: str) -> bytes:
    """A header with the line end that Dovecot counts to the delimiter behind it."""
    return octets + b"\r\n" if specifier.endswith(("MIME", "HEADER")) else octets


def sections(message: bytes) -> Iterator[tuple[str, bytes]]:
    for section in parse(message).sections[1:]:
        yield section.number, message[section.body : section.end]
        yield f"{section.number}.MIME", message[section.start : section.body]
        if section.text >= 0:
            yield f"{section.number}.HEADER", message[section.body : section.text]
            yield f"{section.number}.TEXT", message[section.text : section.end]


def body(connection: imaplib.IMAP4, number: int, specifier: str) -> bytes:
    _, answer = connection.fetch(str(number), f"(BODY.PEEK[{specifier}])")
    return bytes(answer[0][1]) if isinstance(answer[0], tuple) else b""


def letters(chance: random.Random) -> list[bytes]:
    """A small mailbox in which everything refers to everything."""
    count = chance.randrange(3, 14)
    return [letter(chance, number, count + 6) for number in range(count)]


def letter(chance: random.Random, number: int, ids: int) -> bytes:
    references = [f"<{chance.randrange(ids)}@x>" for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))]
    field = "References" if chance.random() < 0.7 else "In-Reply-To"
    subject = chance.choice(("", "", "Re: ", "Fwd: ", "[x] ")) + chance.choice(
        ("", "a", "b", "c", f"e{number}")
    )
    lines = [
        f"Message-ID: <{chance.randrange(ids) if chance.random() < 0.1 else number}@x>",
        f"{field}: {' '.join(references)}",
        f"Subject: {subject}",
        f"Date: {chance.randrange(1, 28)} Jan 2020 {chance.randrange(24):02}:00:00 +0000",
    ]
    return ("\r\n".join(lines) + "\r\n\r\nx\r\n").encode()


def as_message(number: int, mail: bytes) -> Message:
    parsed = parse(mail)
    return Message(
        number, parsed.message_id, parsed.references, parsed.sent, parsed.base_subject, parsed.reply
    )


def told_by(connection: imaplib.IMAP4, algorithm: str) -> bytes:
    _, answer = connection.thread(algorithm, "UTF-8", "ALL")
    return bytes(answer[0] or b"")


def test_threads(dovecot_a: Dovecot) -> None:
    with imap(dovecot_a, dovecot_a.spare().name) as connection:
        for seed in range(30):
            mails: Sequence[bytes] = letters(random.Random(seed))
            connection.create(str(seed))
            for mail in mails:
                connection.append(str(seed), "", "", mail)
            connection.select(str(seed))
            messages = [as_message(number, mail) for number, mail in enumerate(mails, 1)]
            assert print_threads(thread_references(messages)) == told_by(connection, "REFERENCES")
            assert print_threads(thread_orderedsubject(messages)) == told_by(connection, "ORDEREDSUBJECT")
