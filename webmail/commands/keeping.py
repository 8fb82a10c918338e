"""`webmail store check|repair`: whether accounts are as they should be."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from webmail.commands.accounts import chosen, opened
from webmail.commands.parsing import Commands, add_command, file_of
from webmail.config import Config, load
from webmail.errors import MailError
from webmail.store import acl, opening
from webmail.store.account import Account, Store
from webmail.store.check import faults
from webmail.store.repair import renew_index, repair
from webmail.store.shares import Shares


def add(group: Commands) -> None:
    check = add_command(
        group, "check", _check, "tell what is wrong with accounts; works while they are in use"
    )
    mend = add_command(
        group, "repair", _repair, "put right what check finds; no message that is there gets lost"
    )
    mend.add_argument("--index", action="store_true", help="build a stale index of words anew")
    for command, text in (
        (check, "compare it with what is stored"),
        (mend, "store it anew where it differs"),
    ):
        command.add_argument("users", nargs="*", metavar="USER")
        command.add_argument(
            "--bodies", action="store_true", help=f"also parse each message again and {text}"
        )


def _check(options: argparse.Namespace) -> int:
    config = load(file_of(options))
    with opened(config) as store:
        return _told(_faults(config, store, options.users, parse_again=options.bodies))


def _told(faults_found: Iterator[str]) -> int:
    status = 0
    for fault in faults_found:
        print(fault, flush=True)
        status = 1
    return status


def _faults(config: Config, store: Store, users: Sequence[str], *, parse_again: bool) -> Iterator[str]:
    for found in chosen(store, users):
        account = found.account
        yield from (f"{account.uid}: {fault}" for fault in faults(account, parse_again=parse_again))
        if asyncio.run(_differing_shares(config, account)) is not None:
            yield f"{account.uid}: the index of shared mailboxes does not know who has rights here"
    if not users:
        yield from _strange(store)


def _strange(store: Store) -> Iterator[str]:
    for path in store.layout.left_aside():
        yield f"{path} was left by an interrupted delete or move"
    for uid, times in Counter(uid for uid, _ in store.layout.accounts()).items():
        if times > 1:
            yield f"{uid}: is in {times} partitions; only {store.layout.find(uid)} is used"


def _repair(options: argparse.Namespace) -> int:
    config = load(file_of(options))
    status = 0
    with opened(config) as store:
        _make_lost_databases(store, options.users)
        for found in chosen(store, options.users):
            status |= _repair_one(config, found.account, options)
        if not options.users:
            for path in store.layout.left_aside():
                shutil.rmtree(path)
                print(f"{path} removed")
    return status


def _make_lost_databases(store: Store, users: Sequence[str]) -> None:
    """Whose directory has bodies and no database gets a new one, into which they can come."""
    for user in users:
        remains = store.layout.remains(user)
        if store.layout.find(user) is None and remains is not None:
            store.opened_at(user, remains)
            print(f"{user}: made a new database")


def _repair_one(config: Config, account: Account, options: argparse.Namespace) -> int:
    """The exit status: 1 if something is still wrong."""
    try:
        for done in repair(account, parse_again=options.bodies):
            print(f"{account.uid}: {done}", flush=True)
        if options.index:
            print(f"{account.uid}: {renew_index(account)}")
        identifiers = asyncio.run(_differing_shares(config, account))
        if identifiers is not None:
            asyncio.run(_record_shares(config, account, identifiers))
            print(f"{account.uid}: the index of shared mailboxes was written anew")
    except MailError as error:
        print(f"webmail: {account.uid}: {error}", file=sys.stderr)
        return 1
    return _told(f"{account.uid}: {fault}" for fault in faults(account))


async def _differing_shares(config: Config, account: Account) -> set[str] | None:
    """To whom the account gives rights, if the index of shares says something else."""
    async with _shares(opening.shares_file(config)) as shares:
        known = await shares.identifiers(account.uid)
    given = account.transact("BEGIN", acl.identifiers)
    return None if given == known else given


async def _record_shares(config: Config, account: Account, identifiers: set[str]) -> None:
    async with _shares(opening.shares_file(config)) as shares:
        await shares.record(account.uid, identifiers)


@asynccontextmanager
async def _shares(file: Path) -> AsyncIterator[Shares]:
    shares = Shares(file)
    try:
        yield shares
    finally:
        await shares.close()
