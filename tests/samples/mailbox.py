"""From letters to messages: MIME as different programs write it, and files that open."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from tests.samples.letters import LETTERS, Letter
from tests.servers.backend import Mail

CRLF = SMTP.clone(max_line_length=78)
PICTURE = "view@holiday"  # the Content-ID that the postcard's HTML names


def mails(folder: str, now: float | None = None) -> Iterator[Mail]:
    """The folder's messages, oldest first, dated so long before `now` (seconds since 1970)."""
    now = time.time() if now is None else now
    for letter in sorted(LETTERS, key=lambda each: -each.age):
        if letter.folder == folder:
            when = now - letter.age * 3600
            yield Mail(message(letter, when), frozenset(letter.flags.split()), when)


def message(letter: Letter, when: float) -> bytes:
    """The letter as RFC 5322 bytes with CR LF, dated `when`."""
    made = EmailMessage(policy=CRLF)
    made["From"] = _address(letter.sender)
    made["To"] = _address(letter.to)
    if letter.subject:
        made["Subject"] = letter.subject
    made["Date"] = formatdate(when, localtime=True)
    made["Message-ID"] = _message_id(letter.subject, letter.age)
    if letter.follows:
        first = next(each for each in LETTERS if each.subject == letter.follows)
        made["In-Reply-To"] = made["References"] = _message_id(first.subject, first.age)
    if "lists." in letter.sender:
        made["List-Id"] = "<choir.lists.example>"
    made.set_content(letter.text, charset=letter.charset)
    if letter.html:
        _add_html(made, letter.html)
    for name in letter.attachments:
        content, kind = attachment(name)
        maintype, subtype = kind.split("/")
        made.add_attachment(content, maintype, subtype, filename=name)
    return made.as_bytes()


def attachment(name: str) -> tuple[bytes, str]:
    """A file of this name, with contents that fit its suffix, and its media type."""
    match name.rsplit(".", 1)[-1]:
        case "pdf":
            return _pdf(name), "application/pdf"
        case "png":
            return png(240, 160), "image/png"
        case "csv":
            return "Item;Planned;Spent\r\nPaper;120;84\r\nTravel;300;312\r\n".encode("utf-16"), "text/csv"
        case "ics":
            return _calendar(), "text/calendar"
        case _:
            return f"{name}\n\nOne line, another line, and the end.\n".encode(), "application/octet-stream"


def png(width: int, height: int) -> bytes:
    """A sunset: a true-colour PNG of this size."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        glow = 255 * y // height
        for x in range(width):
            sun = (x - width // 2) ** 2 + (y - height * 2 // 3) ** 2 < (height // 6) ** 2
            rows += bytes((255, 230, 120) if sun else (60 + glow * 3 // 4, 60 + glow // 3, 140 - glow // 3))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _add_html(made: EmailMessage, html: str) -> None:
    made.add_alternative(html, subtype="html")
    if f"cid:{PICTURE}" in html:
        body = made.get_body(("html",))
        assert isinstance(body, MIMEPart)
        body.add_related(png(320, 200), "image", "png", cid=f"<{PICTURE}>")


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)


def _message_id(subject: str, age: float) -> str:
    return f"<sample-{zlib.crc32(subject.encode()):08x}-{round(age * 10)}@webmail.example>"


def _calendar() -> bytes:
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Webmail//Sample//EN",
        "BEGIN:VEVENT",
        "UID:rehearsal@lists.example",
    )
    more = (
        "DTSTAMP:20240101T120000Z",
        "DTSTART:20240109T193000",
        "SUMMARY:Rehearsal",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in (*lines, *more)).encode()


def _pdf(title: str) -> bytes:
    """One page that says its own name."""
    drawing = f"BT /F1 24 Tf 72 720 Td ({title}) Tj ET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + end % (size, table, size, len(out))
