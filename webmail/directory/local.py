"""The embedded directory: one SQLite file of users, for sites that have no other."""

from __future__ import annotations

import asyncio
import sqlite3
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import argon2

from webmail.database import Database, connect
from webmail.directory import User
from webmail.directory.names import BadName, Rules, canonical
from webmail.directory.remembered import Remembered
from webmail.errors import AlreadyExists, AuthFailed, BadRequest, Busy, NotFound
from webmail.i18n import N_

MAX_PASSWORD = 1024  # characters; hashing is to cost what we chose, not what a stranger sends
MAX_HASHING = 2  # at once: each takes 64 MiB and a tenth of a second of several cores
MAX_WAITING = 60  # for their turn at that: more would wait longer than anybody does
SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS users (
    uid TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    mailhost TEXT NOT NULL DEFAULT '',  -- empty: the default backend, whichever it is just now
    address TEXT NOT NULL DEFAULT '',   -- empty: uid at the default domain
    name TEXT NOT NULL DEFAULT '',
    login TEXT NOT NULL DEFAULT ''      -- empty: uid, that is without the default domain
) STRICT
""",
)
_SELECT = "SELECT uid, mailhost, address, name, login FROM users"


class LocalDirectory:
    """Users of our own; `defaulthost` and `maildomain` fill what their rows leave open."""

    def __init__(
        self,
        path: Path,
        rules: Rules,
        *,
        defaulthost: str = "",
        maildomain: str = "",
        remembered: Remembered | None = None,
    ) -> None:
        self._rules = rules
        self._defaulthost = defaulthost
        self._maildomain = rules.defaultdomain or maildomain
        self._database = Database(path, SCHEMA)
        self._hasher = argon2.PasswordHasher()
        self._dummy = self._hasher.hash("nobody has this password")
        self._threads = ThreadPoolExecutor(MAX_HASHING, thread_name_prefix="argon2")
        self._waiting = 0
        self._remembered = remembered or Remembered(0, 0)

    async def verify(self, login: str, password: str) -> User:
        """Whose login and password these are; at once where that is `remembered`.

        Raises AuthFailed after the same time for all reasons; Busy if too many ask at once.
        """
        uid = self._canonical(login)
        row = await self._database.read(_find, uid)
        typed = _normal(password[: MAX_PASSWORD + 1])
        if row is not None and self._remembered.knows(uid, row[0], typed):
            return self._user(row[1])
        matches, stale = await self._matches(row[0] if row else self._dummy, password)
        if row is None or not matches:
            raise AuthFailed
        if stale:
            await self._rehash(uid, row[0], password)
        self._remembered.note(uid, row[0], typed)
        return self._user(row[1])

    async def find(self, login: str) -> User | None:
        """The user of this name, None if there is none."""
        row = await self._database.read(_find, self._canonical(login))
        return self._user(row[1]) if row else None

    def _canonical(self, login: str) -> str:
        """The user's name; "" for what can be nobody's, and nobody is called so."""
        try:
            return canonical(login, self._rules).uid
        except BadName:
            return ""

    async def _matches(self, known: str, password: str) -> tuple[bool, bool]:
        if self._waiting >= MAX_WAITING:
            raise Busy(detail=f"{self._waiting} passwords are waiting to be checked")
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._threads, _matches, self._hasher, known, password)
        finally:
            self._waiting -= 1

    async def _rehash(self, uid: str, known: str, password: str) -> None:
        loop = asyncio.get_running_loop()
        renewed = await loop.run_in_executor(self._threads, _hash, self._hasher, password)
        await self._database.write(_renew, uid, known, renewed)

    def _user(self, stored: User) -> User:
        return User(
            uid=stored.uid,
            login=stored.login or stored.uid,
            host=stored.host or self._defaulthost,
            address=stored.address or _address(stored.uid, self._maildomain),
            name=stored.name,
        )

    async def close(self) -> None:
        await self._database.close()
        self._threads.shutdown(wait=False)


def add_user(
    path: Path,
    login: str,
    password: str,
    rules: Rules,
    *,
    mailhost: str = "",
    address: str = "",
    name: str = "",
    backend_login: str = "",
) -> User:
    """Add a user, as `webmail user add` does; what is left empty is filled at sign-in.

    Raises AlreadyExists, BadRequest (a name or password that nobody can have).
    """
    user = User(_uid(login, rules), backend_login, mailhost.lower(), address, name)
    row = (user.uid, _checked_hash(password), user.host, user.address, user.name, user.login)
    with _opened(path) as connection:
        try:
            connection.execute(
                "INSERT INTO users (uid, hash, mailhost, address, name, login) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        except sqlite3.IntegrityError:
            raise AlreadyExists(N_("There is already a user {uid}."), uid=user.uid) from None
    return user


def set_password(path: Path, login: str, password: str, rules: Rules) -> None:
    """Give a user a new password. Raises NotFound, BadRequest."""
    uid = _uid(login, rules)
    changed = _checked_hash(password)
    with _opened(path) as connection:
        _exists(connection.execute("UPDATE users SET hash = ? WHERE uid = ?", (changed, uid)), uid)


def delete_user(path: Path, login: str, rules: Rules) -> None:
    """Forget a user; the mailbox at the backend stays as it is. Raises NotFound, BadRequest."""
    uid = _uid(login, rules)
    with _opened(path) as connection:
        _exists(connection.execute("DELETE FROM users WHERE uid = ?", (uid,)), uid)


def list_users(path: Path) -> tuple[User, ...]:
    """All users by name, as stored: an empty field is filled at sign-in."""
    with _opened(path) as connection:
        return tuple(_stored(row) for row in connection.execute(f"{_SELECT} ORDER BY uid"))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(path, SCHEMA)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    finally:
        connection.close()  # rolls back what was not committed


def _uid(login: str, rules: Rules) -> str:
    try:
        return canonical(login, rules).uid
    except BadName:
        raise BadRequest(
            N_(
                "“{login}” cannot be a user’s name: letters, digits and . - _ + = ~ only, and neither"
                " “anyone” nor “anonymous”."
            ),
            login=login,
        ) from None


def _checked_hash(password: str) -> str:
    if not 0 < len(password) <= MAX_PASSWORD or "\0" in password:
        raise BadRequest(N_("A password has 1 to {most} characters."), most=MAX_PASSWORD)
    return _hash(argon2.PasswordHasher(), password)


def _exists(cursor: sqlite3.Cursor, uid: str) -> None:
    if cursor.rowcount == 0:
        raise NotFound(N_("There is no user {uid}."), uid=uid)


def _address(uid: str, domain: str) -> str:
    return uid if "@" in uid or not domain else f"{uid}@{domain}"


def _find(connection: sqlite3.Connection, uid: str) -> tuple[str, User] | None:
    row = connection.execute(f"{_SELECT.replace('uid,', 'hash, uid,', 1)} WHERE uid = ?", (uid,)).fetchone()
    return (row[0], _stored(row[1:])) if row else None


def _stored(row: tuple[str, str, str, str, str]) -> User:
    uid, mailhost, address, name, login = row
    return User(uid=uid, login=login, host=mailhost, address=address, name=name)


def _renew(connection: sqlite3.Connection, uid: str, known: str, renewed: str) -> None:
    connection.execute("UPDATE users SET hash = ? WHERE uid = ? AND hash = ?", (renewed, uid, known))


def _hash(hasher: argon2.PasswordHasher, password: str) -> str:
    return hasher.hash(_normal(password))


def _matches(hasher: argon2.PasswordHasher, known: str, password: str) -> tuple[bool, bool]:
    try:
        hasher.verify(known, _normal(password[: MAX_PASSWORD + 1]))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False, False
    return len(password) <= MAX_PASSWORD, hasher.check_needs_rehash(known)


def _normal(password: str) -> bytes:
    # RFC 8265 4.2: the same password from keyboards that compose letters differently.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
