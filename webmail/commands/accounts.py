"""What the commands of `webmail store` share: the store, and the accounts that are meant."""

from __future__ import annotations

import argparse
import os
import pwd
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from webmail.commands.parsing import file_of
from webmail.config import Config, load
from webmail.directory.names import BadName, Rules, canonical
from webmail.errors import NotAllowed, NotFound
from webmail.notify.publisher import publisher
from webmail.store import opening
from webmail.store.account import Account, Store
from webmail.store.shares import Shares


@dataclass(frozen=True, slots=True)
class Found:
    """An account as it lies there: nothing was made or swept."""

    account: Account
    partition: str


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store, whose changes the services hear of.

    Raises NotAllowed if what it makes would belong to somebody else than the services.
    """
    _require_owner(Path(config.local.datadir))
    with publisher(config.hintsdir) as hints:
        store = Store(opening.layout(config), publish=hints.publish, limits=lambda: opening.limits(config))
        with closing(store):
            yield store


@asynccontextmanager
async def shares_of(config: Config) -> AsyncIterator[Shares]:
    """The index of who has rights in whose mailboxes."""
    shares = Shares(opening.shares_file(config))
    try:
        yield shares
    finally:
        await shares.close()


def _require_owner(datadir: Path) -> None:
    owner = datadir.stat().st_uid
    if owner != os.geteuid():
        raise NotAllowed(f"{datadir} belongs to {_name(owner)}: run this as {_name(owner)}")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def configured(options: argparse.Namespace) -> Config:
    """The configuration, after which the users in the options are called as their accounts are."""
    config = load(file_of(options))
    if "user" in options:
        options.user = _uid(config, options.user)
    if "users" in options:
        options.users = [_uid(config, user) for user in options.users]
    return config


def _uid(config: Config, name: str) -> str:
    """Whose account is meant: people of the default domain are the same with and without it."""
    try:
        return canonical(name, Rules(config.login.loginseparator, config.login.defaultdomain)).uid
    except BadName:  # nobody signs in so, but there may be such an account
        return name


def chosen(store: Store, users: Sequence[str]) -> Iterator[Found]:
    """The accounts of these people, or all. Raises NotFound."""
    places = list(store.layout.accounts()) if not users else [(user, _place(store, user)) for user in users]
    partitions = {path: name for name, path in store.layout.partitions.items()}
    for uid, place in places:
        yield Found(Account(uid, place, store), partitions[place.parents[1]])


def existing(store: Store, user: str) -> Account:
    """Raises NotFound."""
    return Account(user, _place(store, user), store)


def _place(store: Store, user: str) -> Path:
    place = store.layout.find(user)
    if place is None:
        raise NotFound(f"{user} has no account in the store{_lost(store, user)}")
    return place


def _lost(store: Store, user: str) -> str:
    remains = store.layout.remains(user)
    return f", but there is {remains}: webmail store repair {user} makes a new database" if remains else ""
