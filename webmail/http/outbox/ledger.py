"""The outbox's ledger in SQLite: one row per message, one transaction per change."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from webmail.database import Database
from webmail.directory import User
from webmail.errors import Busy
from webmail.http.outbox.entry import Entry, State, Submission, Trouble
from webmail.i18n import N_

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY,
    uid TEXT NOT NULL, compose TEXT NOT NULL,
    submission TEXT NOT NULL,  -- JSON, never changed
    size INTEGER NOT NULL,
    created REAL NOT NULL,
    state TEXT NOT NULL,
    words TEXT NOT NULL, trouble TEXT,  -- JSON: a msgid and its values
    tries INTEGER NOT NULL, due REAL NOT NULL, changed REAL NOT NULL,
    filed INTEGER NOT NULL, unsure INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
    # What came back may be handed in again.
    """
CREATE UNIQUE INDEX IF NOT EXISTS once ON entries (uid, compose)
WHERE state NOT IN ('failed', 'returned')
""",
    "CREATE INDEX IF NOT EXISTS by_due ON entries (due) WHERE state NOT IN ('done', 'returned')",
    "CREATE INDEX IF NOT EXISTS by_person ON entries (uid, created)",
)
_FIND = "SELECT * FROM entries WHERE id = ?"
_FIND_COMPOSE = "SELECT * FROM entries WHERE uid = ? AND compose = ? AND state NOT IN ('failed', 'returned')"
_ACTIVE = "SELECT count(*) FROM entries WHERE uid = ? AND state NOT IN ('done', 'returned')"
_OF_PERSON = """
SELECT * FROM entries WHERE uid = ? AND NOT (state = 'done' AND filed) ORDER BY created DESC LIMIT ?
"""
_DUE = """
SELECT due, id, state, json_extract(submission, '$.user') FROM entries
WHERE due <= ? AND (due, id) > (?, ?) AND state NOT IN ('done', 'returned') ORDER BY due, id LIMIT ?
"""
_NEXT_DUE = "SELECT min(due) FROM entries WHERE due > ? AND state NOT IN ('done', 'returned')"

_INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STORE = """
UPDATE entries SET state = ?, words = ?, trouble = ?, tries = ?, due = ?, changed = ?, filed = ?, unsure = ?
WHERE id = ? AND state = ?
"""
_HURRY = (
    "UPDATE entries SET due = ? WHERE uid = ? AND (id = ? OR ? = '') AND state NOT IN ('done', 'returned')"
)
_PURGE = "DELETE FROM entries WHERE state IN ('done', 'returned') AND changed < ?"

_TOO_MANY = N_("Too many of your messages are waiting to be sent. Please look at the outbox first.")
MAX_LISTED = 500
MAX_ACTIVE = 200  # messages of one person that are not over yet: no script fills the disk


class Due(NamedTuple):
    """As much of an entry as tells whether this process can go on with it now."""

    due: float
    id: str
    state: State
    user: User


class Ledger:
    """Reads and changes entries, and wakes who waits for news of one in this process."""

    def __init__(self, path: Path, path_of: Callable[[str], Path]) -> None:
        self._database = Database(path, SCHEMA)
        self._path_of = path_of
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def add(self, entry: Entry) -> Entry:
        """Note a new entry; if this message is in the ledger already, that entry. Raises Busy."""
        row = await self._database.write(_add, entry)
        return self._entry(row)

    async def store(self, entry: Entry, before: State) -> bool:
        """Note a change; False, and nothing noted, if the entry is not in state `before` any more."""
        stored = await self._database.write(_store, entry, before)
        for event in self._waiting.get(entry.id, ()):
            event.set()
        return stored

    async def find(self, entry_id: str) -> Entry | None:
        row = await self._database.read(_one, _FIND, (entry_id,))
        return self._entry(row) if row else None

    async def find_compose(self, uid: str, compose: str) -> Entry | None:
        """The entry of this message unless it came back."""
        row = await self._database.read(_one, _FIND_COMPOSE, (uid, compose))
        return self._entry(row) if row else None

    async def of_person(self, uid: str) -> tuple[Entry, ...]:
        """All but what is sent and filed, the newest first, at most MAX_LISTED."""
        rows = await self._database.read(_all, _OF_PERSON, (uid, MAX_LISTED))
        return tuple(self._entry(row) for row in rows)

    async def due(self, now: float, limit: int, last: Due | None = None) -> list[Due]:
        """What is due, longest first; after `last` of the page before."""
        after = (last.due, last.id) if last else (float("-inf"), "")
        return await self._database.read(_due, (now, *after, limit))

    async def next_due(self, now: float) -> float | None:
        """When the first entry that is not due yet will be."""
        first: list[float | None] = await self._database.read(_column, _NEXT_DUE, (now,))
        return first[0]

    async def hurry(self, now: float, uid: str, entry_id: str = "") -> None:
        """Make one entry of a person's, or all, due at once."""
        await self._database.write(_execute, _HURRY, (now, uid, entry_id, entry_id))

    async def purge(self, before: float) -> None:
        """Forget what has been over since before then."""
        await self._database.write(_execute, _PURGE, (before,))

    async def news(self, entry_id: str, seconds: float) -> None:
        """Wait until this process notes a change of the entry, at most so long."""
        event = asyncio.Event()
        self._waiting.setdefault(entry_id, set()).add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting[entry_id].discard(event)
            if not self._waiting[entry_id]:
                del self._waiting[entry_id]

    async def close(self) -> None:
        await self._database.close()

    def _entry(self, row: _Row) -> Entry:
        return Entry(
            id=row.id,
            submission=Submission.from_json(row.submission),
            size=row.size,
            path=self._path_of(row.id),
            created=row.created,
            state=State(row.state),
            words=row.words,
            trouble=Trouble.from_json(row.trouble) if row.trouble else None,
            tries=row.tries,
            due=row.due,
            changed=row.changed,
            filed=bool(row.filed),
            unsure=bool(row.unsure),
        )


