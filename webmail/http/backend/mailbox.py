"""A person's mailboxes: the verbs that pages need, and all that they need to know of IMAP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from webmail.http.backend import drafts, folders, listing, messages, opening, parts
from webmail.http.backend.lease import Lease
from webmail.http.backend.model import Folder, Message, Page
from webmail.http.backend.quota import quota
from webmail.http.backend.refusals import TryCreate
from webmail.http.backend.session import Session
from webmail.http.backend.tree import special_of
from webmail.wire.imap_replies import Part

P = ParamSpec("P")
T = TypeVar("T")
Blocks = Iterable[bytes] | AsyncIterable[bytes]


class Box:
    """Every verb raises errors of webmail.errors; NotFound says what is gone."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._account = lease.account

    # Folders

    async def folders(self, fresh: bool = False) -> tuple[Folder, ...]:
        """In the tree’s order; a few seconds old unless `fresh`, never older than an own change."""
        known = self._account.folders
        if known is not None and not fresh:
            return known
        began, version = time.monotonic(), self._account.version
        found = await self._lease.work("", folders.listed)
        self._account.keep(found, time.monotonic() - began, version)
        return found

    async def special(self, kind: str) -> str:
        """The name of the folder for sent, drafts, trash, junk or archive; made if there is none."""
        known = await self._special(kind)
        if known is not None:
            return known
        return await self._change("", folders.create_special, kind)

    async def create_folder(self, name: str) -> str:
        return await self._change("", folders.create, name)

    async def rename_folder(self, name: str, new: str) -> str:
        return await self._change("", folders.rename, name, new, await self.folders())

    async def delete_folder(self, name: str) -> None:
        """With the messages in it, for good."""
        await self._change("", folders.delete, name)

    async def subscribe(self, name: str) -> None:
        await self._change("", folders.subscribe, name)

    async def unsubscribe(self, name: str) -> None:
        await self._change("", folders.unsubscribe, name)

    async def empty_folder(self, name: str) -> str:
        """All messages to Trash ("trash"), or for good if they are in Trash or Junk ("gone")."""
        uidvalidity, uids = await self._lease.work(name, messages.everything, name)
        if not uids:
            return "gone"
        if name == await self._special("junk"):
            await self._change(name, messages.delete, name, uidvalidity, uids)
            return "gone"
        return await self.delete(name, uidvalidity, uids)

    async def quota(self) -> tuple[int, int] | None:
        """Octets used and allowed; None if there is no limit."""
        return await self._lease.work("INBOX", quota)

    # Reading

    async def page(self, folder: str, number: int = 1, size: int = 50) -> Page:
        """Newest first; a page beyond the last one is the last one."""
        found = await self._lease.look(folder, listing.page, folder, number, size)
        self._account.noticed(found.folder, found.total)
        return found

    async def open(self, folder: str, uidvalidity: int, uid: int) -> Message:
        return await self._lease.look(folder, opening.opened, folder, uidvalidity, uid)

    async def part_bytes(self, message: Message, part: Part, limit: int) -> bytes:
        """Transfer-decoded, cut at the limit; a large one is better streamed by Pool.part_blocks."""
        return await self._lease.work(message.folder, parts.part_bytes, message, part, limit)

    async def header_bytes(self, message: Message) -> bytes:
        """The header block, of at most 256 KiB."""
        return await self._lease.work(message.folder, parts.header_bytes, message)

    # Changing

    async def flag(
        self,
        folder: str,
        uidvalidity: int,
        uids: Iterable[int],
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
    ) -> None:
        await self._change(folder, messages.flag, folder, uidvalidity, tuple(uids), tuple(add), tuple(remove))

    async def move(self, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
        await self._change(folder, messages.move, folder, uidvalidity, tuple(uids), target)

    async def copy(self, folder: str, uidvalidity: int, uids: Iterable[int], target: str) -> None:
        await self._change(folder, messages.copy, folder, uidvalidity, tuple(uids), target)

    async def delete(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> str:
        """To Trash ("trash"); for good if they are in Trash, or below it, already ("gone")."""
        uids = tuple(uids)
        if await self._is_trash(folder):
            await self._change(folder, messages.delete, folder, uidvalidity, uids)
            return "gone"
        await self._into("trash", lambda trash: self.move(folder, uidvalidity, uids, trash))
        return "trash"

    async def append(
        self, folder: str, size: int, blocks: Blocks, flags: Iterable[str] = (), when: datetime | None = None
    ) -> tuple[int, int] | None:
        """UIDVALIDITY and UID, where the server tells. A folder that is gone is made again."""
        arguments = (folder, size, blocks, tuple(flags), when)
        try:
            return await self._change(folder, messages.append, *arguments)
        except TryCreate:
            await self.create_folder(folder)
            return await self._change(folder, messages.append, *arguments)

    # Drafts and sent messages, by their Message-ID

    async def save_draft(self, message_id: str, size: int, blocks: Blocks) -> tuple[str, int, int | None]:
        """Folder, UIDVALIDITY and UID of the draft, which takes the place of older copies."""

        async def save(folder: str) -> tuple[str, int, int | None]:
            return folder, *await self._change(folder, drafts.save, folder, message_id, size, blocks)

        return await self._into("drafts", save)

    async def drop_draft(self, message_id: str) -> None:
        folder = await self._special("drafts")
        if folder is not None:
            await self._change(folder, drafts.drop, folder, message_id)

    async def find_sent(self, message_id: str) -> bool:
        """Whether it is filed already."""
        folder = await self._special("sent")
        return folder is not None and await self._lease.work(folder, drafts.has, folder, message_id)

    # What the verbs have in common

    async def _special(self, kind: str) -> str | None:
        return special_of(await self.folders(), kind)

    async def _is_trash(self, folder: str) -> bool:
        trash = next((it for it in await self.folders() if it.special == "trash"), None)
        if trash is None:
            return False
        below = trash.name + trash.delimiter
        return folder == trash.name or (bool(trash.delimiter) and folder.startswith(below))

    async def _into(self, kind: str, put: Callable[[str], Awaitable[T]]) -> T:
        """Put something into a special folder; once more if somebody else deleted it a moment ago."""
        try:
            return await put(await self.special(kind))
        except TryCreate:
            return await put(await self._change("", folders.create_special, kind))

    async def _change(
        self,
        folder: str,
        verb: Callable[Concatenate[Session, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Work that makes the folder list out of date, even if it fails half-way."""
        try:
            return await self._lease.work(folder, verb, *args, **kwargs)
        finally:
            self._account.changed()
