"""BODY and BODYSTRUCTURE of a message, written for the wire (RFC 9051, 7.5.2)."""

from __future__ import annotations

from collections.abc import Sequence

from webmail.mail import content_type, envelope, sections
from webmail.mail.address_list import MAX_ADDRESSES
from webmail.mail.entities import Entity, Octets
from webmail.mail.nstring import nstring

_WINDOW = 1_048_576  # octets that are copied at once to count their lines


def write(octets: Octets, entities: Sequence[Entity]) -> tuple[bytes, bytes]:
    """BODY, then BODYSTRUCTURE. Names are as written; what is missing is told as Dovecot tells it."""
    short: list[list[bytes]] = [[] for _ in entities]  # of what each holds, last first
    long: list[list[bytes]] = [[] for _ in entities]
    room = MAX_ADDRESSES
    for index in range(len(entities) - 1, 0, -1):
        entity = entities[index]
        brief, full = _written(octets, entity, short[index], long[index])
        short[index].clear()  # or each level would be kept with all that it holds
        long[index].clear()
        short[entity.parent].append(brief)
        long[entity.parent].append(full)
        if entities[entity.parent].is_message:
            told = envelope.read(entity.fields, room)
            room -= envelope.count(told)
            inner = envelope.write(told)
            short[entity.parent].append(inner)
            long[entity.parent].append(inner)
    return _written(octets, entities[0], short[0], long[0])


def _written(octets: Octets, entity: Entity, short: list[bytes], long: list[bytes]) -> tuple[bytes, bytes]:
    extension = _extension(entity)
    if entity.is_multipart:
        subtype = nstring(entity.type.subtype)
        params = _params(entity.type.params)
        brief = b"(%b %b)" % (b"".join(reversed(short)), subtype)
        return brief, b"(%b %b %b %b)" % (b"".join(reversed(long)), subtype, params, extension)
    basic = _basic(entity)
    lines = b" %d" % _lines(octets, entity) if entity.is_message or _is_text(entity) else b""
    inner = [b"".join([b" " + item for item in reversed(items)]) for items in (short, long)]
    md5 = nstring(entity.mime.get(b"content-md5"))
    brief = b"(%b%b%b)" % (basic, inner[0], lines)
    return brief, b"(%b%b%b %b %b)" % (basic, inner[1], lines, md5, extension)


def _basic(entity: Entity) -> bytes:
    mime = entity.mime
    description = mime.get(b"content-description")
    return b"%b %b %b %b %b %b %d" % (
        nstring(entity.type.type),
        nstring(entity.type.subtype),
        _params(entity.type.params),
        nstring(mime.get(b"content-id")),
        nstring(description if description is None else b" ".join(description.split())),
        nstring(sections.encoding(mime.get(b"content-transfer-encoding"))),
        entity.end - entity.body,
    )


def _extension(entity: Entity) -> bytes:
    """Disposition, language and location."""
    mime = entity.mime
    disposition = content_type.disposition(mime.get(b"content-disposition"))
    told = b"NIL"
    if disposition is not None:
        told = b"(%b %b)" % (nstring(disposition[0]), _params(disposition[1]))
    languages = [tag.strip() for tag in mime.get(b"content-language", b"").split(b",")]
    tags = b" ".join([nstring(tag) for tag in languages if tag])
    return b"%b %b %b" % (told, b"(%b)" % tags if tags else b"NIL", nstring(mime.get(b"content-location")))


def _params(params: content_type.Params) -> bytes:
    if not params:
        return b"NIL"
    return b"(%b)" % b" ".join([b"%b %b" % (nstring(name), nstring(value)) for name, value in params])


def _is_text(entity: Entity) -> bool:
    return entity.type.media.startswith("text/")


def _lines(octets: Octets, entity: Entity) -> int:
    starts = range(entity.body, entity.end, _WINDOW)
    return sum(octets[start : min(start + _WINDOW, entity.end)].count(b"\n") for start in starts)
