"""What a person keeps besides their mail: the name they write under and their time zone."""

from __future__ import annotations

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from webmail.database import Database

MAX_KNOWN = 10_000  # profiles in memory; the one not asked for longest gives way
FRESH = 30.0  # seconds until a change that another process made is seen
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS profile (
        uid TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        zone TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Empty fields are not set: the directory’s name and the browser’s zone count."""

    name: str = ""
    zone: str = ""


class Profiles:
    """The profiles of all people of this host; several processes share the file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens or creates the file; blocks for a moment, so at start only."""
        self._database = Database(path, SCHEMA)
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Profile]] = OrderedDict()

    async def find(self, uid: str) -> Profile:
        """This person’s profile; an empty one if they have set nothing. Raises Unavailable."""
        found = self._known.get(uid)
        if found is not None and self._clock() - found[0] < FRESH:
            self._known.move_to_end(uid)
            return found[1]
        return self._remember(uid, await self._database.read(_find, uid))

    async def keep(self, uid: str, profile: Profile) -> None:
        """Set it. Raises OverQuota, Unavailable."""
        await self._database.write(_keep, uid, profile)
        self._remember(uid, profile)

    async def close(self) -> None:
        await self._database.close()

    def _remember(self, uid: str, profile: Profile) -> Profile:
        self._known[uid] = (self._clock(), profile)
        self._known.move_to_end(uid)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return profile


def _find(connection: sqlite3.Connection, uid: str) -> Profile:
    row = connection.execute("SELECT name, zone FROM profile WHERE uid = ?", (uid,)).fetchone()
    return Profile(*row) if row else Profile()


def _keep(connection: sqlite3.Connection, uid: str, profile: Profile) -> None:
    connection.execute(
        "INSERT INTO profile (uid, name, zone) VALUES (?, ?, ?) "
        "ON CONFLICT (uid) DO UPDATE SET name = excluded.name, zone = excluded.zone",
        (uid, profile.name, profile.zone),
    )
