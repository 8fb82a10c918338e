"""Golden files: what goes in, and beside it what has to come out.

`golden/html/NAME.html` is sanitised to `NAME.out.html` and read to `NAME.out.txt`; `golden/text/NAME.txt`
is shown as `NAME.out.html`; `golden/mime/NAME.eml` is told in `NAME.out.txt`; `golden/written/` holds messages
as we write them. After a change that is meant: `WRITE_GOLDEN=1 pytest tests/mail/test_golden.py`, and read the diff.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.mail.markup import canonical
from tests.mail.structures import structure_of
from webmail.mail import headers, parts, text
from webmail.mail.compose import Attached, Outgoing, blocks
from webmail.mail.display import choose
from webmail.mail.headers import Person
from webmail.mail.sanitize import sanitize
from webmail.mail.transfer import decode
from webmail.wire.imap_replies import Part

GOLDEN = Path(__file__).parent / "golden"


def compare(expected: Path, found: bytes) -> None:
    if os.environ.get("WRITE_GOLDEN"):
        expected.write_bytes(found)
    assert found == expected.read_bytes(), f"differs from {expected.name}"


def inputs(folder: str, suffix: str) -> list[str]:
    return sorted(path.name for path in (GOLDEN / folder).glob(f"*{suffix}") if ".out." not in path.name)


@pytest.mark.parametrize("name", inputs("html", ".html"))
def test_html(name: str) -> None:
    source = (GOLDEN / "html" / name).read_text()
    done = sanitize(source, lambda cid: f"/picture/{cid}")
    told = f"{canonical(done.html).strip()}\n<!-- blocked: {done.blocked} -->\n"
    compare(GOLDEN / "html" / name.replace(".html", ".out.html"), told.encode())
    compare(GOLDEN / "html" / name.replace(".html", ".out.txt"), f"{text.from_html(source)}\n".encode())


@pytest.mark.parametrize("name", inputs("text", ".txt"))
def test_text(name: str) -> None:
    shown = text.to_html((GOLDEN / "text" / name).read_text(), flowed=".flowed." in name)
    compare(GOLDEN / "text" / name.replace(".txt", ".out.html"), shown.encode())


@pytest.mark.parametrize("name", inputs("mime", ".eml"))
def test_mime(name: str) -> None:
    source = (GOLDEN / "mime" / name).read_bytes()
    compare(GOLDEN / "mime" / name.replace(".eml", ".out.txt"), "".join(told(source)).encode())


def told(source: bytes) -> Iterator[str]:
    """A message as a page would tell it."""
    block = source.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    for name, value in headers.fields(block):
        if name in {"From", "To", "Subject"}:
            yield f"{name}: {value}\n"
    structure = structure_of(source)
    choice = choose(structure)
    for cid, part in choice.inline.items():
        yield f"inline: {cid} is {part.section}\n"
    for part in choice.attachments:
        yield f"attached: {part.section} {part.type}/{part.subtype} {parts.filename(part)}\n"
    for shown in (choice.text, choice.html, *choice.more):
        if shown is not None:
            yield f"\n{shown.section} {shown.type}/{shown.subtype}\n{content(source, shown)}"


def content(source: bytes, part: Part) -> str:
    message = message_from_bytes(source, policy=policy.compat32)
    for number in part.section.split("."):
        if message.is_multipart():
            child = message.get_payload(int(number) - 1)
            assert not isinstance(child, str)
            message = child
    if part.encoding in {"base64", "quoted-printable"}:
        data = decode(str(message.get_payload()).encode("ascii", "surrogateescape"), part.encoding)
    else:
        data = bytes(message.get_payload(decode=True) or b"")
    decoded = text.decode_text(data, part.params.get("charset"))
    if part.params.get("format") == b"flowed":
        decoded = text.unflow(decoded) + "\n"
    return decoded


PLAIN = Outgoing(
    sender=Person("Ann Lee", "ann@example.org"),
    to=(Person("Lee, Bob", "bob@example.org"), Person("Jürgen Müller", "jm@bücher.example")),
    cc=(Person("", "c@example.org"),),
    bcc=(Person("", "d@example.org"),),
    subject="Grüße aus dem Süden und eine lange Betreffzeile, die gefaltet werden muss",
    text="Hallo Bob,\n\n> Wie geht’s?\n\nFrom here " + "on everything is fine " * 6 + "\n-- \nAnn\n",
    message_id="<1@example.org>",
    date=datetime(2026, 11, 23, 11, 6, tzinfo=timezone(timedelta(hours=1))),
    in_reply_to=("<0@example.org>",),
    references=("<00@example.org>", "<0@example.org>"),
)


def attached(data: bytes, name: str, kind: str) -> Attached:
    return Attached(name, kind, len(data), lambda: io.BytesIO(data))


WRITTEN = {
    "answer": PLAIN,
    "attachments": replace(
        PLAIN,
        attachments=(
            attached(bytes(range(256)), "octets.bin", "application/octet-stream"),
            attached(b"x\n", "Übersicht der Maßnahmen für das kommende Jahr.txt", "text/plain"),
            attached(b"Subject: inner\r\n\r\n\xe4\r\n", "inner.eml", "message/rfc822"),
        ),
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written(name: str) -> None:
    compare(GOLDEN / "written" / f"{name}.eml", b"".join(blocks(WRITTEN[name], bcc=True)))
