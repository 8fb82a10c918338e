"""What SEARCH looks through: header fields decoded, and the text of all parts that have one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from webmail.mail import charsets, content_type, encoded_words, html_text, parts, sections, transfer
from webmail.mail.entities import Entity, Octets
from webmail.mail.headers import clean

MAX_TEXT = 1_048_576  # characters of one message that are kept for searching; a long novel
MAX_ENCODED = 3_145_728  # octets of one message that are decoded for it; each may take forty in memory
MAX_PREVIEW = 200  # characters, RFC 8970, 3.1
WINDOW = 32 * 1024  # octets of a long text that are looked through at once: at worst 6 ms of one core
_LOOKED_AT = 2_000  # characters of a text in which a preview is found

_EXTRA_TEXTS = frozenset(("message/delivery-status", "message/disposition-notification"))


@dataclass(frozen=True, slots=True)
class Text:
    """Texts of the parts, a line between them; the first words a person would read; was anything cut off?"""

    text: str
    preview: str
    complete: bool


def header(fields: Iterable[tuple[bytes, bytes]]) -> tuple[str, bool]:
    """Every field decoded, on a line of its own, `name: value`; is this all, or did the room not do?"""
    lines = list[str]()
    room = MAX_TEXT
    for name, value in fields:
        room -= len(name) + len(value)
        if room < 0:
            return "\n".join(lines), False
        lines.append(f"{name.decode('latin-1')}: {_decoded(value)}")
    return "\n".join(lines), True


def values(header: str, *names: str) -> tuple[str, ...]:
    """What these fields say; the values of one that is there twice are joined by line ends."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for line in header.split("\n"):
        name, _, value = line.partition(": ")
        if name in found:
            found[name].append(value)
    return tuple(["\n".join(found[name]) for name in names])


def _decoded(value: bytes) -> str:
    if value.isascii() and b"=?" not in value and b"\x1b" not in value:
        text = value.decode("ascii")
    else:
        text = encoded_words.decode(value)
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def gather(octets: Octets, entities: Sequence[Entity]) -> Text:
    """The texts of a message in its order: parts, names of attachments, headers of messages inside.

    At most MAX_TEXT characters, of at most MAX_ENCODED octets.
    """
    gathering = _Gathering(octets)
    for index, entity in enumerate(entities):
        if index and entities[entity.parent].is_message:
            gathering.add_header(entity)
        gathering.add_name(entity)
        gathering.add_body(entity)
        if not gathering.complete:
            break
    return Text("\n".join(gathering.texts), gathering.preview, gathering.complete)


def windows(octets: Octets, entities: Sequence[Entity], overlap: int) -> Iterator[str]:
    """The same texts whole, however long, piece by piece, so that nobody else has to wait for long.

    A piece begins with the last `overlap` octets of the one before it: what is shorter is whole in one.
    """
    for index, entity in enumerate(entities):
        if index and entities[entity.parent].is_message:
            yield header(entity.fields)[0]
        yield _name(entity)
        yield from _windows(octets, entity, overlap)


def _windows(octets: Octets, entity: Entity, overlap: int) -> Iterator[str]:
    if not _has_text(entity):
        return
    decoder = transfer.Decoder(_encoding(entity))
    kept = b""
    for start in range(entity.body, entity.end, WINDOW):
        data = kept + decoder.feed(octets[start : min(start + WINDOW, entity.end)])
        yield _text(entity, data)
        kept = data[-overlap:]
    yield _text(entity, kept + decoder.finish())


def _has_text(entity: Entity) -> bool:
    media = entity.type.media
    return media.startswith("text/") or media in _EXTRA_TEXTS


def _encoding(entity: Entity) -> str:
    return sections.encoding(entity.mime.get(b"content-transfer-encoding")).decode("ascii")


def _text(entity: Entity, data: bytes) -> str:
    text = charsets.decode(data, entity.type.param(b"charset"))
    return html_text.strip(text) if entity.type.media == "text/html" else text.replace("\r\n", "\n")


@dataclass(slots=True)
class _Gathering:
    octets: Octets
    texts: list[str] = field(default_factory=list)
    room: int = MAX_TEXT
    encoded: int = MAX_ENCODED
    preview: str = ""
    complete: bool = True

    def add_header(self, entity: Entity) -> None:
        text, whole = header(entity.fields)
        self._add(text)
        self.complete &= whole

    def add_name(self, entity: Entity) -> None:
        name = _name(entity)
        if name:
            self._add(name)

    def add_body(self, entity: Entity) -> None:
        if not _has_text(entity):
            return
        end = min(entity.end, entity.body + self.encoded)
        self.encoded -= end - entity.body
        self.complete &= end == entity.end
        text = self._read(entity, self.octets[entity.body : end])
        if text and not text.isspace():
            self.preview = self.preview or _preview(text)
            self._add(text)

    def _read(self, entity: Entity, raw: bytes) -> str:
        data = transfer.decode(raw, _encoding(entity))
        text = charsets.decode(data, entity.type.param(b"charset"))
        if entity.type.media == "text/html":
            self.complete &= len(text) <= self.room
            return html_text.strip(text[: self.room])
        return text.replace("\r\n", "\n")

    def _add(self, text: str) -> None:
        self.complete &= len(text) <= self.room
        text = text[: self.room]
        self.room -= len(text)
        self.texts.append(text)


# RFC 2183, 2.3; RFC 2231
def _name(entity: Entity) -> str:
    """Under which name an attachment is sent; "" for what has none."""
    disposition = content_type.disposition(entity.mime.get(b"content-disposition"))
    named = _parameter(disposition[1], "filename") if disposition else ""
    return named or _parameter(entity.type.params, "name")


def _parameter(params: content_type.Params, name: str) -> str:
    return parts.parameter({key.lower().decode("latin-1"): value for key, value in params}, name)


# RFC 8970, 3.1
def _preview(text: str) -> str:
    """The first words that are not quoted, or the first that are; one clean line."""
    looked_at = text[:_LOOKED_AT]
    own = " ".join([line for line in looked_at.split("\n") if not line.startswith(">")])
    words = " ".join((own if own.strip() else looked_at).split())
    return clean(words[: 2 * MAX_PREVIEW])[:MAX_PREVIEW].rstrip()
