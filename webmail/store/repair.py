"""Puts right what `check` finds, and never removes a message that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from webmail.errors import Unavailable
from webmail.mail.index import Parsed, parse
from webmail.store import bodies, check, indexing, messages, sweep
from webmail.store.account import Account
from webmail.store.arrival import Arrival, rewrite_body
from webmail.store.rules import RECOVERED, RULES, Rule, recovered
from webmail.store.transaction import Transaction

STALE = 0.5  # part of the index of words that may be of bodies expunged long ago


def repair(account: Account, *, parse_again: bool = False) -> Iterator[str]:
    """What was done, a sentence each. `parse_again`: also store anew what is parsed differently now.

    Raises Unavailable if the database itself is damaged beyond its indexes.
    """
    _require_sound(account)
    if removed := sweep.recover(account):
        yield f"{removed} files that a crash left over were removed"
    yield from _expunge_lost(account)
    yield from _rewrite(account, _incomplete(account))
    for rule in RULES:
        yield from account.transact("BEGIN IMMEDIATE", partial(_mend, rule=rule))
    yield from _adopt_strays(account)
    if parse_again:
        numbers = account.transact("BEGIN", check.body_numbers)
        found = (account.transact("BEGIN", partial(check.differs, body=body)) for body in numbers)
        yield from _rewrite(account, [name for name in found if name])


def _require_sound(account: Account) -> None:
    if not account.transact("BEGIN", check.damages):
        return
    with suppress(Unavailable):  # it may be damaged beyond its indexes
        account.transact("BEGIN IMMEDIATE", lambda transaction: transaction.do("REINDEX"))
    if damage := account.transact("BEGIN", check.damages):
        raise Unavailable(
            "The database is damaged: restore it from a backup, or see “Without a backup” in docs/store.md.",
            detail=damage[0].splitlines()[-1],
        )


def _mend(transaction: Transaction, rule: Rule) -> list[str]:
    rows = transaction.all(rule.query)
    if rows:
        rule.mend(transaction)
    return [f"put right: {rule.text.format(*row)}" for row in rows]


def _expunge_lost(account: Account) -> Iterator[str]:
    """Messages whose body is gone can be shown to nobody."""
    found = account.transact("BEGIN", check.files)
    for name in check.really_missing(account, found.missing):
        yield from account.transact("BEGIN IMMEDIATE", partial(_expunge_body, name=name))


_MESSAGES = """
SELECT m.mailbox, m.uid, b.name, h.display_from, h.subject FROM body o
JOIN message m ON m.body = o.id JOIN mailbox b ON b.id = m.mailbox LEFT JOIN header h ON h.body = o.id
WHERE o.file = ?
"""


def _expunge_body(transaction: Transaction, name: str) -> list[str]:
    rows = transaction.all(_MESSAGES, name)
    for mailbox, uid, *_ in rows:
        messages.remove(transaction, mailbox, [uid])
    if not rows:
        sweep.release(transaction, [transaction.value("SELECT id FROM body WHERE file = ?", name)])
    return [
        f"LOST: {mailbox}: message {uid} ({sender}: {subject!r}) had no body any more and was expunged"
        for _, uid, mailbox, sender, subject in rows
    ]


def _incomplete(account: Account) -> list[str]:
    """Bodies whose keys or texts are missing, or whose file has another size than is noted."""
    found = account.transact("BEGIN", check.files)
    return [*account.transact("BEGIN", check.lacking), *(name for name, _, _ in found.sizes)]


def _rewrite(account: Account, names: list[str]) -> Iterator[str]:
    done = [name for name in names if account.transact("BEGIN IMMEDIATE", partial(_again, name=name))]
    if done:
        account.transact("BEGIN IMMEDIATE", indexing.forget)
        indexing.all_of(account)
    yield from (f"what is stored of body {name} was written anew" for name in done)


def _again(transaction: Transaction, name: str) -> bool:
    """Whether the body is still there."""
    row = transaction.one("SELECT id FROM body WHERE file = ?", name)
    parsed = _parsed(transaction, name)
    if row is None or parsed is None:
        return False
    rewrite_body(transaction, row[0], parsed)
    return True


def _parsed(transaction: Transaction, name: str) -> Parsed | None:
    try:
        with bodies.mapped(transaction.place, name) as octets:
            return parse(octets)
    except FileNotFoundError:
        return None


def _adopt_strays(account: Account) -> Iterator[str]:
    found = account.transact("BEGIN", check.files)
    for name in check.real_strays(account, found.strays):
        account.transact("BEGIN IMMEDIATE", partial(_adopt, name=name))
        yield f"body {name} had no row and is in {RECOVERED} now"


def _adopt(transaction: Transaction, name: str) -> None:
    """The file stays where it is and gets its rows. It is as old as it says."""
    parsed = _parsed(transaction, name)
    if parsed is None or sweep.named(transaction, name):
        return
    written = int(bodies.body_path(transaction.place, name).stat().st_mtime)
    arrival = Arrival(name, parsed, (), written, 0)
    messages.append(transaction, recovered(transaction).id, [arrival], bypass_quota=True)


def renew_index(account: Account) -> str:
    """Build the index of words anew if a large part of it is stale; what was done.

    Searches that come meanwhile read the texts themselves.
    """
    stale = account.transact("BEGIN", indexing.stale)
    if stale <= STALE:
        return f"{stale:.0%} of the index of words is stale, which does no harm"
    account.transact("BEGIN IMMEDIATE", indexing.forget)
    indexing.all_of(account)
    return f"{stale:.0%} of the index of words was stale: it was built anew"
