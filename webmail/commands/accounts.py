"""What the commands of `webmail store` share: the store, and the accounts that are meant."""

from __future__ import annotations

import os
import pwd
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from webmail.config import Config
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
        raise NotFound(f"{user} has no account in the store")
    return place
