"""Whether an account is as it should be: its database in itself, and the files that it names.

It is read in one transaction, while others may change it: what looks wrong with a file is looked at again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from webmail.errors import BadRequest, Unavailable
from webmail.mail.index import parse
from webmail.store import arrival, bodies, mailboxes
from webmail.store.account import Account
from webmail.store.layout import BODIES, INCOMING, SHELVES
from webmail.store.rules import RULES
from webmail.store.sweep import named
from webmail.store.transaction import Transaction

SETTLING_SECONDS = 1.0  # what is left over for longer than that was left by a crash
MOST = 20  # faults of a kind in a database that are told one by one


@dataclass(frozen=True, slots=True)
class Files:
    """What was wrong with files at one moment, by the names of bodies."""

    missing: frozenset[str]  # named by a row
    strays: frozenset[str]  # named by none
    sizes: tuple[tuple[str, int, int], ...]  # the name, bytes that the row says, bytes that are there
    strange: tuple[Path, ...]  # nothing of ours


def faults(account: Account, *, parse_again: bool = False) -> Iterator[str]:
    """A sentence for each fault; `parse_again`: also compare what is stored with what is parsed now."""
    try:
        yield from _faults(account, parse_again=parse_again)
    except Unavailable as error:
        yield f"the database cannot be read: {error.detail}"


def _faults(account: Account, *, parse_again: bool) -> Iterator[str]:
    damage, broken, found = account.transact("BEGIN", _read)
    yield from damage
    yield from broken
    yield from _file_faults(account, found)
    yield from _left_over(account)
    if parse_again and not damage:
        for body in account.transact("BEGIN", body_numbers):
            yield from account.transact("BEGIN", partial(_compared, body=body))


def _read(transaction: Transaction) -> tuple[list[str], list[str], Files]:
    damage = damages(transaction)
    if damage:  # then nothing that it says is to be relied on
        return damage, [], Files(frozenset(), frozenset(), (), ())
    return [], [*_broken_rules(transaction), *_lacking(transaction), *_names(transaction)], files(transaction)


def damages(transaction: Transaction) -> list[str]:
    """What SQLite finds wrong with its own file."""
    rows = transaction.all(f"PRAGMA integrity_check({MOST})")
    return [f"the database is damaged: {row[0]}" for row in rows if row[0] != "ok"]


def _broken_rules(transaction: Transaction) -> Iterator[str]:
    for rule in RULES:
        rows = transaction.all(rule.query)
        yield from (rule.text.format(*row) for row in rows[:MOST])
        if len(rows) > MOST:
            yield f"{len(rows) - MOST} more like this"


_LACKING = """
SELECT file FROM body WHERE id NOT IN (SELECT body FROM header) OR id NOT IN (SELECT body FROM text)
"""


def lacking(transaction: Transaction) -> list[str]:
    """The bodies whose keys or texts are missing."""
    return [file for (file,) in transaction.all(_LACKING)]


def _lacking(transaction: Transaction) -> Iterator[str]:
    return (f"the keys or the text of body {file} are missing" for file in lacking(transaction))


def _names(transaction: Transaction) -> Iterator[str]:
    for mailbox in mailboxes.all_of(transaction):
        try:
            fit = mailboxes.checked(mailbox.name) == mailbox.name
        except BadRequest:
            fit = False
        if not fit:
            yield f"{mailbox.name!r}: a mailbox cannot have this name"


def body_numbers(transaction: Transaction) -> list[int]:
    return [body for (body,) in transaction.all("SELECT id FROM body ORDER BY id")]


# Files


def files(transaction: Transaction) -> Files:
    """The rows of bodies and their files, compared directory by directory."""
    root = transaction.place / BODIES
    missing: set[str] = set()
    strays: set[str] = set()
    sizes: list[tuple[str, int, int]] = []
    strange = [path for path in root.iterdir() if path.name not in SHELVES]
    for prefix in SHELVES:
        rows = dict(_rows(transaction, prefix))
        there = dict(_sizes(root / prefix))
        missing |= rows.keys() - there.keys()
        strays |= {name for name in there.keys() - rows.keys() if bodies.is_name(name)}
        strange += [root / prefix / name for name in there.keys() - rows.keys() if not bodies.is_name(name)]
        sizes += [
            (name, rows[name], there[name]) for name in rows if there.get(name, rows[name]) != rows[name]
        ]
    orphans = {name for (name,) in transaction.all("SELECT file FROM orphan")}
    return Files(frozenset(missing), frozenset(strays - orphans), tuple(sizes), tuple(strange))


def _rows(transaction: Transaction, prefix: str) -> list[tuple[str, int]]:
    # `g` comes after every digit of a name
    return transaction.all("SELECT file, size FROM body WHERE file >= ? AND file < ?", prefix, prefix + "g")


def _sizes(directory: Path) -> Iterator[tuple[str, int]]:
    if directory.is_dir():
        for entry in os.scandir(directory):
            try:
                yield entry.name, entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue  # expunged meanwhile


def _file_faults(account: Account, found: Files) -> Iterator[str]:
    for name in really_missing(account, found.missing):
        yield from account.transact("BEGIN", partial(_lost, name=name))
    for name in real_strays(account, found.strays):
        yield f"body {name} has a file and no row"
    for name, said, there in found.sizes:
        yield f"body {name} should have {said} bytes, its file has {there}"
    for path in found.strange:
        yield f"{path} is no body"


def really_missing(account: Account, names: frozenset[str]) -> list[str]:
    """Those that are still named and still not there: they were not expunged or delivered meanwhile."""
    still = [name for name in sorted(names) if not bodies.body_path(account.place, name).exists()]
    return [name for name in still if account.transact("BEGIN", partial(named, file=name))]


def real_strays(account: Account, names: frozenset[str]) -> list[str]:
    """Those that are still there and not named: neither on their way in nor on their way out.

    A body on its way in is linked, then named, then no longer in incoming/; so it is looked for backwards.
    """
    arrived = [name for name in sorted(names) if not (account.place / INCOMING / name).exists()]
    unnamed = [name for name in arrived if not account.transact("BEGIN", partial(_known, name=name))]
    return [name for name in unnamed if bodies.body_path(account.place, name).exists()]


def _known(transaction: Transaction, name: str) -> bool:
    row = transaction.one("SELECT 1 FROM orphan WHERE file = ?", name)
    return row is not None or named(transaction, name)


_WHERE = """
SELECT b.name, m.uid FROM body o JOIN message m ON m.body = o.id JOIN mailbox b ON b.id = m.mailbox
WHERE o.file = ? ORDER BY 1, 2
"""


def _lost(transaction: Transaction, name: str) -> list[str]:
    places = transaction.all(_WHERE, name)
    return [f"{mailbox}: message {uid} has lost its body {name}" for mailbox, uid in places] or [
        f"body {name} is lost"
    ]


def _left_over(account: Account) -> Iterator[str]:
    """What a crash leaves and `sweep.recover` removes; what is just being worked on passes."""
    if not (before := _remains(account)):
        return
    time.sleep(SETTLING_SECONDS)
    yield from sorted(before & _remains(account))


def _remains(account: Account) -> set[str]:
    received = {
        f"{INCOMING}/{name} is left over"
        for name in bodies.abandoned(account.place)
        if (account.place / INCOMING / name).exists()
    }
    orphans = account.transact("BEGIN", lambda transaction: transaction.all("SELECT file FROM orphan"))
    return received | {f"body {name} is still to be removed" for (name,) in orphans}


# What is stored of bodies

_STORED = """
SELECT b.file, b.size, b.envelope, b.bodystructure, b.body, b.parts, b.preview,
    h.sent, h.sent_day, h.subject, h.sender, h.recipients, h.cc, h.bcc, h.base_subject, h.reply,
    h.from_key, h.to_key, h.cc_key, h.display_from, h.display_to, h.message_id, h.refs,
    t.raw, t.header, t.text, t.complete
FROM body b JOIN header h ON h.body = b.id JOIN text t ON t.body = b.id WHERE b.id = ?
"""


def differs(transaction: Transaction, body: int) -> str:
    """The name of a body of which something else is stored than is parsed now; "" if all is well."""
    row = transaction.one(_STORED, body)
    if row is None:  # expunged meanwhile, or lacking
        return ""
    try:
        with bodies.mapped(transaction.place, row[0]) as octets:
            parsed = parse(octets)
    except FileNotFoundError:
        return ""
    now = (*arrival.body_values(parsed), *arrival.header_values(parsed), *arrival.text_values(parsed))
    return "" if row[1:] == now else row[0]


def _compared(transaction: Transaction, body: int) -> list[str]:
    name = differs(transaction, body)
    return [f"what is stored of body {name} is not what this release reads in it"] if name else []
