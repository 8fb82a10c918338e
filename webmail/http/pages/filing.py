"""The outbox in its writer’s mailbox: files what was sent, marks its origin, gives back what failed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain

from webmail.directory import User
from webmail.errors import AuthFailed, Unavailable
from webmail.http.backend.mailbox import Box
from webmail.http.backend.pool import Identity, Pool
from webmail.http.credentials import Credentials
from webmail.http.outbox import Entry
from webmail.http.pages import drafting
from webmail.http.pages.composing import Letter, Place
from webmail.i18n import N_

SIGNED_OUT = N_("Your mailbox is reached again as soon as you sign in.")
SENT_FLAGS = ("\\Seen",)


class Filing:
    """The outbox's way into mailboxes; everything may be asked for twice and is done once."""

    def __init__(self, pool: Pool, credentials: Credentials, log: logging.Logger) -> None:
        self._pool = pool
        self._credentials = credentials
        self._log = log.getChild("Account")

    def can_file(self, user: User) -> bool:
        """Whether the mailbox can be opened from this process (outbox.Filing)."""
        return self._pool.can_enter(self._who(user))

    async def file_sent(self, entry: Entry) -> None:
        """Into Sent, unless it is there; the draft it was goes."""
        async with self._box(entry) as box:
            if not (entry.again and await box.find_sent(entry.message_id)):
                folder = await box.special("sent")
                await box.append(folder, entry.filed_size, entry.filed_blocks(), SENT_FLAGS)
            for message_id in {entry.message_id, entry.submission.draft} - {""}:
                await box.drop_draft(message_id)

    async def mark_origin(self, entry: Entry) -> None:
        """Flag what was answered or forwarded."""
        origin = entry.submission.origin
        if origin is None:
            return
        async with self._box(entry) as box:
            await box.flag(origin.folder, origin.uidvalidity, [origin.uid], add=[origin.flag])

    async def return_to_drafts(self, entry: Entry, words: str) -> None:
        """Into Drafts, where the letter can be mended and sent again; `words` say why."""
        note = _note(entry)
        async with self._box(entry) as box:
            size = len(note) + entry.filed_size
            await box.save_draft(entry.message_id, size, chain([note], entry.filed_blocks()))
            if entry.submission.draft not in {"", entry.message_id}:
                await box.drop_draft(entry.submission.draft)
        self._log.info("back to Drafts: %s %s: %s", entry.user.uid, entry.message_id, words)

    @asynccontextmanager
    async def _box(self, entry: Entry) -> AsyncIterator[Box]:
        try:
            async with self._pool.lease(self._who(entry.user)) as box:
                yield box
        except AuthFailed as error:
            self._credentials.forget(entry.user.uid)  # it does not open the mailbox any more
            raise Unavailable(SIGNED_OUT, detail=error.detail) from error

    def _who(self, user: User) -> Identity:
        return self._credentials.find(user.uid) or Identity(user)


def _note(entry: Entry) -> bytes:
    """What the draft remembers of the message that it answers or forwards."""
    origin = entry.submission.origin
    if origin is None:
        return b""
    how = "forward" if origin.flag == drafting.FORWARDED else "reply"
    place = Place(origin.folder, origin.uidvalidity, origin.uid)
    return drafting.note(Letter(entry.submission.compose, how, origin=place))
