r"""Flags as bits: the five system flags, then the keywords that a mailbox knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from webmail.errors import NotAllowed
from webmail.i18n import N_
from webmail.store.transaction import Transaction
from webmail.wire.imap_values import checked_flag

SYSTEM = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")  # RFC 9051, 2.3.2
ANSWERED, FLAGGED, DELETED, SEEN, DRAFT = (1 << number for number in range(len(SYSTEM)))
FIRST_KEYWORD = len(SYSTEM)
MAX_KEYWORDS = 58  # of a mailbox: what is left of the 63 bits of an integer in SQLite
MAX_KEYWORD = 64  # characters

_BITS = {name.lower(): 1 << number for number, name in enumerate(SYSTEM)}


class How(Enum):
    """What STORE does with its flags (RFC 9051, 6.4.6)."""

    REPLACE = "FLAGS"
    ADD = "+FLAGS"
    REMOVE = "-FLAGS"


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords of a mailbox in the order of their bits; never taken away while the mailbox lives."""

    names: tuple[str, ...] = ()

    def bits(self, flags: Iterable[str]) -> int:
        r"""The flags as bits; what the mailbox does not know, and \Recent, are left out."""
        known = {
            name.lower(): 1 << (FIRST_KEYWORD + number) for number, name in enumerate(self.names)
        } | _BITS
        return sum({known.get(flag.lower(), 0) for flag in flags})

    def flags(self, bits: int) -> list[str]:
        named = [*SYSTEM, *self.names]
        return [name for number, name in enumerate(named) if bits >> number & 1]

    def lacking(self, flags: Iterable[str]) -> list[str]:
        """The keywords among these flags that have no bit yet, each once."""
        known = {name.lower() for name in self.names}
        new = {flag.lower(): flag for flag in flags if not flag.startswith("\\")}
        return [flag for key, flag in new.items() if key not in known]


def load(transaction: Transaction, mailbox: int) -> Keywords:
    return Keywords(
        tuple(json.loads(transaction.value("SELECT keywords FROM mailbox WHERE id = ?", mailbox)))
    )


def learned(transaction: Transaction, mailbox: int, flags: Iterable[str]) -> Keywords:
    """The keywords of a mailbox, those of these flags among them. Raises NotAllowed if there are too many."""
    keywords = load(transaction, mailbox)
    new = keywords.lacking(flags)
    if not new:
        return keywords
    if len(keywords.names) + len(new) > MAX_KEYWORDS or any(len(name) > MAX_KEYWORD for name in new):
        raise NotAllowed(
            N_("A folder takes no more than {most} keywords of {long} characters."),
            most=MAX_KEYWORDS,
            long=MAX_KEYWORD,
        )
    keywords = Keywords((*keywords.names, *new))
    transaction.do("UPDATE mailbox SET keywords = ? WHERE id = ?", json.dumps(keywords.names), mailbox)
    return keywords


def changed(before: int, how: How, bits: int) -> int:
    if how is How.ADD:
        return before | bits
    return before & ~bits if how is How.REMOVE else bits


def fitting(transaction: Transaction, mailbox: int, flags: Iterable[str]) -> frozenset[str]:
    """Those of the flags that the mailbox knows or has room for, and that can be flags at all."""
    flags = list(flags)
    keywords = load(transaction, mailbox)
    lacking = [flag for flag in keywords.lacking(flags) if _can_be(flag)]
    room = {flag.lower() for flag in lacking[: MAX_KEYWORDS - len(keywords.names)]}
    known = {name.lower() for name in (*SYSTEM, *keywords.names)}
    return frozenset(flag for flag in flags if flag.lower() in known | room)


def _can_be(keyword: str) -> bool:
    try:
        return len(checked_flag(keyword)) <= MAX_KEYWORD
    except ValueError:
        return False
