"""What the gateway remembers of one person between two leases."""

from __future__ import annotations

import asyncio
import time

from webmail.directory import User
from webmail.http.backend.host import Host
from webmail.http.backend.model import Folder

FRESH = 5.0  # seconds a folder list is good for, at least; counts may be that old
FRESH_FACTOR = 20  # or this many times as long as it took: 5,000 folders are not counted for every page
CHEAP = 1.0  # seconds for a list that may be asked for again as soon as one of its counts is wrong
FRESH_MOST = 300.0  # seconds, at most


class Account:
    """One person at one backend: seats for leases, and the folder list for a few seconds."""

    def __init__(self, host: Host, user: User, seats: int) -> None:
        self.host = host
        self.uid = user.uid
        self.login = user.login
        self.seats = asyncio.Semaphore(seats)
        self.leases = 0
        self._folders: tuple[Folder, ...] | None = None
        self._cheap = True
        self._until = 0.0
        self._version = 0

    @property
    def folders(self) -> tuple[Folder, ...] | None:
        return self._folders if time.monotonic() < self._until else None

    @property
    def version(self) -> int:
        """Grows with each change that this process makes to the person's mailboxes."""
        return self._version

    def keep(self, folders: tuple[Folder, ...], seconds: float, version: int) -> None:
        """A list that took so many seconds; unless something was changed since it was asked for."""
        if version == self._version:
            self._folders = folders
            self._cheap = seconds < CHEAP
            self._until = time.monotonic() + min(FRESH_MOST, max(FRESH, FRESH_FACTOR * seconds))

    def noticed(self, folder: str, total: int) -> None:
        """A page says how many messages there are: counts that say otherwise are out of date."""
        differs = any(it.name == folder and it.messages not in {None, total} for it in self._folders or ())
        if differs and self._cheap:
            self._folders = None

    def changed(self) -> None:
        self._version += 1
        self._folders = None

    @property
    def forgettable(self) -> bool:
        return self.leases == 0 and self.folders is None
