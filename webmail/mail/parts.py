"""The tree of a message's parts: walking, finding, naming."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from webmail.mail import charsets, display, headers
from webmail.wire.imap_replies import Part

MAX_PARTS = 10_000  # parts that are walked; Dovecot's own limit
MAX_SEGMENTS = 128  # pieces of one RFC 2231 parameter; Dovecot's own limit
MAX_NAME = 180  # characters of a file name
MAX_NAME_OCTETS = 240  # file systems end at 255
MAX_EXTENSION = 20  # characters kept when a name is cut
MAX_COMPOSED = 2 * MAX_NAME  # characters that are normalised, in a time that grows with the square

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
_SEGMENT = re.compile(r"\*(\d{1,3})(\*?)")

_EXTENSIONS = {
    "application/json": "json",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-pkcs7-signature": "p7s",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/rfc822": "eml",
    "message/global": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
}


def walk(structure: Part) -> Iterator[Part]:
    """Every part, each before its own parts, in the message's order; also those inside message/rfc822."""
    waiting = [structure]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.parts))


def find(structure: Part, section: str) -> Part | None:
    """The part of that section number; None if the message has none."""
    return next((part for part in walk(structure) if part.section == section), None)


def attachments(structure: Part) -> tuple[Part, ...]:
    """What a list marks a message for: its attachments without the signature of multipart/signed."""
    return tuple(part for part in display.choose(structure).attachments if not _is_signature(part))


def _is_signature(part: Part) -> bool:
    return part.subtype in {"pgp-signature", "pkcs7-signature", "x-pkcs7-signature"}


def filename(part: Part) -> str:
    """A name under which a part can be saved anywhere; never empty (RFC 2183, 2.3; RFC 2231)."""
    named = parameter(part.disposition_params, "filename") or parameter(part.params, "name")
    name = safe_name(named)
    if not name and part.envelope is not None and part.envelope.subject:
        name = safe_name(re.sub(r"[/\\]", "-", headers.decode(part.envelope.subject)) + ".eml")
    return name or _made_up(part)


def _made_up(part: Part) -> str:
    extension = _EXTENSIONS.get(f"{part.type}/{part.subtype}", "bin")
    stem = {"image": "image", "text": "text", "message": "message"}.get(part.type, "attachment")
    return f"{stem}-{part.section}.{extension}" if part.section else f"{stem}.{extension}"


def parameter(params: Mapping[str, bytes], name: str) -> str:
    """A parameter in any shape: name*, name*0*, name*0, plain, or RFC 2047 inside (forbidden, often met)."""
    extended = params.get(f"{name}*")
    if extended is not None:
        return _extended(extended)
    segments = _segments(params, name)
    if segments:
        return _joined(segments)
    return headers.decode(params.get(name))


def _segments(params: Mapping[str, bytes], name: str) -> list[tuple[bool, bytes]]:
    """Whether percent-encoded, and octets, of name*0, name*1, … up to the first gap (RFC 2231, section 3)."""
    found: dict[int, tuple[bool, bytes]] = {}
    for key, value in params.items():
        match = _SEGMENT.fullmatch(key.removeprefix(name)) if key.startswith(name) else None
        if match and int(match[1]) < MAX_SEGMENTS:
            found[int(match[1])] = (bool(match[2]), value)
    order = range(len(found))
    return [found[number] for number in order if number in found] if 0 in found else []


def _joined(segments: list[tuple[bool, bytes]]) -> str:
    if not any(encoded for encoded, _ in segments):
        return headers.decode(b"".join(value for _, value in segments))
    charset, first = _charset(segments[0][1]) if segments[0][0] else (b"", segments[0][1])
    rest = [(segments[0][0], first), *segments[1:]]
    data = b"".join(unquote_to_bytes(value) if encoded else value for encoded, value in rest)
    return headers.clean(charsets.decode(data[: headers.MAX_FIELD], charset))


def _extended(value: bytes) -> str:
    charset, data = _charset(value)
    text = headers.clean(charsets.decode(unquote_to_bytes(data[: headers.MAX_FIELD]), charset))
    return headers.decode(data) if "=?" in text else text


def _charset(value: bytes) -> tuple[bytes, bytes]:
    """RFC 2231, section 4: charset'language'text; senders that leave the quotes out mean UTF-8."""
    charset, quote, rest = value.partition(b"'")
    _, second, data = rest.partition(b"'")
    return (charset, data) if quote and second and len(charset) <= charsets.MAX_LABEL else (b"", value)


def safe_name(text: str) -> str:
    """The last segment of a path, rid of all that a file system or the eye could stumble over; may be ""."""
    name = re.split(r"[/\\]", headers.clean(text[: headers.MAX_FIELD]))[-1]
    if len(name) > MAX_COMPOSED:
        name = name[: MAX_COMPOSED - MAX_EXTENSION - 1] + name[-MAX_EXTENSION - 1 :]
    name = unicodedata.normalize("NFC", name)
    name = _FORBIDDEN.sub("_", name.strip(" ."))
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name).strip(" .")


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION:
        stem, dot, extension = name, "", ""
    stem = stem[: MAX_NAME - len(dot + extension)]
    room = MAX_NAME_OCTETS - len((dot + extension).encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore")
    return stem + dot + extension
