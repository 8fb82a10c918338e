"""The messages and parts that a message is made of, found by offsets in one pass (RFC 2045; RFC 2046)."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field

from webmail.mail import content_type, header_block
from webmail.mail.content_type import ContentType

MAX_NESTING = 100  # entities inside each other; Dovecot's limit. What is deeper is not looked into
MAX_PARTS = 10_000  # entities of one message; Dovecot's limit. The last one holds the rest
MAX_BOUNDARY = 256  # octets of a boundary that are compared; RFC 2046, 5.1.1 allows 70
MAX_HEADERS = 4_194_304  # octets of headers that are read, of all entities together
NEAR = 2048  # octets in which the end of a line or of a part is looked for first
WINDOW = 1_048_576  # octets that are looked at in one go: a millisecond in which no other thread runs
MAX_SEARCHED = 1_073_741_824  # octets that are searched for boundaries, a second; each level searches anew

_BLANK_LINE = re.compile(rb"\n\r?\n")
_HOLDS_MESSAGE = frozenset(("message/rfc822", "message/global"))  # RFC 6532, 3.7

Octets = bytes | mmap.mmap


@dataclass(slots=True)
class Entity:
    """A message or a part of it; the root comes first, each before what it holds."""

    parent: int  # its place in the list; -1 for the root
    start: int  # of its header
    body: int  # where the header, with its empty line, ends
    end: int
    fields: list[tuple[bytes, bytes]]
    mime: dict[bytes, bytes]  # the first field of each name that begins with Content-
    type: ContentType
    is_multipart: bool = False  # its children are its parts
    is_message: bool = False  # its one child is the message that it holds


@dataclass(slots=True)
class _Level:
    """A multipart whose end was not met yet."""

    delimiter: bytes  # LF, two hyphens, and the boundary
    entity: int
    open: int  # how many entities were open when it began, itself included
    ahead: int = -1  # where its next delimiter is; the message's size if none was found


def scan(octets: Octets) -> list[Entity]:
    """Never raises, whatever the octets; lines may end in CR LF or LF.

    Offsets are in order: `start <= body <= end`, each inside its parent. A multipart without a single
    part has an empty one, as Dovecot tells it.
    """
    scanning = _Scan(octets, len(octets))
    scanning.run()
    scanning.fill()
    return scanning.entities


@dataclass(slots=True)
class _Scan:
    octets: Octets
    size: int
    entities: list[Entity] = field(default_factory=list)
    open: list[int] = field(default_factory=list)  # entities whose end was not met yet, outermost first
    levels: list[_Level] = field(default_factory=list)
    headers: int = 0  # octets of headers read
    searched: int = 0  # octets searched for boundaries

    def run(self) -> None:
        position = self._begin(0, -1, content_type.PLAIN)
        while self.levels and len(self.entities) < MAX_PARTS:
            at = self._next(position - 1)
            if at == self.size:
                break
            position = self._pass(self._matching(at), at)
        self._close(0, self.size)

    def _begin(self, start: int, parent: int, default: ContentType) -> int:
        """Open an entity, and the messages that it holds; where to search on."""
        while True:
            entity = self._read(start, parent, default)
            self.open.append(len(self.entities))
            parent = len(self.entities)
            self.entities.append(entity)
            if len(self.open) >= MAX_NESTING or len(self.entities) >= MAX_PARTS:
                _shut(entity)
                return entity.body
            if entity.type.media not in _HOLDS_MESSAGE:
                break
            entity.is_message = True
            start, default = entity.body, content_type.PLAIN
        self._open_multipart(entity, parent)
        return entity.body

    def _read(self, start: int, parent: int, default: ContentType) -> Entity:
        body = self._header_end(start)
        block = self.octets[start : min(body, start + max(MAX_HEADERS - self.headers, 0))]
        self.headers += len(block)
        fields = header_block.split(block)
        mime: dict[bytes, bytes] = {}
        for name, value in fields:
            if name.startswith(b"content-"):
                mime.setdefault(name, value)
        raw = mime.get(b"content-type")
        type_ = default if raw is None else content_type.parse(raw)
        return Entity(parent, start, body, body, fields, mime, type_)

    def _header_end(self, start: int) -> int:
        """Behind the empty line, or where a delimiter or the message ends a header that has none."""
        if start == 0 and self.octets[:2].startswith((b"\n", b"\r\n")):
            return 1 if self.octets[:1] == b"\n" else 2
        limit = self._next(start - 1) + 1 if self.levels else self.size
        for at in range(max(start - 1, 0), limit, WINDOW):
            if match := _BLANK_LINE.search(
                self.octets, at, min(at + WINDOW + 2, limit)
            ):  # 2: its last octets
                return match.end()
        return min(max(limit, start), self.size)

    def _open_multipart(self, entity: Entity, index: int) -> None:
        if entity.type.media.startswith("multipart/"):
            entity.is_multipart = True
            boundary = entity.type.param(b"boundary")[:MAX_BOUNDARY]
            if boundary:
                self.levels.append(_Level(b"\n--" + boundary, index, len(self.open)))

    def _next(self, position: int) -> int:
        """Where the next delimiter of any open multipart is; the message's size if there is none.

        Each boundary is searched for up to the next one of those around it only, and again only behind
        what was passed: so each octet is looked at once by each multipart that it is in.
        """
        limit = self.size
        moved = False  # then what was found out about those inside no longer holds
        for level in self.levels:
            if self.searched > MAX_SEARCHED:
                return self.size
            if moved or level.ahead < position:
                end = min(limit + len(level.delimiter), self.size)
                found = _find(self.octets, level.delimiter, position, end)
                self.searched += max((end if found < 0 else found) - position, 0)
                level.ahead = self.size if found < 0 else found
                moved = True
            limit = min(limit, level.ahead)
        return limit

    def _matching(self, at: int) -> int:
        """RFC 2046, 5.1.2: a line need only begin with a boundary; then the longest one is meant."""
        lengths = [
            (len(level.delimiter), number) for number, level in enumerate(self.levels) if level.ahead == at
        ]
        return max(lengths)[1]

    def _pass(self, number: int, at: int) -> int:
        """Over a delimiter: what it ends is closed, and the part that it begins is opened."""
        level = self.levels[number]
        after = at + len(level.delimiter)
        self._close(level.open, at if self.octets[at - 1 : at] != b"\r" else at - 1)
        line_end = _find(self.octets, b"\n", after, self.size)
        line_end = self.size if line_end < 0 else line_end + 1
        if self.octets[after : after + 2] == b"--":
            del self.levels[number:]
            return line_end
        del self.levels[number + 1 :]
        multipart = self.entities[level.entity]
        default = content_type.MESSAGE if multipart.type.media == "multipart/digest" else content_type.PLAIN
        return self._begin(line_end, level.entity, default)

    def _close(self, keep: int, end: int) -> None:
        """End what is open, innermost first; a header's empty line may be the one before a delimiter."""
        for index in reversed(self.open[keep:]):
            entity = self.entities[index]
            entity.end = end = max(end, entity.body)
        del self.open[keep:]

    def fill(self) -> None:
        filled = {entity.parent for entity in self.entities}
        for index, entity in enumerate(tuple(self.entities)):
            if entity.is_multipart and index not in filled:
                end = entity.end
                self.entities.append(Entity(index, end, end, end, [], {}, content_type.PLAIN))


def _find(octets: Octets, wanted: bytes, start: int, end: int) -> int:
    """As octets.find, but others have their turn meanwhile; and a copy is searched in a tenth of the time."""
    at, window = start, NEAR
    while at < end:
        found = octets[at : min(at + window + len(wanted) - 1, end)].find(wanted)
        if found >= 0:
            return at + found
        at, window = at + window, min(2 * window, WINDOW)
    return -1


def _shut(entity: Entity) -> None:
    """Nobody is told of parts that nobody can ask for."""
    if entity.type.media in _HOLDS_MESSAGE or entity.type.media.startswith("multipart/"):
        entity.type = content_type.OPAQUE
