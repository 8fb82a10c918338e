"""Accounts removed, or moved to another partition, while nobody has them open.

Who has a database open holds a lock on it for as long: so a process that serves the account, even one that
does nothing with it just now, makes these refuse with Busy. Who comes while we are at it waits for our lock
and then finds a database of a release that will never be.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from webmail.database import connection_to, in_our_words
from webmail.disk import sync_directory
from webmail.errors import AlreadyExists, BadRequest, Busy
from webmail.store import backup, layout
from webmail.store.layout import DATABASE, Layout

GONE = 2**31 - 1  # PRAGMA user_version of a database that nobody may work with any more


def remove(place: Path) -> None:
    """Remove an account with all its messages. Raises Busy, OSError."""
    with _alone(place) as connection:
        _retire(connection, place)


def move(places: Layout, uid: str, place: Path, partition: str) -> Path:
    """Move an account to a partition; where it is now. Raises AlreadyExists, BadRequest, Busy, OSError.

    It is whole there before it goes here. A crash in between leaves both: `check` tells.
    """
    if partition not in places.partitions:
        raise BadRequest(f"{partition}: no such partition; there are {', '.join(places.partitions)}")
    target = places.within(partition, uid)
    if target.exists():
        raise AlreadyExists(f"{uid} is in partition {partition} already: {target}")
    with _alone(place) as connection:
        try:
            _copy(connection, place, target)
        except BaseException:
            _unlock(connection)
            raise
        _retire(connection, place)
    return target


@contextmanager
def _alone(place: Path) -> Iterator[sqlite3.Connection]:
    """The database for ourselves only, without a log. Raises Busy."""
    path = place / DATABASE
    try:
        with closing(connection_to(path)) as connection:
            _lock(connection)
            yield connection
    except sqlite3.Error as error:
        found = in_our_words(error, path)
        if isinstance(found, Busy):
            raise Busy(
                "The account is in use: stop the services that serve it first.", detail=str(path)
            ) from error
        raise found from error


def _lock(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = DELETE")  # refused while anybody else has it open
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.Error:  # somebody came in between
        _unlock(connection)
        raise


def _unlock(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA locking_mode = NORMAL")
    connection.execute("PRAGMA journal_mode = WAL")


def _copy(connection: sqlite3.Connection, place: Path, target: Path) -> None:
    coming = layout.aside(target)
    try:
        layout.make(coming)
        names = backup.copy_database(connection, coming / DATABASE)
        backup.link(place, coming, names)
        backup.sync_bodies(coming, names)
        sync_directory(coming)
        coming.rename(target)
        sync_directory(target.parent)
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        raise


def _retire(connection: sqlite3.Connection, place: Path) -> None:
    connection.execute(f"PRAGMA user_version = {GONE:d}")
    going = layout.aside(place)
    place.rename(going)
    sync_directory(place.parent)
    shutil.rmtree(going)
