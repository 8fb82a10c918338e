"""One transaction on an account's database, and what is to be done once it is committed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webmail.notify import Event, Hint

UNLIMITED = -1

STEP = 20_000  # instructions of SQLite between two looks at the clock: some tenths of a millisecond

Row = tuple[Any, ...]


class Interrupted(Exception):
    """It took longer than it was given."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What accounts without limits of their own may hold; -1: no limit. Not enforced: only counted."""

    bytes: int = UNLIMITED
    messages: int = UNLIMITED
    enforced: bool = True


class Transaction:
    """What functions of the store work on. It ends with the function it is given to."""

    __slots__ = ("_connection", "_modseq", "hints", "limits", "orphaned", "place", "uid")

    def __init__(self, connection: sqlite3.Connection, uid: str, place: Path, limits: Limits) -> None:
        self._connection = connection
        self._modseq = 0
        self.uid = uid  # the account's owner
        self.place = place  # the account's directory
        self.limits = limits  # of accounts that have none of their own
        self.hints: list[Hint] = []
        self.orphaned = False  # whether there are bodies to be removed once this is committed

    def do(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, parameters)

    def do_each(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(statement, rows)

    def all(self, statement: str, *parameters: object) -> list[Row]:
        return self._connection.execute(statement, parameters).fetchall()

    def one(self, statement: str, *parameters: object) -> Row | None:
        row: Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    def value(self, statement: str, *parameters: object) -> Any:
        """The first column of the first row, which is there."""
        return self._connection.execute(statement, parameters).fetchone()[0]

    def modseq(self) -> int:
        """The mod-sequence of this change: the account's next, taken once (RFC 7162, 3.1)."""
        if not self._modseq:
            self._modseq = self.value("UPDATE account SET modseq = modseq + 1 RETURNING modseq")
        return self._modseq

    def newest(self) -> int:
        """The mod-sequence of the account's newest change."""
        return int(self.value("SELECT modseq FROM account"))

    def tell(self, event: Event, mailbox: str, mailbox_id: int) -> None:
        """Once committed, hint at what happened."""
        self.hints.append(Hint(event, self.uid, mailbox, mailbox_id, self._modseq))

    @contextmanager
    def interrupted_at(self, until: float) -> Iterator[None]:
        """Let statements of the block end by Interrupted once the monotonic clock is past `until`."""
        self._connection.set_progress_handler(lambda: int(time.monotonic() > until), STEP)
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Interrupted from error
            raise
        finally:
            self._connection.set_progress_handler(None, 0)