class _Row(NamedTuple):
    id: str
    uid: str
    compose: str
    submission: str
    size: int
    created: float
    state: str
    words: str
    trouble: str | None
    tries: int
    due: float
    changed: float
    filed: int
    unsure: int


def _add(connection: sqlite3.Connection, entry: Entry) -> _Row:
    uid, compose = entry.user.uid, entry.submission.compose
    known = _one(connection, _FIND_COMPOSE, (uid, compose))
    if known is not None:
        return known
    if _column(connection, _ACTIVE, (uid,))[0] >= MAX_ACTIVE:
        raise Busy(_TOO_MANY)
    facts = (entry.id, uid, compose, entry.submission.to_json(), entry.size, entry.created)
    connection.execute(_INSERT, facts + _changing(entry))
    row = _one(connection, _FIND, (entry.id,))
    assert row is not None  # noqa: S101
    return row


def _store(connection: sqlite3.Connection, entry: Entry, before: State) -> bool:
    return connection.execute(_STORE, (*_changing(entry), entry.id, before)).rowcount == 1


def _changing(entry: Entry) -> tuple[str | float | None, ...]:
    return (
        entry.state,
        entry.words,
        entry.trouble.to_json() if entry.trouble else None,
        entry.tries,
        entry.due,
        entry.changed,
        int(entry.filed),
        int(entry.unsure),
    )


def _one(connection: sqlite3.Connection, query: str, values: tuple[object, ...]) -> _Row | None:
    row = connection.execute(query, values).fetchone()
    return _Row(*row) if row else None


def _all(connection: sqlite3.Connection, query: str, values: tuple[object, ...]) -> list[_Row]:
    return [_Row(*row) for row in connection.execute(query, values)]


def _due(connection: sqlite3.Connection, values: tuple[object, ...]) -> list[Due]:
    return [
        Due(due, entry_id, State(state), User(**json.loads(user)))
        for due, entry_id, state, user in connection.execute(_DUE, values)
    ]


def _column(connection: sqlite3.Connection, query: str, values: tuple[object, ...]) -> list[Any]:
    return [value for (value,) in connection.execute(query, values)]


def _execute(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    connection.execute(statement, values)
