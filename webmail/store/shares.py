"""Who lets whom into their mailboxes: an index over all accounts, which says no more than where to look."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from webmail.database import Database

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS share (
    identifier TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (identifier, owner)
) STRICT, WITHOUT ROWID
""",
)
MAX_OWNERS = 1000  # whose mailboxes are listed for one person


class Shares:
    """The lists of rights in the accounts are the truth; this is written after them and may lag behind."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA)

    async def owners(self, identifiers: Iterable[str]) -> list[str]:
        """Whose mailboxes may hold something for one of these."""
        return await self._database.read(_owners, tuple(identifiers))

    async def record(self, owner: str, identifiers: Iterable[str]) -> None:
        """Everybody to whom this owner has given rights, in place of what was known."""
        await self._database.write(_record, owner, frozenset(identifiers))

    async def identifiers(self, owner: str) -> set[str]:
        """To whom this owner has given rights, as far as is known here."""
        return await self._database.read(_identifiers, owner)

    async def all_owners(self) -> set[str]:
        """Everybody who has given rights to anybody."""
        return await self._database.read(_all_owners)

    async def close(self) -> None:
        await self._database.close()


def _owners(connection: sqlite3.Connection, identifiers: tuple[str, ...]) -> list[str]:
    marks = ", ".join("?" * len(identifiers))
    query = (
        f"SELECT DISTINCT owner FROM share WHERE identifier IN ({marks}) ORDER BY owner LIMIT {MAX_OWNERS}"
    )
    return [owner for (owner,) in connection.execute(query, identifiers)]


def _identifiers(connection: sqlite3.Connection, owner: str) -> set[str]:
    rows = connection.execute("SELECT identifier FROM share WHERE owner = ?", (owner,))
    return {identifier for (identifier,) in rows}


def _all_owners(connection: sqlite3.Connection) -> set[str]:
    return {owner for (owner,) in connection.execute("SELECT DISTINCT owner FROM share")}


def _record(connection: sqlite3.Connection, owner: str, identifiers: frozenset[str]) -> None:
    connection.execute("DELETE FROM share WHERE owner = ?", (owner,))
    connection.executemany(
        "INSERT INTO share VALUES (?, ?)", [(identifier, owner) for identifier in identifiers]
    )
