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
    "CREATE INDEX IF NOT EXISTS share_owner ON share (owner)",
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

    async def everything(self) -> dict[str, set[str]]:
        """All owners, and to whom each has given rights."""
        return await self._database.read(_everything)

    async def close(self) -> None:
        await self._database.close()


def _owners(connection: sqlite3.Connection, identifiers: tuple[str, ...]) -> list[str]:
    marks = ", ".join("?" * len(identifiers))
    query = (
        f"SELECT DISTINCT owner FROM share WHERE identifier IN ({marks}) ORDER BY owner LIMIT {MAX_OWNERS}"
    )
    return [owner for (owner,) in connection.execute(query, identifiers)]


def _everything(connection: sqlite3.Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for owner, identifier in connection.execute("SELECT owner, identifier FROM share"):
        found.setdefault(owner, set()).add(identifier)
    return found


def _record(connection: sqlite3.Connection, owner: str, identifiers: frozenset[str]) -> None:
    """Only what is different is written: all accounts wait for each other here."""
    rows = connection.execute("SELECT identifier FROM share WHERE owner = ?", (owner,))
    known = {identifier for (identifier,) in rows}
    connection.executemany(
        "DELETE FROM share WHERE identifier = ? AND owner = ?",
        [(gone, owner) for gone in known - identifiers],
    )
    connection.executemany("INSERT INTO share VALUES (?, ?)", [(new, owner) for new in identifiers - known])
