"""What an IMAP client asks about rights, quotas and annotations of mailboxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import MAX_NAME, Arguments

RIGHTS = "lrswipkxtea"  # RFC 4314, 2.1, in the order in which they are written
MAX_ENTRIES = 100  # annotations of one command; there are a dozen names
MAX_ENTRY = 1024  # octets of an annotation's name

# RFC 4314, 2.1.1: what RFC 2086 called create and delete
_OBSOLETE = {"c": "kx", "d": "te"}


@dataclass(frozen=True, slots=True)
class Acl:
    """Whose rights on which mailbox: DELETEACL, LISTRIGHTS."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class SetAcl:
    mailbox: str
    identifier: str
    how: Literal["replace", "add", "remove"]
    rights: str  # of RIGHTS, each once, in their order


@dataclass(frozen=True, slots=True)
class SetQuota:
    root: str
    limits: tuple[tuple[str, int], ...]  # resources in upper case; STORAGE in units of 1024 octets


@dataclass(frozen=True, slots=True)
class GetMetadata:
    mailbox: str  # "" for the server
    entries: tuple[str, ...]  # lower case
    max_size: int | None = None  # octets of a value; longer ones are left out
    depth: float = 0  # levels below an entry: 0, 1 or infinity


@dataclass(frozen=True, slots=True)
class SetMetadata:
    mailbox: str  # "" for the server
    values: tuple[tuple[str, bytes | None], ...]  # None removes


# RFC 4314, 3.2 and 3.4: DELETEACL, LISTRIGHTS
def parse_acl(args: Arguments) -> Acl:
    acl = _acl(args)
    args.end()
    return acl


# RFC 4314, 3.1
def parse_setacl(args: Arguments) -> SetAcl:
    acl = _acl(args)
    args.space("the rights")
    said = args.text("the rights")
    args.end()
    if said.startswith("+"):
        return SetAcl(acl.mailbox, acl.identifier, "add", rights(said[1:]))
    if said.startswith("-"):
        return SetAcl(acl.mailbox, acl.identifier, "remove", rights(said[1:]))
    return SetAcl(acl.mailbox, acl.identifier, "replace", rights(said))


def _acl(args: Arguments) -> Acl:
    args.space("the mailbox")
    mailbox = args.mailbox()
    args.space("the identifier")
    identifier = args.text("the identifier")
    if not identifier or len(identifier) > MAX_NAME or not identifier.isprintable():
        raise ProtocolError("an identifier that there cannot be")
    return Acl(mailbox, identifier)


# RFC 4314, 2.1
def rights(said: str) -> str:
    """The rights of RIGHTS that the letters name, obsolete ones too. ProtocolError for other letters."""
    letters = set(said)
    for obsolete, meant in _OBSOLETE.items():
        if obsolete in letters:
            letters.remove(obsolete)
            letters |= set(meant)
    if not letters <= set(RIGHTS):
        raise ProtocolError("a right that is not known")
    return "".join(right for right in RIGHTS if right in letters)


# RFC 4314, 2.1.1
def with_obsolete(held: str) -> str:
    """The rights with those of RFC 2086 that they amount to, for clients that know only these."""
    return held + "".join(letter for letter, meant in _OBSOLETE.items() if set(meant) & set(held))


# RFC 9208, 4.1.1
def parse_getquota(args: Arguments) -> str:
    """The root's name."""
    args.space("the quota root")
    root = args.text("the quota root")
    args.end()
    return root


# RFC 9208, 4.1.3
def parse_setquota(args: Arguments) -> SetQuota:
    args.space("the quota root")
    root = args.text("the quota root")
    args.space("the limits")
    limits = args.in_list(lambda: _limit(args), "the limits", empty=True)
    args.end()
    return SetQuota(root, limits)


def _limit(args: Arguments) -> tuple[str, int]:
    resource = args.word("a resource")
    args.space("its limit")
    return resource, args.number64("its limit")


# RFC 5464, 4.2
def parse_getmetadata(args: Arguments) -> GetMetadata:
    args.space("the mailbox")
    options = _options(args)
    if options:  # the grammar of RFC 5464 has them here, its examples behind the mailbox
        args.space("the mailbox")
    mailbox = args.mailbox_or_none()
    args.space("the entries")
    if not options and (options := _options(args)):
        args.space("the entries")
    entries = args.one_or_list(lambda: _entry(args), "the entries")
    args.end()
    if len(entries) > MAX_ENTRIES:
        raise ProtocolError(f"more than {MAX_ENTRIES} entries")
    max_size, depth = options.get("MAXSIZE"), options.get("DEPTH", 0)
    return GetMetadata(
        mailbox, tuple(dict.fromkeys(entries)), None if max_size is None else int(max_size), depth
    )


def _options(args: Arguments) -> dict[str, float]:
    if not args.at_list("MAXSIZE", "DEPTH"):
        return {}
    return dict(args.in_list(lambda: _option(args), "the options"))


def _option(args: Arguments) -> tuple[str, float]:
    word = args.one_of({"MAXSIZE", "DEPTH"}, "an option")
    args.space("its value")
    if word == "DEPTH" and args.take_word("INFINITY"):
        return word, float("inf")
    number = args.number("its value")
    if word == "DEPTH" and number > 1:
        raise ProtocolError("a depth of 0, 1 or infinity is wanted")
    return word, number


# RFC 5464, 4.3
def parse_setmetadata(args: Arguments) -> SetMetadata:
    args.space("the mailbox")
    mailbox = args.mailbox_or_none()
    args.space("the values")
    values = args.in_list(lambda: _value(args), "the values")
    args.end()
    if len(values) > MAX_ENTRIES:
        raise ProtocolError(f"more than {MAX_ENTRIES} entries")
    return SetMetadata(mailbox, values)


def _value(args: Arguments) -> tuple[str, bytes | None]:
    entry = _entry(args)
    args.space("its value")
    return entry, args.nstring8("its value")


# RFC 5464, 3.2
def _entry(args: Arguments) -> str:
    name = args.text("an entry").lower()
    if not name.startswith(("/private/", "/shared/")) or name.endswith("/") or "//" in name:
        raise ProtocolError("an entry such as /private/comment is wanted")
    if len(name) > MAX_ENTRY or not (name.isascii() and name.isprintable()) or set(name) & set("*%"):
        raise ProtocolError("an entry that there cannot be")
    return name
