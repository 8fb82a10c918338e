"""Mailboxes from outside: names as they are listed, all of them at one moment, and a watch over them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeAlias

from webmail.notify import Subscription
from webmail.store.mailboxes import Mailbox
from webmail.wire.imap_ask_notify import EventGroup

Key: TypeAlias = tuple[str, int]  # an owner and the number of a mailbox


@dataclass(slots=True)
class Entry:
    """A name that is to be listed; without a mailbox it is only above others, or subscribed to."""

    name: str
    mailbox: Mailbox | None = None
    owner: str = ""
    rights: str = ""
    recent: int = 0
    subscribed: bool = False
    children: bool = False
    child_info: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Picture:
    """All mailboxes of some owners that the client may see, its subscriptions, the newest change of each."""

    entries: dict[Key, Entry] = field(default_factory=dict)
    subscribed: frozenset[str] = frozenset()
    modseqs: dict[str, int] = field(default_factory=dict)  # of accounts
    annotated: dict[Key, list[str]] = field(default_factory=dict)  # changed since the picture before


@dataclass(slots=True)
class Watch:
    """What one client wants to hear of, and the picture of it that it was told last."""

    groups: Sequence[EventGroup]
    owners: frozenset[str]  # whose mailboxes are in the picture
    subscription: Subscription  # to them, and to whose mailbox is selected
    stack: ExitStack  # ends the subscription
    picture: Picture = field(default_factory=Picture)

    def close(self) -> None:
        self.stack.close()
