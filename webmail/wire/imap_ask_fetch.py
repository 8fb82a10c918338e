"""What an IMAP client wants to know of messages: FETCH, its items and sections (RFC 9051, 6.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_print import astring
from webmail.wire.imap_sets import Numbers, Page
from webmail.wire.imap_values import checked_field

# RFC 9051, 6.4.5; RFC 3501, 6.4.5; RFC 7162, 3.1.4; RFC 8474, 5; RFC 8514, 4.2; XSENDER is Sun's
_WORDS = frozenset({
    "BODY", "BODYSTRUCTURE", "EMAILID", "ENVELOPE", "FLAGS", "INTERNALDATE", "MODSEQ", "PREVIEW",
    "RFC822.SIZE", "SAVEDATE", "THREADID", "UID", "XSENDER",
})  # fmt: skip
_FAST = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")
_MACROS = {"FAST": _FAST, "ALL": (*_FAST, "ENVELOPE"), "FULL": (*_FAST, "ENVELOPE", "BODY")}

_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9.]*+")
# A hundred levels, as many as are parsed of a message
_PART = rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9}){0,100}+"
_TEXT = rb"HEADER(?:\.FIELDS(?:\.NOT)?)?|TEXT"
_SECTION = re.compile(
    rb"\[(?:(" + _PART + rb")(?:\.(" + _TEXT + rb"|MIME))?|(" + _TEXT + rb")?)(?=[\] ])", re.IGNORECASE
)
_BINARY = re.compile(rb"\[(" + _PART + rb")?\]")
_PARTIAL = re.compile(rb"<([0-9]{1,19})\.([1-9][0-9]{0,18})>")


@dataclass(frozen=True, slots=True)
class Section:
    """Octets of a message or of one of its parts."""

    label: bytes  # as the answer names it: `BODY[1.2]<0>`
    part: str = ""  # "1.2"; "" for the message
    what: str = ""  # HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME; "" for all of it
    fields: tuple[str, ...] = ()
    peek: bool = True  # leaves the message unseen
    window: tuple[int, int] | None = None  # first octet and how many, of what the rest names
    decoded: bool = False  # BINARY (RFC 3516): without its transfer encoding

    @property
    def name(self) -> str:
        """As in BODY[…], without fields: "1.2.MIME"."""
        return f"{self.part}.{self.what}" if self.part and self.what else self.part or self.what


@dataclass(frozen=True, slots=True)
class BinarySize:
    """How many octets a part has without its transfer encoding (RFC 3516, 4.3)."""

    label: bytes
    part: str


Item: TypeAlias = str | Section | BinarySize  # str: one of the words of FETCH that have no arguments


@dataclass(frozen=True, slots=True)
class Fetch:
    numbers: Numbers
    items: tuple[Item, ...]  # each once; "PREVIEW LAZY" for PREVIEW (LAZY)
    changed_since: int | None = None
    vanished: bool = False
    page: Page | None = None

    @property
    def sets_seen(self) -> bool:
        return any(isinstance(item, Section) and not item.peek for item in self.items)


@dataclass(slots=True)
class _Modifiers:
    changed_since: int | None = None
    vanished: bool = False
    page: Page | None = None


# RFC822 and its like are old names of sections (RFC 3501, 6.4.5)
_OLD = {
    "RFC822": Section(b"RFC822", peek=False),
    "RFC822.HEADER": Section(b"RFC822.HEADER", what="HEADER"),
    "RFC822.TEXT": Section(b"RFC822.TEXT", what="TEXT", peek=False),
}


# RFC 9051, 6.4.5
def parse_fetch(args: Arguments) -> Fetch:
    args.space("the messages")
    numbers = args.sequence_set()
    args.space("the items")
    items = fetch_items(args)
    modifiers = _modifiers(args) if args.take(b" ") else _Modifiers()
    args.end()
    return Fetch(numbers, items, modifiers.changed_since, modifiers.vanished, modifiers.page)


def fetch_items(args: Arguments) -> tuple[Item, ...]:
    """One item, a list of them, or a macro."""
    if args.at(b"("):
        return tuple(dict.fromkeys(args.in_list(lambda: _item(args), "the items")))
    for macro, items in _MACROS.items():
        if args.take_word(macro):
            return items
    return (_item(args),)


def _item(args: Arguments) -> Item:
    name = args.match(_NAME, "a FETCH item")[0].decode("ascii").upper()
    if args.at(b"[") and name in {"BODY", "BODY.PEEK"}:
        return _body(args, peek=name == "BODY.PEEK")
    if args.at(b"[") and name in {"BINARY", "BINARY.PEEK"}:
        return _binary(args, peek=name == "BINARY.PEEK")
    if args.at(b"[") and name == "BINARY.SIZE":
        part = _part(args)
        return BinarySize(b"BINARY.SIZE[%s]" % part.encode("ascii"), part)
    if name == "PREVIEW" and args.at(b" (LAZY"):
        return _lazy(args)
    if name not in _WORDS and name not in _OLD:
        raise ProtocolError("a FETCH item that is not known")
    return _OLD.get(name, name)


# RFC 8970, 3.1
def _lazy(args: Arguments) -> str:
    args.space("LAZY")
    args.in_list(lambda: args.one_of({"LAZY"}, "a modifier of PREVIEW"), "LAZY")
    return "PREVIEW LAZY"


def _body(args: Arguments, *, peek: bool) -> Section:
    found = args.match(_SECTION, "a section")
    part, what = (found[1] or b"").decode("ascii"), (found[2] or found[3] or b"").decode("ascii").upper()
    fields = _fields(args) if what.startswith("HEADER.FIELDS") else ()
    args.expect(b"]", "the end of the section")
    window = _window(args)
    names = b" (" + b" ".join(map(astring, fields)) + b")" if fields else b""
    name = (f"{part}.{what}" if part and what else part or what).encode("ascii")
    return Section(b"BODY[%s%s]%s" % (name, names, _origin(window)), part, what, fields, peek, window)


def _binary(args: Arguments, *, peek: bool) -> Section:
    part = _part(args)
    window = _window(args)
    label = b"BINARY[%s]%s" % (part.encode("ascii"), _origin(window))
    return Section(label, part, peek=peek, window=window, decoded=True)


def _part(args: Arguments) -> str:
    return (args.match(_BINARY, "a part")[1] or b"").decode("ascii")


def _fields(args: Arguments) -> tuple[str, ...]:
    args.space("the header fields")
    return args.in_list(lambda: _field(args), "the header fields")


def _field(args: Arguments) -> str:
    try:
        return checked_field(args.text("a header field"))
    except ValueError as error:
        raise ProtocolError("a header field that there cannot be") from error


def _window(args: Arguments) -> tuple[int, int] | None:
    if not args.at(b"<"):
        return None
    found = args.match(_PARTIAL, "the octets as <first.count>")
    return int(found[1]), int(found[2])


def _origin(window: tuple[int, int] | None) -> bytes:
    return b"<%d>" % window[0] if window else b""


def _modifiers(args: Arguments) -> _Modifiers:
    found = _Modifiers()
    args.in_list(lambda: _modifier(args, found), "the modifiers")
    if found.vanished and found.changed_since is None:
        raise ProtocolError("VANISHED wants CHANGEDSINCE beside it")
    return found


# RFC 7162, 3.1.4.1 and 3.2.6; RFC 9394, 3.2
def _modifier(args: Arguments, found: _Modifiers) -> None:
    word = args.one_of({"CHANGEDSINCE", "VANISHED", "PARTIAL"}, "a modifier")
    if word == "VANISHED":
        found.vanished = True
        return
    args.space("its value")
    if word == "CHANGEDSINCE":
        found.changed_since = args.number64("the mod-sequence")
    else:
        found.page = args.page()
