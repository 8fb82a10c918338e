"""What an IMAP client asks of mailboxes as such: to open, make, remove, rename, subscribe and count them."""

from __future__ import annotations

from dataclasses import dataclass

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_sets import SequenceSet

# RFC 3501, RFC 9051, 6.3.11; RFC 7162, 3.1.7; RFC 7889, 3; RFC 8474, 4.3; RFC 9208, 5.1
STATUS_ITEMS = frozenset({
    "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE", "HIGHESTMODSEQ",
    "APPENDLIMIT", "MAILBOXID", "DELETED-STORAGE",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What the client remembers of a mailbox (RFC 7162, 3.2.5)."""

    uidvalidity: int
    modseq: int
    uids: SequenceSet | None = None  # all that it knows; None: all that there may be
    # Sequence numbers and their UIDs, as many of each, from which the server can tell what was expunged
    pairs: tuple[SequenceSet, SequenceSet] | None = None


@dataclass(frozen=True, slots=True)
class Select:
    mailbox: str
    condstore: bool = False
    qresync: Known | None = None


@dataclass(frozen=True, slots=True)
class Create:
    mailbox: str
    use: tuple[str, ...] = ()  # as written: "\\Sent" (RFC 6154, 3)


@dataclass(frozen=True, slots=True)
class Rename:
    mailbox: str
    new: str


@dataclass(frozen=True, slots=True)
class StatusItems:
    mailbox: str
    items: tuple[str, ...]  # of STATUS_ITEMS, each once


# RFC 9051, 6.3.2 and 6.3.3: SELECT, EXAMINE
def parse_select(args: Arguments) -> Select:
    mailbox = _mailbox(args)
    parameters = dict(args.in_list(lambda: _select_parameter(args), "a parameter")) if args.take(b" ") else {}
    args.end()
    return Select(mailbox, "CONDSTORE" in parameters, parameters.get("QRESYNC"))


def _select_parameter(args: Arguments) -> tuple[str, Known | None]:
    name = args.one_of({"CONDSTORE", "QRESYNC"}, "a parameter")
    return name, _known(args) if name == "QRESYNC" else None


# RFC 7162, 3.2.5
def _known(args: Arguments) -> Known:
    args.space("what is known")
    args.open("what is known")
    uidvalidity = args.number("the UIDVALIDITY", 1)
    args.space("the mod-sequence")
    modseq = args.number64("the mod-sequence")
    uids = pairs = None
    more = args.take(b" ")
    if more and not args.at(b"("):
        uids = args.known_set("the known UIDs")
        more = args.take(b" ")
    if more:
        pairs = _pairs(args)
    args.close("what is known")
    return Known(uidvalidity, modseq, uids, pairs)


def _pairs(args: Arguments) -> tuple[SequenceSet, SequenceSet]:
    args.open("the sequence numbers")
    numbers = args.known_set("the sequence numbers")
    args.space("their UIDs")
    uids = args.known_set("their UIDs")
    args.close("their UIDs")
    if numbers.count() != uids.count():
        raise ProtocolError("as many UIDs as sequence numbers are wanted")
    return numbers, uids


# RFC 9051, 6.3.4; RFC 6154, 3
def parse_create(args: Arguments) -> Create:
    mailbox = _mailbox(args)
    use: tuple[str, ...] = ()
    if args.take(b" "):
        args.open("USE")
        args.one_of({"USE"}, "a parameter")
        args.space("the uses")
        use = args.in_list(lambda: _use(args), "the uses", empty=True)
        args.close("the uses")
    args.end()
    return Create(mailbox, use)


def _use(args: Arguments) -> str:
    if not args.take(b"\\"):
        raise ProtocolError("a use such as \\Sent is wanted")
    return "\\" + args.atom("a use")


# RFC 9051, 6.3.5, 6.3.7, 6.3.8; RFC 4314, 3.3 and 3.5; RFC 9208, 4.1.2
def parse_mailbox(args: Arguments) -> str:
    """DELETE, SUBSCRIBE, UNSUBSCRIBE, GETACL, MYRIGHTS, GETQUOTAROOT."""
    mailbox = _mailbox(args)
    args.end()
    return mailbox


# RFC 9051, 6.3.6
def parse_rename(args: Arguments) -> Rename:
    mailbox = _mailbox(args)
    args.space("the new name")
    new = args.mailbox("the new mailbox")
    args.end()
    return Rename(mailbox, new)


# RFC 9051, 6.3.11
def parse_status(args: Arguments) -> StatusItems:
    mailbox = _mailbox(args)
    args.space("the items")
    items = status_items(args)
    args.end()
    return StatusItems(mailbox, items)


def status_items(args: Arguments) -> tuple[str, ...]:
    read = args.in_list(lambda: args.one_of(STATUS_ITEMS, "a STATUS item"), "the STATUS items")
    return tuple(dict.fromkeys(read))


def _mailbox(args: Arguments) -> str:
    args.space("the mailbox")
    return args.mailbox()
