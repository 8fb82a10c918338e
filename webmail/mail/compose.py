"""A message written for SMTP and APPEND, block by block, its size known before a file is read."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import BinaryIO, Literal

from webmail.mail import fields
from webmail.mail.addresses import Person, wire_address
from webmail.mail.flowed import flow
from webmail.mail.parts import safe_name

BLOCK = 65_536  # octets of a block at most
LINE = 57  # octets of a file in one line of base64, RFC 2045, 6.8
MAX_LINE = 998  # octets of a line without its CRLF, RFC 5322, 2.1.1

_READ = LINE * 800  # 62,400 octets of base64 with their line ends
_CHUNK = 65_536  # characters of the text that are encoded in one go, and the rest of their line
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_MESSAGE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file to send: `size` in octets, `open` gives it anew each time.

    Of type message/rfc822 it goes out as it is, so it must be what `canonical` says yes to; `encoding` is its
    answer.
    """

    name: str
    type: str
    size: int
    open: Callable[[], BinaryIO]
    encoding: Literal["7bit", "8bit"] = "8bit"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as it goes out, flowed, with its Content-Transfer-Encoding."""

    transfer: Literal["7bit", "quoted-printable", "base64"]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """All that makes a message; `text` as typed or `encoded`, ids with their angle brackets, `date` aware."""

    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    subject: str
    text: str | Encoded
    message_id: str
    date: datetime
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    attachments: tuple[Attached, ...] = ()


def blocks(outgoing: Outgoing, *, bcc: bool) -> Generator[bytes, None, None]:
    """The message, CRLF only, in blocks of at most `BLOCK`; with its Bcc field for our own folders only.

    With `bcc` the people may lack addresses (a draft). ValueError for a value that must not reach a header,
    and for a file that is not what its `Attached` says.
    """
    head = _head(outgoing, bcc=bcc)
    for start in range(0, len(head), BLOCK):
        yield head[start : start + BLOCK]
    boundary = _boundary(outgoing)
    for attached in outgoing.attachments:
        yield _part_head(attached, boundary)
        with attached.open() as file:
            yield from _plain(file, attached) if _type(attached) == _MESSAGE else _base64(file, attached)
    if outgoing.attachments:
        yield _end(boundary)


def size(outgoing: Outgoing, *, bcc: bool) -> int:
    """Octets of `blocks`, exactly; reads no file."""
    text = _encoded(outgoing)
    boundary = _boundary(outgoing)
    parts = sum(_part_size(file, boundary) for file in outgoing.attachments)
    frame = _frame_size(boundary) if outgoing.attachments else 0
    return len(_header(outgoing, bcc=bcc).encode()) + len(_text_head(text)) + len(text.body) + parts + frame


def added(outgoing: Outgoing, attached: Attached) -> int:
    """Octets by which one more file makes `size` bigger, exactly."""
    boundary = _boundary(outgoing)
    frame = 0 if outgoing.attachments else _frame_size(boundary)
    return _part_size(attached, boundary) + frame


def encoded_size(attached: Attached) -> int:
    """Octets of a file inside the message, without its part's header."""
    if _type(attached) == _MESSAGE:
        return attached.size
    return -(-attached.size // 3) * 4 + 2 * -(-attached.size // LINE)


def encoded(text: str) -> Encoded:
    """The text made flowed; 7bit if it can be, else quoted-printable unless it triples.

    A megabyte takes tenths of a second: whoever serves others meanwhile does it in a thread. No step of it
    keeps those waiting. ValueError for NUL and for half a character.
    """
    if "\x00" in text:
        raise ValueError("NUL in the text")
    typed = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    chunks = [flow(chunk).replace("\n", "\r\n").encode() for chunk in _chunks(typed)]
    if all(_PLAIN.fullmatch(chunk) for chunk in chunks):
        return Encoded("7bit", b"".join(chunks))
    quoted = b"".join([_quoted(chunk) for chunk in chunks])
    data = b"".join(chunks)
    if -(-len(data) // 3) * 4 * 3 >= len(quoted) * 2:
        return Encoded("quoted-printable", quoted)
    pieces = [_base64_lines(data[start : start + _READ]) for start in range(0, len(data), _READ)]
    return Encoded("base64", b"".join(pieces))


def bcc_field(outgoing: Outgoing) -> bytes:
    """What goes before the message as sent to make the copy that is kept; b"" if there is no Bcc."""
    return fields.people("Bcc", outgoing.bcc, utf8=needs_utf8(outgoing)).encode()


def needs_utf8(outgoing: Outgoing) -> bool:
    """Is there an address that only SMTPUTF8 carries (RFC 6531)?"""
    people = (outgoing.sender, *outgoing.to, *outgoing.cc, *outgoing.bcc)
    return not all(wire_address(person.address).isascii() for person in people)


def needs_8bit(outgoing: Outgoing) -> bool:
    """Is BODY=8BITMIME to be said (RFC 6152)? Only an attached message can need it, or SMTPUTF8."""
    return needs_utf8(outgoing) or any(_transfer(file) == "8bit" for file in outgoing.attachments)


def canonical(source: Iterable[bytes]) -> Literal["7bit", "8bit", ""]:
    """How a message can be attached as such; "" if it cannot: bare CR or LF, NUL, too long a line."""
    eight, length, last = False, 0, b""
    for block in source:
        data = last + block
        last = data[-1:] if data.endswith(b"\r") else b""
        data = data.removesuffix(last) if last else data
        lines = data.split(b"\r\n")
        if any(b"\r" in line or b"\n" in line or b"\x00" in line for line in lines):
            return ""
        lengths = [length + len(lines[0]), *map(len, lines[1:])]
        if max(lengths) > MAX_LINE:
            return ""
        length = lengths[-1]
        eight = eight or not data.isascii()
    return "" if last else "8bit" if eight else "7bit"


def _head(outgoing: Outgoing, *, bcc: bool) -> bytes:
    """The header and the text, up to where the first attachment begins."""
    text = _encoded(outgoing)
    eight = any(_transfer(file) == "8bit" for file in outgoing.attachments)
    frame = _frame(_boundary(outgoing), "8bit" if eight else "7bit") if outgoing.attachments else ""
    return f"{_header(outgoing, bcc=bcc)}{frame}{_text_head(text)}".encode() + text.body


def _encoded(outgoing: Outgoing) -> Encoded:
    return outgoing.text if isinstance(outgoing.text, Encoded) else encoded(outgoing.text)


def _text_head(text: Encoded) -> str:
    kind = fields.parameters("Content-Type", "text/plain", "charset=utf-8", "format=flowed")
    return f"{kind}Content-Transfer-Encoding: {text.transfer}\r\n\r\n"


def _frame(boundary: str, transfer: Literal["7bit", "8bit"]) -> str:
    """What makes a message with files of one without, as far as it stands before the text."""
    kind = fields.parameters("Content-Type", "multipart/mixed", f'boundary="{boundary}"')
    return f"{kind}Content-Transfer-Encoding: {transfer}\r\n\r\n--{boundary}\r\n"


def _frame_size(boundary: str) -> int:
    return len(_frame(boundary, "7bit")) + len(_end(boundary))


def _header(outgoing: Outgoing, *, bcc: bool) -> str:
    """Bcc comes first, so that it can be put before a message that was sent without."""
    utf8 = needs_utf8(outgoing)
    visible = (*outgoing.to, *outgoing.cc)
    if outgoing.date.tzinfo is None:
        raise ValueError("a date without a zone")
    if not outgoing.sender.address:
        raise ValueError("a sender without an address")
    if not bcc and not all(person.address for person in (*visible, *outgoing.bcc)):
        raise ValueError("a recipient without an address")
    undisclosed = "To: undisclosed-recipients:;\r\n" if not bcc and not visible else ""
    lines = (
        fields.people("Bcc", outgoing.bcc, utf8=utf8) if bcc else "",
        fields.people("From", [outgoing.sender], utf8=utf8),
        fields.people("To", outgoing.to, utf8=utf8) or undisclosed,
        fields.people("Cc", outgoing.cc, utf8=utf8),
        fields.unstructured("Subject", outgoing.subject),
        f"Date: {format_datetime(outgoing.date)}\r\n",
        fields.ids("Message-ID", [outgoing.message_id]),
        fields.ids("In-Reply-To", outgoing.in_reply_to),
        fields.ids("References", outgoing.references),
        "MIME-Version: 1.0\r\n",
    )
    return "".join(lines)


def _boundary(outgoing: Outgoing) -> str:
    """=_ is in no encoded text; the rest keeps apart messages that are attached to each other."""
    files = [f"{file.name}:{file.size}" for file in outgoing.attachments]
    seed = "\n".join([outgoing.message_id, outgoing.date.isoformat(), outgoing.subject, *files])
    return "=_" + hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _end(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode()


def _type(attached: Attached) -> str:
    """The type that is written: what is none, or could not be encoded as such, is only octets."""
    named = attached.type.strip().lower()
    whole = named == _MESSAGE or not named.startswith(("message/", "multipart/"))
    return named if whole and _TYPE.fullmatch(named) else "application/octet-stream"


def _transfer(attached: Attached) -> str:
    return attached.encoding if _type(attached) == _MESSAGE else "base64"


def _part_head(attached: Attached, boundary: str) -> bytes:
    fields.refuse_line_ends(attached.name, attached.type)
    name = safe_name(attached.name) or "attachment"
    lines = (
        f"\r\n--{boundary}\r\n",
        fields.parameters("Content-Type", _type(attached), fields.content_name(name)),
        f"Content-Transfer-Encoding: {_transfer(attached)}\r\n",
        fields.parameters("Content-Disposition", "attachment", *fields.filename(name)),
        "\r\n",
    )
    return "".join(lines).encode()


def _part_size(attached: Attached, boundary: str) -> int:
    return len(_part_head(attached, boundary)) + encoded_size(attached)


def _base64(file: BinaryIO, attached: Attached) -> Iterator[bytes]:
    for data in _read(file, attached.size):
        yield _base64_lines(data)


def _base64_lines(data: bytes) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    return b"".join(text[start : start + 76] + b"\r\n" for start in range(0, len(text), 76))


def _plain(file: BinaryIO, attached: Attached) -> Iterator[bytes]:
    yield from _checked(_read(file, attached.size))


def _checked(data: Iterable[bytes]) -> Iterator[bytes]:
    """A bare CR or LF would be another line to the next server than to us."""
    last = b""
    for block in data:
        seen = last + block
        last = block[-1:]
        ends = seen.count(b"\r\n")
        if seen.count(b"\n") != ends or seen.count(b"\r") != ends + seen.endswith(b"\r") or b"\x00" in seen:
            raise ValueError("an attached message that is not canonical")
        yield block
    if last == b"\r":
        raise ValueError("an attached message that is not canonical")


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Exactly `size` octets, in blocks of `_READ` but the last."""
    left = size
    while left:
        data = _exactly(file, min(left, _READ))
        left -= len(data)
        yield data
    if file.read(1):
        raise ValueError("a file that has grown")


def _exactly(file: BinaryIO, count: int) -> bytes:
    pieces = list[bytes]()
    while count:
        piece = file.read(count)
        if not piece:
            raise ValueError("a file that has shrunk")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


_PLAIN = re.compile(rb"(?:[\t -~]{0,%d}+\r\n)*+" % MAX_LINE)
_BEYOND = re.compile(rb"[^\t -<>-~]+")


def _chunks(text: str) -> Iterator[str]:
    """The text in pieces of whole lines, without the LF between them."""
    start = 0
    while (end := text.find("\n", start + _CHUNK)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _quoted(lines: bytes) -> bytes:
    quoted = bytearray()
    for line in lines.split(b"\r\n")[:-1]:
        _quote(line, quoted)
        quoted += b"\r\n"
    return bytes(quoted)


def _escaped(octets: bytes) -> bytes:
    return _BEYOND.sub(lambda match: b"=" + match[0].hex("=").upper().encode(), octets)


def _quote(line: bytes, quoted: bytearray) -> None:
    """RFC 2045, 6.7: 76 characters at most, a blank at the end written out."""
    text = b"".join([_escaped(line[start : start + _CHUNK]) for start in range(0, len(line), _CHUNK)])
    if text.endswith((b" ", b"\t")):
        text = text[:-1] + b"=%02X" % text[-1]
    start = 0
    while len(text) - start > 76:
        mark = text.rfind(b"=", start + 73, start + 75)
        cut = mark if mark >= 0 else start + 75
        quoted += text[start:cut] + b"=\r\n"
        start = cut
    quoted += text[start:]
