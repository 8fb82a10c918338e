"""What an IMAP client asks to be done with messages: APPEND, REPLACE, COPY, MOVE, STORE, UID EXPUNGE."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_request import Announced
from webmail.wire.imap_sets import STAR, Numbers

How = Literal["replace", "add", "remove"]

_HOW: Final[Mapping[str, How]] = {"FLAGS": "replace", "+FLAGS": "add", "-FLAGS": "remove"}

# The first line of a command up to a literal that is the mailbox's name
_NAME_BY_LITERAL = re.compile(rb"(?: (?:[0-9]+|\*))? \{[0-9]+\+?\}")


@dataclass(frozen=True, slots=True)
class AppendItem:
    """What stands before one message of APPEND; the literal is what the client sends next."""

    flags: tuple[str, ...]
    when: tuple[int, int] | None  # seconds since 1970 in UTC, minutes that its zone is east of it
    utf8: bool  # sent as UTF8 (~{n}), so a parenthesis closes behind it (RFC 6855, 4)
    literal: Announced


@dataclass(frozen=True, slots=True)
class Replace:
    number: int  # STAR for `*`
    mailbox: str


@dataclass(frozen=True, slots=True)
class Copy:
    numbers: Numbers
    mailbox: str


@dataclass(frozen=True, slots=True)
class Store:
    numbers: Numbers
    how: How
    flags: tuple[str, ...]
    silent: bool = False
    unchanged_since: int | None = None


def names_mailbox(name: str, rest: bytes) -> bool:
    """Whether the literal that the first line of this command announces is the mailbox's name, thus short
    and one of the pieces, and not the message. `rest`: of the line, behind the command's name.
    """
    return _NAME_BY_LITERAL.fullmatch(rest) is not None and (name == "APPEND") == rest.startswith(b" {")


# RFC 9051, 6.3.12
def parse_append_mailbox(args: Arguments) -> str:
    """The mailbox of APPEND; parse_append_item goes on with the same arguments."""
    args.space("the mailbox")
    return args.mailbox()


# RFC 8508, 3: REPLACE, UID REPLACE
def parse_replace_target(args: Arguments) -> Replace:
    """What to replace and where; parse_append_item goes on with the same arguments."""
    args.space("the message")
    number = STAR if args.take(b"*") else args.number("the message", 1)
    return Replace(number, parse_append_mailbox(args))


# RFC 9051, 6.3.12; several messages are RFC 3502, UTF8 is RFC 6855, 4
def parse_append_item(args: Arguments, *, after: AppendItem | None = None) -> AppendItem | None:
    """What stands before the next message, up to its literal, which is announced but not among the pieces.

    `after` a message: the line behind its octets; None if the command ends there.
    """
    if after is not None and after.utf8:
        args.close("the message")
    if after is not None and args.at_end():
        return None
    args.space("the message")
    if after is not None:
        args.take(b" ")  # IMAPClient says two before all messages but the first
    flags: tuple[str, ...] = ()
    if args.at(b"("):
        flags = args.flag_list()
        args.space("the message")
    when = None
    if args.at(b'"'):
        when = args.date_time()
        args.space("the message")
    utf8 = args.take_word("UTF8")
    if utf8:
        args.space("the message")
        args.open("the message")
    return AppendItem(flags, when, utf8, args.announcement())


# RFC 9051, 6.4.7 and 6.4.8: COPY, MOVE
def parse_copy(args: Arguments) -> Copy:
    numbers = _numbers(args)
    args.space("the mailbox")
    mailbox = args.mailbox()
    args.end()
    return Copy(numbers, mailbox)


# RFC 9051, 6.4.9: UID EXPUNGE
def parse_uid_expunge(args: Arguments) -> Numbers:
    numbers = _numbers(args)
    args.end()
    return numbers


# RFC 9051, 6.4.6; UNCHANGEDSINCE is RFC 7162, 3.1.3
def parse_store(args: Arguments) -> Store:
    numbers = _numbers(args)
    args.space("what to store")
    unchanged_since = None
    if args.at(b"("):
        unchanged_since = _unchanged_since(args)
        args.space("what to store")
    word = args.word("what to store")
    how = _HOW.get(word.removesuffix(".SILENT"))
    if how is None:
        raise ProtocolError("FLAGS, +FLAGS or -FLAGS are wanted, with or without .SILENT")
    args.space("the flags")
    flags = args.flag_list() if args.at(b"(") else _flags(args)
    args.end()
    return Store(numbers, how, flags, word.endswith(".SILENT"), unchanged_since)


def _unchanged_since(args: Arguments) -> int:
    args.open("UNCHANGEDSINCE")
    args.one_of({"UNCHANGEDSINCE"}, "a modifier")
    args.space("the mod-sequence")
    modseq = args.number64("the mod-sequence")
    args.close("the mod-sequence")
    return modseq


def _flags(args: Arguments) -> tuple[str, ...]:
    flags = [args.flag()]
    while args.take(b" "):
        flags.append(args.flag())
    return tuple(dict.fromkeys(flags))


def _numbers(args: Arguments) -> Numbers:
    args.space("the messages")
    return args.sequence_set()
