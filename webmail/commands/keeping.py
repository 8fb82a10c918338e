"""`webmail store check|repair`: whether accounts are as they should be."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from webmail.commands.accounts import chosen, configured, opened, shares_of
from webmail.commands.parsing import Commands, add_command
from webmail.config import Config
from webmail.errors import MailError, Unavailable
from webmail.store import acl, mailboxes
from webmail.store.account import Account, Store
from webmail.store.check import faults
from webmail.store.repair import renew_index, repair


def add(group: Commands) -> None:
    check = add_command(
        group, "check", _check, "tell what is wrong with accounts; works while they are in use"
    )
    mend = add_command(
        group, "repair", _repair, "put right what check finds; no message that is there gets lost"
    )
    mend.add_argument("--index", action="store_true", help="build a stale index of words anew")
    mend.add_argument(
        "--restored",
        action="store_true",
        help="a backup was put back: give mailboxes a new UIDVALIDITY, so that mail programs read them anew",
    )
    for command, text in (
        (check, "compare it with what is stored"),
        (mend, "store it anew where it differs"),
    ):
        command.add_argument("users", nargs="*", metavar="USER")
        command.add_argument(
            "--bodies", action="store_true", help=f"also parse each message again and {text}"
        )


def _check(options: argparse.Namespace) -> int:
    config = configured(options)
    with opened(config) as store:
        return _told(_faults(config, store, options.users, parse_again=options.bodies))


def _told(faults_found: Iterator[str]) -> int:
    status = 0
    for fault in faults_found:
        print(fault, flush=True)
        status = 1
    return status


def _faults(config: Config, store: Store, users: Sequence[str], *, parse_again: bool) -> Iterator[str]:
    known = asyncio.run(_known_shares(config))
    for found in chosen(store, users):
        account = found.account
        yield from (f"{account.uid}: {fault}" for fault in faults(account, parse_again=parse_again))
        if _differing(account, known) is not None:
            yield f"{account.uid}: the index of shared mailboxes does not know who has rights here"
    if not users:
        yield from _strange(store)
        yield from (f"{owner}: has no account, but shares" for owner in sorted(_gone(store, known)))


def _strange(store: Store) -> Iterator[str]:
    for uid, place in store.layout.without_database():
        yield f"{uid}: has messages and no database in {place}: webmail store repair {uid} brings them back"
    for path in store.layout.left_aside():
        yield f"{path} was left by an interrupted delete or move"
    for uid, times in Counter(uid for uid, _ in store.layout.accounts()).items():
        if times > 1:
            yield f"{uid}: is in {times} partitions; only {store.layout.find(uid)} is used"


def _repair(options: argparse.Namespace) -> int:
    config = configured(options)
    status = 0
    with opened(config) as store:
        _make_lost_databases(store, options.users)
        known = asyncio.run(_known_shares(config))
        for found in chosen(store, options.users):
            status |= _repair_one(config, found.account, known, options)
        if not options.users:
            _remove_strange(store)
            asyncio.run(_record_shares(config, {owner: set() for owner in _gone(store, known)}))
    return status


def _remove_strange(store: Store) -> None:
    for path in store.layout.left_aside():
        shutil.rmtree(path)
        print(f"{path} removed")


def _make_lost_databases(store: Store, users: Sequence[str]) -> None:
    """Whose directory has bodies and no database gets a new one, into which they can come."""
    for user in users:
        remains = store.layout.remains(user)
        if store.layout.find(user) is None and remains is not None:
            store.opened_at(user, remains)
            print(f"{user}: made a new database")


def _repair_one(
    config: Config, account: Account, known: Mapping[str, set[str]], options: argparse.Namespace
) -> int:
    """The exit status: 1 if something is still wrong."""
    try:
        for done in repair(account, parse_again=options.bodies):
            print(f"{account.uid}: {done}", flush=True)
        if options.index:
            print(f"{account.uid}: {renew_index(account)}")
        if options.restored:
            renewed = account.transact("BEGIN IMMEDIATE", mailboxes.renew_uidvalidity)
            print(f"{account.uid}: gave {renewed} mailboxes a new UIDVALIDITY")
        given = _differing(account, known)
        if given is not None:
            asyncio.run(_record_shares(config, {account.uid: given}))
            print(f"{account.uid}: the index of shared mailboxes was written anew")
    except MailError as error:
        print(f"webmail: {account.uid}: {error}", file=sys.stderr)
        return 1
    return _told(f"{account.uid}: {fault}" for fault in faults(account))


def _differing(account: Account, known: Mapping[str, set[str]]) -> set[str] | None:
    """To whom the account gives rights, if that is not what is known; None also if it cannot be read."""
    with suppress(Unavailable):
        given = account.transact("BEGIN", acl.identifiers)
        return None if given == known.get(account.uid, set()) else given
    return None


def _gone(store: Store, known: Mapping[str, set[str]]) -> set[str]:
    """Owners who have no account any more."""
    return known.keys() - {uid for uid, _ in store.layout.accounts()}


async def _known_shares(config: Config) -> dict[str, set[str]]:
    async with shares_of(config) as shares:
        return await shares.everything()


async def _record_shares(config: Config, given: Mapping[str, set[str]]) -> None:
    async with shares_of(config) as shares:
        for owner, identifiers in given.items():
            await shares.record(owner, identifiers)
