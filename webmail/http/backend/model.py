"""What the pages know of a mailbox: folders, rows of a list, messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webmail.mail.headers import Person
from webmail.wire.imap_replies import Part


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox of the tree; `name` is the server's, whole, decoded."""

    name: str
    label: str  # the last segment
    delimiter: str  # "" where the server has no hierarchy
    special: str = ""  # inbox sent drafts trash junk archive flagged all, or none
    selectable: bool = True
    subscribed: bool = True
    messages: int | None = None  # None: the server was not asked
    unseen: int | None = None
    depth: int = 0  # as shown: the personal namespace's prefix is not counted
    kind: str = "personal"  # personal other shared


@dataclass(frozen=True, slots=True)
class Summary:
    """A row of the list."""

    uid: int
    flags: frozenset[str]  # system flags in lower case: \\seen; keywords as the server has them
    sender: tuple[Person, ...]
    recipients: tuple[Person, ...]
    subject: str
    date: datetime  # of the Date field; `received` where that makes no sense
    received: datetime
    size: int  # octets
    attachments: bool
    message_id: str  # with its angle brackets; "" if there is none

    @property
    def seen(self) -> bool:
        return "\\seen" in self.flags

    @property
    def flagged(self) -> bool:
        return "\\flagged" in self.flags

    @property
    def answered(self) -> bool:
        return "\\answered" in self.flags

    @property
    def draft(self) -> bool:
        return "\\draft" in self.flags

    @property
    def forwarded(self) -> bool:
        return any(flag.lower() == "$forwarded" for flag in self.flags)


@dataclass(frozen=True, slots=True)
class Page:
    folder: str
    uidvalidity: int
    total: int  # messages in the folder
    number: int  # 1 is the newest; the last page if a later one was asked for
    pages: int  # at least 1
    rows: tuple[Summary, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was opened: everything but its bodies."""

    folder: str
    uidvalidity: int
    summary: Summary
    structure: Part
    from_: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    message_id: str
    in_reply_to: str
    references: str  # message ids, oldest first, parted by blanks
