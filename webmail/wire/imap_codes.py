"""Response codes: what stands in brackets before the text of a status reply (RFC 9051, 7.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from webmail.wire import ProtocolError
from webmail.wire.imap_replies import Code
from webmail.wire.imap_tokens import Value, text, values

# Quotes first, for a "]" inside them; where quotes do not close, the first bracket that comes
_CODE = re.compile(
    rb'\[([^\s\[\]]++) ?+(?:((?:[^"\]\\]|\\.|"(?:[^"\\]|\\.)*+")*+)\]|([^\]]*)\]) ?',
)


def resp_text(line: bytes) -> tuple[Code | None, str]:
    """The code, if there is one, and the text for people after it."""
    match = _CODE.match(line)
    if match is None:
        return None, readable(line)
    name = match[1].decode("latin-1").upper()
    inside = match[3] if match[2] is None else match[2]
    return Code(name, _arguments(name, inside)), readable(line[match.end() :])


def readable(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _arguments(name: str, inside: bytes) -> tuple[object, ...]:
    if name in _READERS:
        try:
            return _READERS[name](values(inside))
        except ProtocolError:
            pass  # a code that we cannot read is a hint that we do not get, never a broken session
    return (readable(inside),) if inside else ()


def _plain(items: list[Value]) -> tuple[object, ...]:
    return tuple(_shown(item) for item in items)


def _shown(item: Value) -> object:
    if isinstance(item, list):
        return tuple(map(_shown, item))
    return text(item) if isinstance(item, bytes) else item


def _words(items: list[Value]) -> tuple[object, ...]:
    return tuple(map(text, items))


def _uids(items: list[Value]) -> tuple[object, ...]:
    """UIDVALIDITY, then sets of UIDs, which stay text even where they are one number (RFC 4315, 3)."""
    return (*_plain(items[:1]), *_words(items[1:]))


_READERS: Mapping[str, Callable[[list[Value]], tuple[object, ...]]] = {
    "APPENDUID": _uids,
    "BADCHARSET": _plain,
    "CAPABILITY": _words,
    "COPYUID": _uids,
    "HIGHESTMODSEQ": _plain,
    "METADATA": _plain,
    "MODIFIED": _words,
    "PERMANENTFLAGS": _plain,
    "UIDNEXT": _plain,
    "UIDVALIDITY": _plain,
    "UNSEEN": _plain,
}
