"""Annotations of mailboxes and of the server (RFC 5464), shared ones and everybody's own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from webmail.errors import BadRequest, NotAllowed, TooBig
from webmail.i18n import N_
from webmail.notify import Event
from webmail.store.transaction import Transaction

SERVER = 0  # stands for the server where a mailbox is wanted
SHARED = ""  # owner of the entries below /shared
MAX_VALUE = 65_536  # octets
MAX_ENTRIES = 1000  # of one mailbox and owner
MAX_OCTETS = 1024 * 1024  # of their values: one GETMETADATA may ask for all of them
MAX_ALL = 64 * 1024 * 1024  # octets of an account; quota does not count them, and others may write them
MAX_ALL_ENTRIES = 100_000
MAX_ENTRY = 255  # octets of a name


class TooMany(NotAllowed):
    default = N_("There are too many annotations.")


_ENTRY = re.compile(r"/(private|shared)(/[!-$&'+-.0-~]+)+")  # no % and *, RFC 5464, 3.2


def checked(entry: str) -> str:
    """An entry's name in the one case that it has. Raises BadRequest."""
    if not _ENTRY.fullmatch(entry) or len(entry) > MAX_ENTRY or entry.endswith("/") or "//" in entry:
        raise BadRequest(N_("An annotation cannot have this name."))
    return entry.lower()


def owner_of(entry: str, who: str) -> str:
    return SHARED if entry.startswith("/shared/") else who


def found(transaction: Transaction, mailbox: int, who: str, entry: str, depth: float) -> dict[str, bytes]:
    """The entry and those below it: down to `depth` (0, 1 or infinity) levels. Sorted by name."""
    entry = checked(entry)
    rows = transaction.all(
        "SELECT entry, value FROM metadata WHERE mailbox = ? AND owner = ?"
        " AND (entry = ? OR (entry >= ? AND entry < ?)) AND value NOT NULL ORDER BY entry",
        mailbox, owner_of(entry, who), entry, entry + "/", entry + "0",
    )  # fmt: skip
    return {name: value for name, value in rows if name.count("/") - entry.count("/") <= depth}


def change(transaction: Transaction, mailbox: int, who: str, entries: Mapping[str, bytes | None]) -> None:
    """Set values; None takes an entry away. Raises BadRequest, TooBig, TooMany."""
    for entry, value in entries.items():
        _set(transaction, mailbox, who, checked(entry), value)
    row = transaction.one("SELECT name FROM mailbox WHERE id = ?", mailbox)
    transaction.tell(Event.AnnotateMbox, row[0] if row else "", mailbox)


def _set(transaction: Transaction, mailbox: int, who: str, entry: str, value: bytes | None) -> None:
    owner = owner_of(entry, who)
    if value is not None and len(value) > MAX_VALUE:
        raise TooBig(N_("An annotation has at most {most} octets."), most=MAX_VALUE)
    transaction.do(
        "INSERT OR REPLACE INTO metadata VALUES (?, ?, ?, ?, ?)",
        mailbox, owner, entry, value, transaction.modseq(),
    )  # fmt: skip
    if value is None:
        _forget_gone(transaction, mailbox, owner)
    else:
        _require_room(transaction, mailbox, owner)


def _require_room(transaction: Transaction, mailbox: int, owner: str) -> None:
    """Raises TooMany."""
    counted = "SELECT count(*), total(length(value)) FROM metadata WHERE value NOT NULL"
    here = transaction.one(f"{counted} AND mailbox = ? AND owner = ?", mailbox, owner) or (0, 0)
    all_ = transaction.one(counted) or (0, 0)
    if here[0] > MAX_ENTRIES or here[1] > MAX_OCTETS or all_[0] > MAX_ALL_ENTRIES or all_[1] > MAX_ALL:
        raise TooMany


def _forget_gone(transaction: Transaction, mailbox: int, owner: str) -> None:
    """Of entries that were taken away only the last ones are told of."""
    transaction.do(
        "DELETE FROM metadata WHERE mailbox = ?1 AND owner = ?2 AND value IS NULL AND modseq <="
        " (SELECT modseq FROM metadata WHERE mailbox = ?1 AND owner = ?2 AND value IS NULL"
        "  ORDER BY modseq DESC LIMIT 1 OFFSET ?3)",
        mailbox, owner, MAX_ENTRIES,
    )  # fmt: skip


def changed_since(transaction: Transaction, who: str, modseq: int) -> dict[int, list[str]]:
    """The entries that somebody sees and that were set or taken away after that mod-sequence, by mailbox."""
    found: dict[int, list[str]] = {}
    rows = transaction.all(
        "SELECT mailbox, entry FROM metadata WHERE modseq > ? AND owner IN (?, ?) ORDER BY mailbox, entry",
        modseq, SHARED, who,
    )  # fmt: skip
    for mailbox, entry in rows:
        found.setdefault(mailbox, []).append(entry)
    return found
