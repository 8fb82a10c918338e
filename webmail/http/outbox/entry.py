"""What is handed in for sending, and what is known about it from then on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from webmail.directory import User
from webmail.errors import MailError
from webmail.relay import Envelope

BLOCK = 256 * 1024  # bytes of a message read at once


class State(StrEnum):
    """docs/outbox.md tells what is on disk in each of them, and what a crash in each leads to."""

    WAITING = "waiting"  # the MTA does not have it
    SENDING = "sending"  # the final dot is on its way: the MTA may have it
    SENT = "sent"  # the MTA has it; to be filed in Sent, the original to be marked
    FAILED = "failed"  # refused, given up or taken back; to be put back into Drafts
    DONE = "done"
    RETURNED = "returned"


FINAL = frozenset({State.DONE, State.RETURNED})
TO_FILE = frozenset({State.SENT, State.FAILED})  # what is left to do is in the mailbox


@dataclass(frozen=True, slots=True)
class Origin:
    """The message that was answered or forwarded, and the flag it gets for that."""

    folder: str
    uidvalidity: int
    uid: int
    flag: str  # \\Answered or $Forwarded


@dataclass(frozen=True, slots=True)
class Submission:
    """A finished message's envelope and what is to be done around it."""

    user: User
    compose: str  # one message being written: it is accepted once, however often it is handed in
    sender: str
    recipients: tuple[str, ...]  # of To, Cc and Bcc
    message_id: str
    subject: str = ""  # for lists only
    bcc: bytes = b""  # the Bcc field with its CR LF, for the copy in Sent; never on the wire
    utf8: bool = False  # needs SMTPUTF8
    body8: bool = False  # needs 8BITMIME
    draft: str = ""  # Message-ID of the draft in Drafts that this replaces, if there is one
    origin: Origin | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"bcc": self.bcc.decode("utf-8", "surrogateescape")})

    @classmethod
    def from_json(cls, text: str) -> Submission:
        facts = json.loads(text)
        origin = facts.pop("origin")
        return cls(
            **facts
            | {
                "user": User(**facts["user"]),
                "recipients": tuple(facts["recipients"]),
                "bcc": facts["bcc"].encode("utf-8", "surrogateescape"),
                "origin": Origin(**origin) if origin else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """What hindered the mailbox, as a msgid with its values: it is read in a language not known yet."""

    text: str
    values: tuple[tuple[str, object], ...] = ()

    @classmethod
    def of(cls, error: MailError) -> Trouble:
        return cls(error.text, tuple(error.values.items()))

    def said(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for the person, in the language of `translate`."""
        return MailError(self.text, detail="", **dict(self.values)).said(translate)

    def to_json(self) -> str:
        return json.dumps([self.text, dict(self.values)], default=str)

    @classmethod
    def from_json(cls, text: str) -> Trouble:
        msgid, values = json.loads(text)
        return cls(msgid, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the outbox as it was when this was read; times are seconds since the epoch."""

    id: str
    submission: Submission
    size: int  # bytes on the wire, dot-stuffing not counted
    path: Path  # the message as it goes on the wire
    created: float
    state: State = State.WAITING
    words: str = ""  # the MTA's own; or a msgid: why it is not sent
    trouble: Trouble | None = None  # why it could not be filed, marked or put back at the last try
    tries: int = 0  # in this state
    due: float = 0.0  # the next try
    changed: float = 0.0
    filed: bool = False  # in Sent
    unsure: bool = False  # an earlier try ended after the final dot and without an answer
    again: bool = field(
        default=False, compare=False
    )  # an earlier process may have filed or returned it already

    @property
    def user(self) -> User:
        return self.submission.user

    @property
    def message_id(self) -> str:
        return self.submission.message_id

    @property
    def envelope(self) -> Envelope:
        wanted = self.submission
        return Envelope(wanted.sender, wanted.recipients, self.size, utf8=wanted.utf8, body8=wanted.body8)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_settled(self) -> bool:
        """Whether its writer can be told something: it is over, or will take longer."""
        return self.is_final or self.trouble is not None or (self.state is State.WAITING and self.tries > 0)

    @property
    def is_sent(self) -> bool:
        """Whether the MTA has it, filed or not."""
        return self.state in {State.SENT, State.DONE}

    @property
    def can_be_taken_back(self) -> bool:
        return self.state is State.WAITING and not self.unsure

    @property
    def filed_size(self) -> int:
        """Bytes of `filed_blocks`."""
        return len(self.submission.bcc) + self.size

    def blocks(self) -> Iterator[bytes]:
        """The message as it goes on the wire."""
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block

    def filed_blocks(self) -> Iterator[bytes]:
        """The message as its writer keeps it: with Bcc."""
        if self.submission.bcc:
            yield self.submission.bcc
        yield from self.blocks()

    def after(self, **changes: object) -> Entry:
        return replace(self, **changes)  # type: ignore[arg-type]


class Filing(Protocol):
    """What the outbox asks of the person's mailbox.

    What is to be done there may be asked again for the same entry and then changes nothing if it is
    done already; `entry.again` says that it may be. It raises MailError if it cannot be done now;
    NotFound from `mark_origin` means that there is nothing left to mark.
    """

    def can_file(self, user: User) -> bool:
        """Whether this process has what opens the mailbox; if not, another has, or will have later."""

    async def file_sent(self, entry: Entry) -> None:
        """Put `entry.filed_blocks()` into Sent and remove the draft that it replaces."""

    async def mark_origin(self, entry: Entry) -> None:
        """Set `entry.submission.origin.flag` on the message that was answered or forwarded."""

    async def return_to_drafts(self, entry: Entry, words: str) -> None:
        """Put `entry.filed_blocks()` into Drafts, in the place of the draft that it replaces."""
