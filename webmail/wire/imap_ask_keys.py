"""The program of SEARCH, SORT and THREAD from the wire: the keys that imap_search writes (RFC 9051, 6.4.4).

Read with a stack instead of recursion, so that a program costs its length, however it is nested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from webmail.wire import ProtocolError
from webmail.wire import imap_search as keys
from webmail.wire import imap_search_extensions as more
from webmail.wire.imap_arguments import MAX_DEPTH, Arguments
from webmail.wire.imap_search import MAX_KEYS, And, Flagged, Key, Not, Or
from webmail.wire.imap_sets import Saved
from webmail.wire.imap_values import checked_field

CHARSETS = ("US-ASCII", "UTF-8")

_SEEN = Flagged("\\Seen")
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_\-]{1,255}(?![^ )])")
_ENTRY = re.compile(r"/flags/\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,64}")

_PLAIN: Mapping[str, Key] = {
    "ALL": keys.All(),
    "ANSWERED": Flagged("\\Answered"),
    "DELETED": Flagged("\\Deleted"),
    "DRAFT": Flagged("\\Draft"),
    "FLAGGED": Flagged("\\Flagged"),
    "SEEN": _SEEN,
    "UNANSWERED": Not(Flagged("\\Answered")),
    "UNDELETED": Not(Flagged("\\Deleted")),
    "UNDRAFT": Not(Flagged("\\Draft")),
    "UNFLAGGED": Not(Flagged("\\Flagged")),
    "UNSEEN": Not(_SEEN),
    "RECENT": keys.Recent(),
    "OLD": Not(keys.Recent()),
    "NEW": And(keys.Recent(), Not(_SEEN)),
    "SAVEDATESUPPORTED": more.SaveDateSupported(),
}
_TEXT: Mapping[str, Callable[[str], Key]] = {
    kind.word: kind
    for kind in (keys.Bcc, keys.Body, keys.Cc, keys.From, keys.Subject, keys.Text, keys.To)
}  # fmt: skip
_DAY: Mapping[str, type[keys.DayKey]] = {
    kind.word: kind
    for kind in (
        keys.Before, keys.On, keys.Since, keys.SentBefore, keys.SentOn, keys.SentSince,
        more.SavedBefore, more.SavedOn, more.SavedSince,
    )
}  # fmt: skip


class BadCharset(ProtocolError):
    """A charset that we do not search in: NO with the response code BADCHARSET."""


@dataclass(slots=True)
class _Open:
    """What has begun and waits for keys: the program, a parenthesis, NOT, OR."""

    kind: Literal["program", "(", "NOT", "OR"]
    nodes: list[_Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Node:
    key: Key
    depth: int = 0  # how many keys in each other are below


def parse_keys(args: Arguments) -> Key:
    """From the first key to the end of the command; several are joined as And, Or in Or is flat.

    ProtocolError for more than MAX_KEYS keys, or keys that nest deeper than MAX_DEPTH.
    """
    stack = [_Open("program")]
    for _ in range(MAX_KEYS):
        opened = _begun(args)
        if opened is not None:
            stack.append(opened)
        elif (program := _folded(args, stack, _leaf(args))) is not None:
            return program
    raise ProtocolError(f"more than {MAX_KEYS} search keys")


def _begun(args: Arguments) -> _Open | None:
    if args.take(b"("):
        return _Open("(")
    if args.take_word("NOT"):
        args.space("a search key")
        return _Open("NOT")
    if args.take_word("OR"):
        args.space("a search key")
        return _Open("OR")
    return None


def _folded(args: Arguments, stack: list[_Open], leaf: Key) -> Key | None:
    """Put a whole key where it belongs, and what that makes whole; None if more keys are to come."""
    node = _Node(leaf)
    while stack:
        stack[-1].nodes.append(node)
        if not _whole(args, stack[-1]):
            return None
        node = _joined(stack.pop())
        if node.depth > MAX_DEPTH:
            raise ProtocolError(f"search keys more than {MAX_DEPTH} deep")
    return node.key


def _whole(args: Arguments, opened: _Open) -> bool:
    if opened.kind == "NOT":
        return True
    if opened.kind == "OR" and len(opened.nodes) == 2:
        return True
    if opened.kind == "OR":
        args.space("the other key of OR")
        return False
    if args.take(b" "):
        return False
    if opened.kind == "(":
        args.expect(b")", "a parenthesis")
    else:
        args.end()
    return True


def _joined(opened: _Open) -> _Node:
    first = opened.nodes[0]
    if opened.kind == "NOT":
        return _Node(Not(first.key), first.depth + 1)
    if len(opened.nodes) == 1:
        return first
    kind = Or if opened.kind == "OR" else And
    flat: list[Key] = []
    depth = 0
    for node in opened.nodes:
        if isinstance(node.key, kind):  # a client's chain of OR is one Or
            flat += node.key.keys
            depth = max(depth, node.depth)
        else:
            flat.append(node.key)
            depth = max(depth, node.depth + 1)
    return _Node(kind(*flat), depth)


def _leaf(args: Arguments) -> Key:
    if args.at_number_set():
        numbers = args.sequence_set()
        return more.Result() if isinstance(numbers, Saved) else keys.Seq(numbers)
    word = args.word("a search key")
    if word in _PLAIN:
        return _PLAIN[word]
    if word not in _ARGUMENT:
        raise ProtocolError("a search key that is not known")
    args.space("what to search for")
    return _ARGUMENT[word](args, word)


def _text(args: Arguments, word: str) -> Key:
    return _TEXT[word](args.text("what to search for"))


def _day(args: Arguments, word: str) -> Key:
    return _DAY[word](args.date("a date"))


def _header(args: Arguments, _word: str) -> Key:
    name = args.text("a header field")
    args.space("what to search for")
    try:
        return keys.Header(checked_field(name), args.text("what to search for"))
    except ValueError as error:
        raise ProtocolError("a header field that there cannot be") from error


def _keyword(args: Arguments, word: str) -> Key:
    if args.at(b"\\"):
        raise ProtocolError("a keyword is wanted")
    key = Flagged(args.flag("a keyword"))
    return key if word == "KEYWORD" else Not(key)


def _uid(args: Arguments, _word: str) -> Key:
    uids = args.sequence_set("the UIDs")
    return more.Result() if isinstance(uids, Saved) else keys.Uid(uids)


# RFC 7162, 3.1.5
def _modseq(args: Arguments, _word: str) -> Key:
    if not args.at(b'"'):
        return keys.Modseq(args.number64("the mod-sequence"))
    entry = args.text("the entry")
    if not _ENTRY.fullmatch(entry):
        raise ProtocolError("an entry such as /flags/$Forwarded is wanted")
    args.space("the type of the entry")
    kind = args.one_of({"PRIV", "SHARED", "ALL"}, "the type of the entry").lower()
    args.space("the mod-sequence")
    return keys.Modseq(args.number64("the mod-sequence"), entry, kind)


def _object_id(args: Arguments, word: str) -> Key:
    value = args.match(_OBJECT_ID, "an object identifier")[0].decode("ascii")
    return more.EmailId(value) if word == "EMAILID" else more.ThreadId(value)


_ARGUMENT: Mapping[str, Callable[[Arguments, str], Key]] = {
    **dict.fromkeys(_TEXT, _text),
    **dict.fromkeys(_DAY, _day),
    "HEADER": _header,
    "KEYWORD": _keyword,
    "UNKEYWORD": _keyword,
    "LARGER": lambda args, _: keys.Larger(args.number64("a size")),
    "SMALLER": lambda args, _: keys.Smaller(args.number64("a size")),
    "UID": _uid,
    "MODSEQ": _modseq,
    "YOUNGER": lambda args, _: more.Younger(args.number("seconds", 1)),
    "OLDER": lambda args, _: more.Older(args.number("seconds", 1)),
    "EMAILID": _object_id,
    "THREADID": _object_id,
}
