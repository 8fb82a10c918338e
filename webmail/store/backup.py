"""A consistent copy of an account while it is in use.

The database is copied first, in one piece as of one moment; then the bodies that it names are linked, or
copied if the backup is on another file system. Bodies never change, but one may be expunged in between: then
the database is copied once more, and only what has come since is left to link. A later backup into the same
place links what is new and removes what is gone.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from webmail.database import PRIVATE_DIRECTORY, PRIVATE_FILE, connection_to, in_our_words
from webmail.disk import sync_directory
from webmail.errors import Unavailable
from webmail.i18n import N_
from webmail.store import bodies, layout
from webmail.store.account import Account
from webmail.store.layout import BODIES, DATABASE
from webmail.store.sweep import named

TRIES = 5  # copies of the database; after the first there is next to nothing left to link
NEW = ".new"  # behind the name of a file that is not whole yet


@dataclass(frozen=True, slots=True)
class Backup:
    """How many bodies it holds, how many of them are new in it, and which were lost before."""

    bodies: int
    new: int
    lost: tuple[str, ...]


def back_up(account: Account, place: Path) -> Backup:
    """Make `place` an account's directory that could serve in place of this one. Raises OSError, Unavailable.

    Whenever it stops, `place` holds what it held before or what it was to hold.
    """
    layout.make(place)
    database = place / (DATABASE + NEW)
    new = 0
    for _ in range(TRIES):
        names = _copied_database(account.place / DATABASE, database)
        new += link(account.place, place, names)
        missing = [name for name in names if not bodies.body_path(place, name).exists()]
        lost = [name for name in missing if account.transact("BEGIN", partial(named, file=name))]
        if missing == lost:  # else the rows have gone with their bodies: the next copy knows
            break
    sync_bodies(place, names)
    database.rename(place / DATABASE)
    sync_directory(place)
    _remove_others(place, names)
    return Backup(len(names) - len(lost), new, tuple(lost))


def _copied_database(source: Path, target: Path) -> set[str]:
    try:
        with closing(connection_to(source)) as connection:
            return copy_database(connection, target)
    except sqlite3.Error as error:
        raise in_our_words(error, source) from error


def copy_database(connection: sqlite3.Connection, target: Path) -> set[str]:
    """The database as it is at this moment, on the disk in one file; the bodies that it names.

    Raises Unavailable if it is damaged: a backup that is good is not replaced by one that is not.
    """
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))
    with closing(connection_to(target)) as copy:
        connection.backup(copy)
        _require_sound(copy, target)
        copy.execute("PRAGMA journal_mode = DELETE")  # without a log beside it
        copy.execute("DELETE FROM orphan")  # their files do not come along
        names = {name for (name,) in copy.execute("SELECT file FROM body")}
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return names


def _require_sound(copy: sqlite3.Connection, target: Path) -> None:
    # Pages are copied as they are. Told as SQLite itself tells it where it comes upon such a page.
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        target.unlink()
        raise Unavailable(
            N_("The server cannot use its own files just now."),
            detail="the database is damaged: see webmail store check",
        )


def link(source: Path, target: Path, names: Iterable[str]) -> int:
    """Take over the bodies that are not there yet, as far as they exist; how many."""
    return sum(_linked(source, target, name) for name in sorted(names))


def _linked(source: Path, target: Path, name: str) -> bool:
    body = bodies.body_path(target, name)
    if body.exists():
        return False
    body.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    try:
        os.link(bodies.body_path(source, name), body)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        return _copied(bodies.body_path(source, name), body)
    return True


def _copied(source: Path, target: Path) -> bool:
    part = target.with_name(target.name + NEW)
    try:
        shutil.copy2(source, part)
    except FileNotFoundError:
        return False
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(target)
    return True


def sync_bodies(place: Path, names: Iterable[str]) -> None:
    for directory in {bodies.body_directory(place, name) for name in names}:
        if directory.is_dir():
            sync_directory(directory)
    sync_directory(place / BODIES)


def _remove_others(place: Path, names: set[str]) -> None:
    """Bodies of earlier backups, and what an interrupted one left."""
    for file in (place / BODIES).glob("*/*"):
        if file.name not in names:
            file.unlink()
