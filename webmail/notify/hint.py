"""A hint, and how it is written for another process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Event(Enum):
    """What happened, in the words of the original (Administration Guide, 22.3.1) where it has one."""

    NewMsg = "NewMsg"  # delivered
    UpdateMsg = "UpdateMsg"  # appended otherwise
    CopyMsg = "CopyMsg"
    ReadMsg = "ReadMsg"
    TrashMsg = "TrashMsg"  # flagged \Deleted
    DeleteMsg = "DeleteMsg"  # expunged by a client, as in 6.3
    ExpungeMsg = "ExpungeMsg"  # the same, as in 8.1
    PurgeMsg = "PurgeMsg"  # expired
    MsgFlags = "MsgFlags"  # any other change of flags
    AnnotateMsg = "AnnotateMsg"
    OverQuota = "OverQuota"
    UnderQuota = "UnderQuota"
    Login = "Login"
    Logout = "Logout"
    # Ours: what happens to mailboxes themselves.
    CreateMbox = "CreateMbox"
    DeleteMbox = "DeleteMbox"
    RenameMbox = "RenameMbox"
    SubscribeMbox = "SubscribeMbox"
    AclMbox = "AclMbox"
    AnnotateMbox = "AnnotateMbox"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened in a mailbox of a user (its owner), which had this modseq afterwards.

    An event that belongs to no mailbox has an empty name and 0.
    """

    event: Event
    user: str
    mailbox: str = ""
    mailbox_id: int = 0
    modseq: int = 0


def latest(hints: Iterable[Hint]) -> list[Hint]:
    """Of hints of the same kind the last: a thousand messages appended are one reason to look."""
    return list({(hint.user, hint.mailbox_id, hint.event): hint for hint in hints}.values())


def encoded(hints: Iterable[Hint], users: Iterable[str] = ()) -> bytes:
    """A list in JSON: a hint as a list of its fields, a user who is to look everywhere as a name."""
    told = [[it.event.value, it.user, it.mailbox, it.mailbox_id, it.modseq] for it in hints]
    return json.dumps([*told, *users], ensure_ascii=False).encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> tuple[list[Hint], list[str]]:
    """The hints, and the users who are to look everywhere; nothing of what is something else."""
    hints: list[Hint] = []
    users: list[str] = []
    try:
        for told in json.loads(data.decode("utf-8", "surrogatepass")):
            if isinstance(told, str):
                users.append(told)
            else:
                event, user, mailbox, number, modseq = told
                hints.append(Hint(Event(event), str(user), str(mailbox), int(number), int(modseq)))
    except (ValueError, TypeError, RecursionError, OverflowError):
        return [], []  # from a process of another release, which is about to be replaced
    return hints, users
