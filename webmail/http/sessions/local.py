"""Signed-in browsers in an SQLite file that all processes of one host share."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from webmail.database import Database
from webmail.directory import User
from webmail.http.sessions import vault
from webmail.http.sessions.cookie import Cookies
from webmail.http.sessions.session import KEY_DIGITS, PERSON_DIGITS, Session, person_digits

SEEN_STEP = 60.0  # seconds: `used` is written at most so often, for the disk's sake
SEEN_PART = 10  # … or in this part of the idle timeout, where that is shorter
MAX_PER_PERSON = 50  # browsers of one person; the one idle for longest is signed out
SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS sessions (
    hash BLOB PRIMARY KEY,     -- SHA-256 of the id in the cookie; who reads this file cannot sign in
    key TEXT NOT NULL,
    uid TEXT NOT NULL, login TEXT NOT NULL, host TEXT NOT NULL, mail TEXT NOT NULL, name TEXT NOT NULL,
    address TEXT NOT NULL, zone TEXT NOT NULL, csrf TEXT NOT NULL,
    started REAL NOT NULL, used REAL NOT NULL,
    secure INTEGER NOT NULL,
    sealed BLOB                -- the password under a key made from the id
) STRICT, WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS sessions_by_uid ON sessions (uid, used)",
    "CREATE INDEX IF NOT EXISTS sessions_by_used ON sessions (used)",
)
_INSERT = """
INSERT INTO sessions
(hash, key, uid, login, host, mail, name, address, zone, csrf, started, used, secure, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT key, uid, login, host, mail, name, address, zone, csrf, started, used, secure, sealed
FROM sessions WHERE hash = ?
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long and from where a session is good; service.http.* names, seconds."""

    sessiontimeout: float = 7200
    sessionlifetime: float = 7 * 86400
    ipsecurity: bool = True


class _Row(NamedTuple):
    key: str
    uid: str
    login: str
    host: str
    mail: str
    name: str
    address: str
    zone: str
    csrf: str
    started: float
    used: float
    secure: int
    sealed: bytes | None


class Sessions:
    """Starts, finds and ends sessions; what one process ends is gone for all at once."""

    def __init__(
        self, path: Path, secret_key: bytes, terms: Terms, clock: Callable[[], float] = time.time
    ) -> None:
        self._cookies = Cookies(secret_key)
        self._terms = terms
        self._clock = clock
        self._step = min(SEEN_STEP, terms.sessiontimeout / SEEN_PART)
        self._database = Database(path, SCHEMA)

    async def start(
        self, user: User, address: str, zone: str, password: str | None = None, *, secure: bool
    ) -> tuple[Session, str]:
        """A new session and the value for its cookie."""
        session_id, cookie_value = self._cookies.new(secure=secure)
        now = self._clock()
        session = Session(
            key=_key(user.uid, session_id),
            user=user,
            address=address,
            zone=zone,
            csrf=secrets.token_urlsafe(24),
            started=now,
            used=now,
            secure=secure,
        )
        sealed = None if password is None else vault.seal(session_id, password)
        await self._database.write(_insert, _hash(session_id), session, sealed)
        return _with_password(session, session_id, sealed), cookie_value

    async def find(self, cookie_value: str, address: str, *, secure: bool) -> Session | None:
        """The living session of this cookie from this address over this kind of connection."""
        session_id = self._cookies.read(cookie_value, secure=secure)
        if session_id is None:
            return None
        row = await self._database.read(_select, _hash(session_id))
        now = self._clock()
        if row is None or not self._alive(row, now) or not self._from_home(row, address):
            return None
        if now - row.used >= self._step:
            await self._database.write(_touch, _hash(session_id), now)
            row = row._replace(used=now)
        return _session(row, session_id)

    def knows(self, cookie_value: str, *, secure: bool) -> bool:
        """Whether this cookie is one of ours, its session living or not."""
        return self._cookies.read(cookie_value, secure=secure) is not None

    def _alive(self, row: _Row, now: float) -> bool:
        return now < row.used + self._terms.sessiontimeout and now < row.started + self._terms.sessionlifetime

    def _from_home(self, row: _Row, address: str) -> bool:
        return row.address == address or not self._terms.ipsecurity

    async def end(self, session: Session) -> None:
        """Sign out: the cookie's id is worth nothing from here on."""
        await self._database.write(_delete, session.key)

    async def any_of(self, uid: str) -> bool:
        """Whether this person is signed in anywhere."""
        return await self._database.read(_any_of, uid, self._terms, self._clock())

    async def reap(self) -> list[str]:
        """Remove the expired; their keys, so that what belonged to them can go too."""
        return await self._database.write(_reap, self._terms, self._clock())

    async def keys(self) -> set[str]:
        """Of all sessions that have not expired."""
        return await self._database.read(_keys, self._terms, self._clock())

    async def close(self) -> None:
        await self._database.close()


def _hash(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()


def _key(uid: str, session_id: str) -> str:
    digits = hashlib.sha256(b"key\0" + session_id.encode()).hexdigest()
    return person_digits(uid) + digits[: KEY_DIGITS - PERSON_DIGITS]


def _session(row: _Row, session_id: str) -> Session:
    session = Session(
        key=row.key,
        user=User(row.uid, row.login, row.host, row.mail, row.name),
        address=row.address,
        zone=row.zone,
        csrf=row.csrf,
        started=row.started,
        used=row.used,
        secure=bool(row.secure),
    )
    return _with_password(session, session_id, row.sealed)


def _with_password(session: Session, session_id: str, sealed: bytes | None) -> Session:
    if sealed is None:
        return session
    return replace(session, password=vault.unseal(session_id, sealed))


def _insert(
    connection: sqlite3.Connection,
    hashed: bytes,
    session: Session,
    sealed: bytes | None,
) -> None:
    user = session.user
    connection.execute(
        _INSERT,
        (
            hashed,
            session.key,
            *(user.uid, user.login, user.host, user.address, user.name),
            *(session.address, session.zone, session.csrf),
            *(session.started, session.used, session.secure),
            sealed,
        ),
    )
    connection.execute(
        "DELETE FROM sessions WHERE hash IN"
        " (SELECT hash FROM sessions WHERE uid = ? ORDER BY used DESC LIMIT -1 OFFSET ?)",
        (user.uid, MAX_PER_PERSON),
    )


def _select(connection: sqlite3.Connection, hashed: bytes) -> _Row | None:
    row = connection.execute(_SELECT, (hashed,)).fetchone()
    return _Row(*row) if row else None


def _touch(connection: sqlite3.Connection, hashed: bytes, now: float) -> None:
    connection.execute("UPDATE sessions SET used = max(used, ?) WHERE hash = ?", (now, hashed))


def _delete(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("DELETE FROM sessions WHERE key = ?", (key,))


def _reap(connection: sqlite3.Connection, terms: Terms, now: float) -> list[str]:
    rows = connection.execute(
        "DELETE FROM sessions WHERE used <= ? OR started <= ? RETURNING key",
        (now - terms.sessiontimeout, now - terms.sessionlifetime),
    )
    return [key for (key,) in rows.fetchall()]


def _any_of(connection: sqlite3.Connection, uid: str, terms: Terms, now: float) -> bool:
    row = connection.execute(
        "SELECT 1 FROM sessions WHERE uid = ? AND used > ? AND started > ?",
        (uid, now - terms.sessiontimeout, now - terms.sessionlifetime),
    ).fetchone()
    return row is not None


def _keys(connection: sqlite3.Connection, terms: Terms, now: float) -> set[str]:
    rows = connection.execute(
        "SELECT key FROM sessions WHERE used > ? AND started > ?",
        (now - terms.sessiontimeout, now - terms.sessionlifetime),
    )
    return {key for (key,) in rows}
