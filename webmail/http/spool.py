"""Attachments waiting to be sent: <spool>/<person>/<session>/<compose>/<id>.{part,file,json}.

A file is there once its `.json` is; `.part` is one that still comes in. Names that people gave
stand inside the `.json` only, never in a path.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from webmail.database import PRIVATE_DIRECTORY, PRIVATE_FILE
from webmail.disk import FULL, in_thread
from webmail.errors import BadRequest, Busy, MailError, NotFound, OverQuota, TooBig
from webmail.http.sessions.session import KEY_DIGITS, PERSON_DIGITS
from webmail.i18n import N_

BLOCK = 256 * 1024  # bytes gathered before a thread writes them
QUOTA_STEP = 1024 * 1024  # bytes after which a person's total is looked up again
MAX_FILES = 100  # per message
MAX_COMPOSES = 50  # messages being written in one session that have files
MAX_NAME = 255  # characters, of a name or a type
STALE = 3600.0  # seconds after which an upload that did not grow is nobody's any more
_HEX = re.compile(r"[0-9a-f]{16,64}")

_NO_ROOM = N_("The server has no room for “{name}” just now. It was not attached; your message is kept.")
_QUOTA = N_("With “{name}” your unsent files would take more than {limit:,} bytes. It was not attached.")
_TOO_BIG = N_("“{name}” is over the limit of {limit:,} bytes for one file. It was not attached.")
_NO_FIT = N_("With “{name}” the message would be bigger than this server sends. It was not attached.")
_TOO_MANY = N_("A message can have at most {limit} files here. “{name}” was not attached.")
_TOO_MANY_MESSAGES = N_("You are writing too many messages with files at once. “{name}” was not attached.")
_DISCARDED = N_("The message to which “{name}” was to be attached is no longer being written.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes; the names are those of service.http.*."""

    maxpostsize: int
    spoolquota: int  # in all of a person's unsent files together


@dataclass(frozen=True, slots=True)
class File:
    """An attachment in the spool; `name` and `type` are what the browser said."""

    id: str
    name: str
    type: str
    size: int  # bytes
    path: Path
    origin: str = ""  # where it came from if not from an upload; for whoever put it here

    def open(self) -> BinaryIO:
        return self.path.open("rb")


@dataclass(slots=True)
class _Upload:
    """One file on its way in: everything about it happens in one thread at a time."""

    name: str
    part: Path
    most: int
    refusal: MailError
    size: int = 0
    looked_up: int = 0


