"""A row of the table of commands, and what a command does to the client's picture of its mailbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from webmail.imap.answers import Ok
from webmail.imap.session import Session
from webmail.imap.state import State
from webmail.wire.imap_arguments import Arguments


@dataclass(frozen=True, slots=True)
class Sync:
    """When the client is told what became different. `numbered`: messages keep their numbers meanwhile."""

    before: bool = False
    after: bool = False
    numbered: bool = False


NEVER = Sync()  # the command does it itself, or there is nothing to tell
AFTER = Sync(after=True)
BEFORE = Sync(before=True)  # so that a uid means the message, whether it was told before or not
BOTH = Sync(before=True, after=True)
BEFORE_NUMBERED = Sync(before=True, numbered=True)  # RFC 9051, 7.5.1: no EXPUNGE in FETCH, STORE, SEARCH


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table. With `streams` the command reads its own arguments and `parse` is not asked."""

    parse: Callable[[Arguments], Any]
    run: Callable[[Session, Any], Awaitable[Ok]]
    states: State
    sync: Sync = AFTER
    streams: bool = False
