"""A person's mailbox as files: what the outbox asks of it, done without an IMAP server."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from pathlib import Path

from webmail.directory import User
from webmail.errors import MailError, NotFound
from webmail.http.outbox import Entry

_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)


class FileMailbox:
    """Folders are directories, messages files of any name; `fails` maps a folder, or `origin`, to an error.

    Several of one directory are the mailbox as several processes see it: not each `opens` it.
    """

    def __init__(self, directory: Path, *, opens: bool = True) -> None:
        self._directory = directory
        self.opens = opens
        self.fails: dict[str, MailError] = {}
        for folder in ("sent", "drafts", "origin"):
            (directory / folder).mkdir(parents=True, exist_ok=True)

    def can_file(self, user: User) -> bool:
        return self.opens and bool(user.uid)

    async def file_sent(self, entry: Entry) -> None:
        self._append("sent", entry)

    async def return_to_drafts(self, entry: Entry, words: str) -> None:
        self._append("drafts", entry)
        (self._directory / "words").write_text(words, encoding="utf-8")

    async def mark_origin(self, entry: Entry) -> None:
        self._fail("origin")
        origin = entry.submission.origin
        if origin is None or origin.uid == 404:
            raise NotFound
        (self._directory / "origin" / f"{origin.uid}{origin.flag}").touch()

    def _append(self, folder: str, entry: Entry) -> None:
        self._fail(folder)
        if entry.again and entry.message_id in self.ids(folder):
            return
        draft = self._directory / secrets.token_hex(8)
        draft.write_bytes(b"".join(entry.filed_blocks()))
        assert draft.stat().st_size == entry.filed_size
        draft.rename(self._directory / folder / draft.name)

    def _fail(self, what: str) -> None:
        if what in self.fails:
            raise self.fails[what]

    def contents(self, folder: str) -> list[bytes]:
        return [path.read_bytes() for path in (self._directory / folder).iterdir()]

    def ids(self, folder: str) -> Counter[str]:
        """How often each Message-ID is in the folder."""
        return Counter(message_id(content) for content in self.contents(folder))

    @property
    def words(self) -> str:
        return (self._directory / "words").read_text(encoding="utf-8")

    @property
    def marked(self) -> set[str]:
        return {path.name for path in (self._directory / "origin").iterdir()}


def message_id(content: bytes) -> str:
    found = _ID.search(content)
    return found[1].decode() if found else ""