class Spool:
    """Takes uploads in, in blocks, and gives them back as files; several processes share it."""

    def __init__(self, directory: Path, limits: Limits) -> None:
        self._directory = directory
        self._limits = limits
        directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)

    async def receive(
        self,
        session_key: str,
        compose: str,
        name: str,
        type_: str,
        blocks: AsyncIterator[bytes],
        room: int,
        *,
        length: int | None = None,
        origin: str = "",
    ) -> File:
        """Take a file in; stop while reading once a limit is passed. Nothing stays of one that fails.

        `room`: bytes that the message has left for it; `length`: its size if it is known already.
        Raises TooBig (service.http.maxpostsize, maxmessagesize), OverQuota (spoolquota, disk full).
        """
        name, type_ = name[:MAX_NAME], type_[:MAX_NAME]
        most, refusal = self._limit(name, room)
        if length is not None and length > most:
            raise refusal
        part = self._path(session_key, compose) / f"{secrets.token_hex(16)}.part"
        with _disk_errors_told(name):
            try:
                await in_thread(_begin, part, name)
                size = await self._write(_Upload(name, part, most, refusal), blocks)
                path = part.with_suffix(".file")
                return await in_thread(_complete, part, File(part.stem, name, type_, size, path, origin))
            except BaseException:
                await in_thread(_discard, part)
                raise

    def _limit(self, name: str, room: int) -> tuple[int, MailError]:
        if room < self._limits.maxpostsize:
            return max(room, 0), TooBig(_NO_FIT, name=name, detail="service.http.maxmessagesize")
        most = self._limits.maxpostsize
        return most, TooBig(_TOO_BIG, name=name, limit=most, detail="service.http.maxpostsize")

    async def _write(self, upload: _Upload, blocks: AsyncIterator[bytes]) -> int:
        person = self._directory / upload.part.relative_to(self._directory).parts[0]
        gathered = bytearray()
        async for block in blocks:
            gathered += block
            if upload.size + len(gathered) > upload.most:
                raise upload.refusal
            if len(gathered) >= BLOCK:
                await in_thread(self._append, upload, bytes(gathered), person)
                gathered.clear()
        await in_thread(self._append, upload, bytes(gathered), person)
        return upload.size

    def _append(self, upload: _Upload, data: bytes, person: Path) -> None:
        with _opened(upload.part, os.O_APPEND) as file:
            _write(file, data)
        upload.size += len(data)
        if upload.looked_up and upload.size - upload.looked_up < QUOTA_STEP:
            return
        upload.looked_up = upload.size
        if _total(person) > self._limits.spoolquota:
            raise OverQuota(_QUOTA, name=upload.name, limit=self._limits.spoolquota)

    def files(self, session_key: str, compose: str) -> tuple[File, ...]:
        """The message's complete files, in the order in which they became so."""
        paths = _listed(self._path(session_key, compose))
        notes = [path for path in paths if path.suffix == ".json"]
        notes.sort(key=lambda note: (_changed(note), note.name))
        return tuple(file for file in map(_read, notes) if file is not None)

    def retype(self, session_key: str, compose: str, file: File, type_: str) -> File:
        """Note another type for a file that was looked at. Raises NotFound if it is gone."""
        with _disk_errors_told(file.name):
            _note(self._path(session_key, compose) / f"{_hex(file.id)}.part", replace(file, type=type_))
        return replace(file, type=type_)

    def remove(self, session_key: str, compose: str, file_id: str) -> None:
        """Take a file off the message; one that is not there is gone already."""
        directory = self._path(session_key, compose)
        _discard(directory / f"{_hex(file_id)}.part")

    def drop(self, session_key: str, compose: str) -> None:
        """Forget the files of a message that was sent or discarded."""
        shutil.rmtree(self._path(session_key, compose), ignore_errors=True)

    def drop_copies(self, session_key: str, but: str) -> bool:
        """Forget the files of the session's other messages that hold nothing but copies from elsewhere."""
        session = self._session(session_key)
        composes = [path.name for path in _listed(session) if path.name != but]
        dropped = [it for it in composes if all(file.origin for file in self.files(session_key, it))]
        for compose in dropped:
            self.drop(session_key, compose)
        return bool(dropped)

    def drop_session(self, session_key: str) -> None:
        """Forget the files of a session that ended."""
        session = self._session(session_key)
        shutil.rmtree(session, ignore_errors=True)
        _remove_if_empty(session.parent)

    def sweep(self, live_keys: set[str]) -> None:
        """Remove what sessions left that are no more, and uploads that nobody finishes."""
        oldest = time.time() - STALE
        for session in self._directory.glob("*/*"):
            if session.parent.name + session.name not in live_keys and _changed(session) < oldest:
                shutil.rmtree(session, ignore_errors=True)
        for part in self._directory.glob("*/*/*/*.part"):
            if _changed(part) < oldest:
                _discard(part)
        for person in self._directory.iterdir():
            _remove_if_empty(person)

    def _session(self, session_key: str) -> Path:
        if len(_hex(session_key)) != KEY_DIGITS:
            raise BadRequest(detail="session key")
        return self._directory / session_key[:PERSON_DIGITS] / session_key[PERSON_DIGITS:]

    def _path(self, session_key: str, compose: str) -> Path:
        return self._session(session_key) / _hex(compose)


@contextmanager
def _disk_errors_told(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(_DISCARDED, name=name) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OverQuota(_NO_ROOM, name=name, detail=f"spool: {error.strerror}") from error


def _hex(word: str) -> str:
    if not _HEX.fullmatch(word):
        raise BadRequest(detail="an id in the spool is 16 to 64 hex digits")
    return word


def _begin(part: Path, name: str) -> None:
    directory = part.parent
    directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    if len(_listed(directory.parent)) > MAX_COMPOSES:
        raise Busy(_TOO_MANY_MESSAGES, name=name)
    if len(_listed(directory)) >= 2 * MAX_FILES:  # each has a note beside it
        raise TooBig(_TOO_MANY, limit=MAX_FILES, name=name)
    _opened(part, os.O_CREAT | os.O_EXCL).close()


def _opened(path: Path, flags: int) -> FileIO:
    # Unbuffered: a full disk is met while writing, not at a close that nobody watches.
    return FileIO(os.open(path, flags | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE), "wb")


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _listed(directory: Path) -> list[Path]:
    """What is in it; nothing where somebody removed it meanwhile."""
    try:
        return list(directory.iterdir())
    except FileNotFoundError:
        return []


def _complete(part: Path, file: File) -> File:
    part.rename(file.path)
    _note(part, file)
    return file


def _note(part: Path, file: File) -> None:
    note = part.with_suffix(".new")
    facts = {"name": file.name, "type": file.type, "size": file.size, "origin": file.origin}
    note.write_text(json.dumps(facts), encoding="utf-8")
    note.rename(part.with_suffix(".json"))


def _read(note: Path) -> File | None:
    try:
        facts = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:  # removed since it was listed
        return None
    path = note.with_suffix(".file")
    return File(note.stem, facts["name"], facts["type"], facts["size"], path, facts["origin"])


def _discard(part: Path) -> None:
    for suffix in (".json", ".new", ".file", ".part"):
        part.with_suffix(suffix).unlink(missing_ok=True)


def _total(person: Path) -> int:
    paths = [path for session in _listed(person) for compose in _listed(session) for path in _listed(compose)]
    return sum(_size(path) for path in paths if path.suffix in {".part", ".file"})


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # removed or renamed between the listing and this
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _remove_if_empty(directory: Path) -> None:
    try:
        directory.rmdir()
    except OSError:
        return
