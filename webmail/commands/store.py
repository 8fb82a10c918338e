"""`webmail store list|quota|expire|backup|delete|move`: accounts and what they hold."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from webmail.commands import keeping, transfer
from webmail.commands.accounts import chosen, configured, existing, opened, shares_of
from webmail.commands.parsing import Commands, add_command, add_group
from webmail.config import Config
from webmail.config.errors import BadValue
from webmail.config.kinds import QUOTA
from webmail.errors import BadRequest, MailError, NotFound, Unavailable
from webmail.store import expiry, mailboxes, moving, quota
from webmail.store.account import Account
from webmail.store.backup import back_up
from webmail.store.expiry import Expiry
from webmail.store.mailboxes import Mailbox
from webmail.store.transaction import UNLIMITED

NONE, DEFAULT = "none", "default"


def add(commands: Commands) -> None:
    group = add_group(commands, "store", "the messages of everybody")
    add_command(group, "list", _list, "list accounts: messages, bytes, their limits, partition")
    limits = add_command(group, "quota", _quota, "tell what an account may hold, or set it")
    limits.add_argument("user")
    for option, text in (
        ("--bytes", "a number, also with K, M, G or T behind it"),
        ("--messages", "a number"),
    ):
        limits.add_argument(option, metavar="N", help=f"{text}; or {NONE}, or {DEFAULT}")
    _add_expire(group)
    copy = add_command(group, "backup", _backup, "copy accounts into a directory while they are in use")
    copy.add_argument("directory", type=Path)
    copy.add_argument("users", nargs="*", metavar="USER")
    gone = add_command(group, "delete", _delete, "remove an account with all its messages")
    gone.add_argument("user")
    gone.add_argument("--yes", action="store_true", help="do not ask")
    moved = add_command(group, "move", _move, "move an account to another partition")
    moved.add_argument("user")
    moved.add_argument("partition")
    keeping.add(group)
    transfer.add(group)


def _add_expire(group: Commands) -> None:
    command = add_command(
        group,
        "expire",
        _expire,
        f"remove old messages: of --mailbox, or as the annotation {expiry.ENTRY} of each mailbox says",
    )
    command.add_argument("users", nargs="*", metavar="USER")
    command.add_argument("--mailbox", metavar="NAME")
    command.add_argument("--days", type=int, metavar="N", help="since they came into the mailbox")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--seen", action="store_true", help="only those that were read")
    which.add_argument("--all", action="store_true", help="read or not, which is the default")
    command.add_argument("--dry-run", action="store_true", help="only tell how many")


def _list(options: argparse.Namespace) -> int:
    status = 0
    with opened(configured(options)) as store:
        for found in chosen(store, ()):
            try:
                used = found.account.transact("BEGIN", quota.usage)
            except Unavailable as error:
                print(f"webmail: {found.account.uid}: {error}", file=sys.stderr)
                status = 1
                continue
            limits = _limit(used.bytes_limit), _limit(used.messages_limit)
            print(found.account.uid, used.messages, used.bytes, *limits, found.partition, sep="\t")
    return status


def _limit(number: int) -> str:
    return NONE if number == UNLIMITED else str(number)


def _quota(options: argparse.Namespace) -> int:
    with opened(configured(options)) as store:
        account = existing(store, options.user)
        if options.bytes or options.messages:
            size, messages = account.transact("BEGIN", quota.own_limits)
            size = _asked(options.bytes) if options.bytes else size
            messages = _asked(options.messages) if options.messages else messages
            set_limits = partial(quota.set_limits, size=size, messages=messages)
            account.transact("BEGIN IMMEDIATE", set_limits)
        used = account.transact("BEGIN", quota.usage)
    print(f"bytes\t{used.bytes}\tof {_limit(used.bytes_limit)}")
    print(f"messages\t{used.messages}\tof {_limit(used.messages_limit)}")
    return 0


def _asked(text: str) -> int | None:
    """Raises BadRequest."""
    words = {DEFAULT: None, NONE: UNLIMITED}
    try:
        number = words[text] if text in words else QUOTA.read(text)
    except BadValue as error:
        raise BadRequest(f"{text}: {error}") from error
    if number is not None and number < UNLIMITED:
        raise BadRequest(f"{text}: must not be negative")
    return number


def _expire(options: argparse.Namespace) -> int:
    if (options.mailbox is None) != (options.days is None):
        raise BadRequest("--mailbox and --days belong together")
    status = 0
    with opened(configured(options)) as store:
        for found in chosen(store, options.users):
            try:
                for mailbox, value in _rules(found.account, options):
                    status |= _apply(found.account, mailbox, value, dry_run=options.dry_run)
            except NotFound as error:
                print(f"webmail: {found.account.uid}: {error}", file=sys.stderr)
                status = 1
    return status


def _rules(account: Account, options: argparse.Namespace) -> Iterator[tuple[Mailbox, Expiry | bytes]]:
    """Raises NotFound if somebody who is named has no such mailbox. What annotations say is to be read."""
    if options.mailbox is None:
        yield from account.transact("BEGIN", expiry.rules)
        return
    rule = Expiry(options.days, options.seen)
    with suppress(*() if options.users else (NotFound,)):
        yield account.transact("BEGIN", partial(mailboxes.get, name=options.mailbox)), rule


def _apply(account: Account, mailbox: Mailbox, said: Expiry | bytes, *, dry_run: bool) -> int:
    """1 for an annotation that is no rule: anybody may have written it, so the others count nevertheless."""
    try:
        rule = expiry.rule(said) if isinstance(said, bytes) else said
    except BadRequest as error:
        print(f"webmail: {account.uid}: {mailbox.name}: {error}", file=sys.stderr)
        return 1
    if dry_run:
        due = partial(expiry.due, mailbox=mailbox.id, expiry=rule, now=time.time())
        print(f"{account.uid}: {mailbox.name}: {len(account.transact('BEGIN', due))} messages would go")
    else:
        print(f"{account.uid}: {mailbox.name}: {expiry.expire(account, mailbox, rule)} messages removed")
    return 0


def _backup(options: argparse.Namespace) -> int:
    status = 0
    with opened(configured(options)) as store:
        for found in chosen(store, options.users):
            try:
                status |= _back_up_one(found.account, options.directory)
            except MailError as error:
                print(f"webmail: {found.account.uid}: {error}", file=sys.stderr)
                status = 1
    return status


def _back_up_one(account: Account, directory: Path) -> int:
    """The exit status: 1 if something was lost before."""
    done = back_up(account, directory / account.place.parent.name / account.place.name)
    print(f"{account.uid}: {done.bodies} messages, {done.new} of them new in this backup")
    for name in done.lost:
        print(f"webmail: {account.uid}: body {name} is lost: see webmail store check", file=sys.stderr)
    return int(bool(done.lost))


def _delete(options: argparse.Namespace) -> int:
    config = configured(options)
    with opened(config) as store:
        account = existing(store, options.user)
        if not options.yes:
            _require_consent(account)
            store.close()  # nobody may have it open, we neither
        moving.remove(account.place)
    asyncio.run(_forget_shares(config, options.user))
    print(f"{options.user}: removed")
    return 0


def _require_consent(account: Account) -> None:
    used = account.transact("BEGIN", quota.usage)
    if not sys.stdin.isatty():
        raise BadRequest("say --yes to remove an account without being asked; nothing was changed")
    answer = input(f"Remove {account.uid} with {used.messages} messages? Type the name again: ")
    if answer.strip() != account.uid:
        raise BadRequest("this is not the name; nothing was changed")


async def _forget_shares(config: Config, owner: str) -> None:
    async with shares_of(config) as shares:
        await shares.record(owner, ())


def _move(options: argparse.Namespace) -> int:
    with opened(configured(options)) as store:
        account = existing(store, options.user)
        place = moving.move(store.layout, account.uid, account.place, options.partition)
    print(f"{account.uid}: now in {place}")
    return 0
