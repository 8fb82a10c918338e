"""From the octets of one reply of an IMAP server to its value (RFC 9051, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from webmail.wire import ProtocolError
from webmail.wire.imap_codes import readable, resp_text
from webmail.wire.imap_fetch import fetch
from webmail.wire.imap_replies import (
    Capability,
    Condition,
    Continuation,
    Enabled,
    ESearch,
    Exists,
    Expunge,
    Flags,
    Id,
    MailboxList,
    Namespace,
    Namespaces,
    Other,
    Quota,
    QuotaRoot,
    Recent,
    Reply,
    Search,
    Status,
    Tagged,
    Untagged,
    Vanished,
)
from webmail.wire.imap_tokens import Value, frozen, integer, octets, text, texts, values
from webmail.wire.imap_utf7 import decode_utf7, decode_utf8

_UNTAGGED = re.compile(rb'\* (?:(\d{1,10}) )?([^\s()"{%*\\]{1,100})[ \r\n]?')
_TAGGED = re.compile(rb'([^\s()"{%*+\\]{1,100}) (OK|NO|BAD)(?![^ \r\n]) ?', re.IGNORECASE)
_CONDITIONS = {"OK", "NO", "BAD", "BYE", "PREAUTH"}

Decode = Callable[[bytes], str]


def parse(raw: bytes, *, utf8: bool = False) -> Reply:
    """The one reply that raw is, with its literals and its CRLF. ProtocolError if it is none.

    `utf8`: mailbox names are UTF-8 because UTF8=ACCEPT is enabled (RFC 6855), else modified UTF-7.
    """
    if raw.startswith(b"* "):
        return _untagged(raw, decode_utf8 if utf8 else decode_utf7)
    line = one_line(raw)
    if line == b"+" or line.startswith(b"+ "):
        return Continuation(readable(line[2:]))
    match = _TAGGED.match(line)
    if match is None:
        raise ProtocolError("neither a tagged reply nor an untagged one nor a continuation")
    code, words = resp_text(line[match.end() :])
    return Tagged(match[1].decode("latin-1"), match[2].decode("ascii").upper(), code, words)


def _untagged(raw: bytes, decode: Decode) -> Untagged:
    match = _UNTAGGED.match(raw)
    if match is None:
        raise ProtocolError("an untagged reply without a name")
    name = match[2].decode("latin-1").upper()
    if match[1] is not None:
        return _numbered(int(match[1]), name, raw, match.end())
    if name in _CONDITIONS:
        return Condition(name, *resp_text(one_line(raw)[match.end() :]))
    if name not in _READERS:
        return _unknown(name, raw, match.end())
    data = values(raw, match.end())
    return _READERS[name](data, decode) or Other(name, tuple(map(frozen, data)))


def _numbered(number: int, name: str, raw: bytes, start: int) -> Untagged:
    if name == "EXISTS":
        return Exists(number)
    if name == "EXPUNGE":
        return Expunge(number)
    if name == "RECENT":
        return Recent(number)
    if name == "FETCH":
        match values(raw, start):
            case [list() as items]:
                return fetch(number, items)
    return Other(name, (number,))


def _unknown(name: str, raw: bytes, start: int) -> Other:
    try:
        return Other(name, tuple(map(frozen, values(raw, start))))
    except ProtocolError:
        return Other(name, (raw[start:],))  # whatever its grammar is, it harms nobody


def one_line(raw: bytes) -> bytes:
    """Without its line end. ProtocolError if there is more than one line."""
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    if b"\n" in line:
        raise ProtocolError("a line ends inside a reply")
    return line


# Each of the following knows one reply. None means that the shape is not the known one.


# RFC 9051, 7.2.2
def _capability(data: list[Value], _decode: Decode) -> Capability:
    return Capability(frozenset(text(word).upper() for word in data))


# RFC 9051, 7.2.1
def _enabled(data: list[Value], _decode: Decode) -> Enabled:
    return Enabled(frozenset(text(word).upper() for word in data))


# RFC 9051, 7.3.5
def _flags(data: list[Value], _decode: Decode) -> Flags | None:
    match data:
        case [list() as flags]:
            return Flags(texts(flags))
    return None


# RFC 9051, 7.3.1; the extended items are RFC 5258, 4
def _list(data: list[Value], decode: Decode) -> MailboxList | None:
    match data:
        case [list() as flags, delimiter, mailbox, *extended]:
            items = _extended(extended)
            return MailboxList(
                frozenset(flag.lower() for flag in texts(flags)),
                text(delimiter) or None,
                _mailbox(mailbox, decode),
                _old_name(items.get("OLDNAME"), decode),
                frozenset(word.upper() for word in texts(items.get("CHILDINFO"))),
            )
    return None


def _extended(data: list[Value]) -> dict[str, Value]:
    match data:
        case [list() as items]:
            return {text(name).upper(): value for name, value in _pairs(items)}
    return {}


def _old_name(value: Value, decode: Decode) -> str | None:
    match value:
        case [mailbox]:
            return _mailbox(mailbox, decode)
    return None


# RFC 9051, 7.3.4
def _status(data: list[Value], decode: Decode) -> Status | None:
    match data:
        case [mailbox, list() as items]:
            numbers = {text(name).upper(): value for name, value in _pairs(items) if isinstance(value, int)}
            return Status(_mailbox(mailbox, decode), numbers)
    return None


# RFC 9051, 7.3.3
def _namespace(data: list[Value], decode: Decode) -> Namespaces | None:
    match data:
        case [personal, others, shared]:
            return Namespaces(*(_namespaces(kind, decode) for kind in (personal, others, shared)))
    return None


def _namespaces(value: Value, decode: Decode) -> tuple[Namespace, ...]:
    return tuple(
        Namespace(_mailbox(item[0], decode), text(item[1]) or None)
        for item in _items(value)
        if isinstance(item, list) and len(item) >= 2
    )


# RFC 3501, 7.2.5; RFC 7162 puts (MODSEQ n) behind
def _search(data: list[Value], _decode: Decode) -> Search:
    return Search(tuple(number for number in data if isinstance(number, int)))


# RFC 9051, 7.3.4; RFC 4466, 2.6.2
def _esearch(data: list[Value], _decode: Decode) -> ESearch:
    tag: str | None = None
    match data:
        case [list() as correlators, *data]:
            tag = {text(name).upper(): text(value) for name, value in _pairs(correlators)}.get("TAG")
    uid = bool(data) and text(data[0]).upper() == "UID"
    pairs = ((text(name).upper(), value) for name, value in _pairs(data[uid:]))
    return ESearch(tag, uid, {name: text(value) if name == "ALL" else frozen(value) for name, value in pairs})


# RFC 7162, 3.2.10
def _vanished(data: list[Value], _decode: Decode) -> Vanished | None:
    match data:
        case [[str() as word], uids] if word.upper() == "EARLIER":
            return Vanished(text(uids), earlier=True)
        case [uids]:
            return Vanished(text(uids), earlier=False)
    return None


# RFC 9208, 4.2.1
def _quota(data: list[Value], _decode: Decode) -> Quota | None:
    match data:
        case [root, list() as items]:
            triples = zip(items[::3], items[1::3], items[2::3], strict=False)
            return Quota(text(root), {text(name).upper(): (integer(a), integer(b)) for name, a, b in triples})
    return None


# RFC 9208, 4.2.2
def _quotaroot(data: list[Value], decode: Decode) -> QuotaRoot | None:
    match data:
        case [mailbox, *roots]:
            return QuotaRoot(_mailbox(mailbox, decode), tuple(map(text, roots)))
    return None


# RFC 2971, 3.2
def _id(data: list[Value], _decode: Decode) -> Id:
    return Id({text(name).lower(): text(value) for name, value in _pairs(_items(data[0] if data else None))})


def _mailbox(value: Value, decode: Decode) -> str:
    name = decode(octets(value) or b"")
    return "INBOX" if name.upper() == "INBOX" else name


def _items(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _pairs(items: list[Value]) -> Iterator[tuple[Value, Value]]:
    return zip(items[::2], items[1::2], strict=False)


_READERS: Mapping[str, Callable[[list[Value], Decode], Untagged | None]] = {
    "CAPABILITY": _capability,
    "ENABLED": _enabled,
    "ESEARCH": _esearch,
    "FLAGS": _flags,
    "ID": _id,
    "LIST": _list,
    "LSUB": _list,
    "NAMESPACE": _namespace,
    "QUOTA": _quota,
    "QUOTAROOT": _quotaroot,
    "SEARCH": _search,
    "STATUS": _status,
    "VANISHED": _vanished,
}
