"""NOTIFY: the client says what it wants to hear of by itself (RFC 5465)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from webmail.errors import NotFound
from webmail.imap import fetching, names, watching
from webmail.imap.answers import Ok
from webmail.imap.plan import Plan
from webmail.imap.session import Session
from webmail.imap.watching import Picture
from webmail.notify import Subscription
from webmail.server.errors import Silent
from webmail.server.stream import Stream
from webmail.wire.imap_ask_fetch import Item
from webmail.wire.imap_ask_notify import EventGroup, Notify

POLL_SECONDS = 60.0  # between two looks while no hint comes: what a lost one costs
SELECTED = frozenset({"SELECTED", "SELECTED-DELAYED"})
MESSAGES = frozenset({"MESSAGENEW", "MESSAGEEXPUNGE"})


# RFC 5465, 3
async def notify(session: Session, asked: Notify) -> Ok:
    session.stop_watching()
    if not asked.groups:
        return Ok("Nothing will be told any more.")
    stack = ExitStack()
    hints = session.context.hints
    owners = [session.who.uid, *_owners(session, asked.groups)]
    subscription = stack.enter_context(hints.subscribe(*owners, on_hint=session.stream.wake))
    session.watch = Watch(asked.groups, subscription, stack)
    await session.watch.begin(session, status=asked.status)
    return Ok("You will be told.")


def _owners(session: Session, groups: Iterable[EventGroup]) -> list[str]:
    """Whose mailboxes are named."""
    found: list[str] = []
    for name in (name for group in groups for name in group.mailboxes):
        try:
            found.append(names.resolve(session, name).owner)
        except NotFound:  # RFC 5465, 6: what is not there may come later
            continue
    return found


class Watch:
    """What one client wants to hear of, and the picture of it that it was told last."""

    def __init__(self, groups: Sequence[EventGroup], subscription: Subscription, stack: ExitStack) -> None:
        self._groups = groups
        self._subscription = subscription
        self._stack = stack
        self._picture = Picture()

    def close(self) -> None:
        self._stack.close()

    async def begin(self, session: Session, *, status: bool) -> None:
        self._picture = await self._look(session)
        for line in watching.refusals(session, self._groups, self._picture):
            session.say(line)
        if status:
            for line in watching.statuses(session, self._groups, self._picture):
                session.say(line)

    async def _look(self, session: Session) -> Picture:
        return await watching.look(session, self._subscription.users, self._picture)

    async def input(self, stream: Stream, until: float) -> bool:
        """Wait for the client or for something to tell: whether it is the client. Raises Silent."""
        left = until - time.monotonic()
        try:
            return await stream.input(min(POLL_SECONDS, left))
        except Silent:
            if time.monotonic() >= until:
                raise
            return False

    async def tell(self, session: Session) -> None:
        """Look at everything that is watched, and say what became different."""
        self._subscription.take()
        await self._tell_selected(session)
        seen, self._picture = self._picture, await self._look(session)
        for line in watching.differences(session, self._groups, seen, self._picture):
            session.say(line)

    # RFC 5465, 6.1
    async def _tell_selected(self, session: Session) -> None:
        group = next((group for group in self._groups if group.filter in SELECTED), None)
        box = session.selected
        if group is None or box is None or not group.events & MESSAGES:
            return
        last = box.uids[-1] if box.uids else 0
        immediate, flags = group.filter == "SELECTED", "FLAGCHANGE" in group.events
        await session.tell(expunges=immediate, flags=flags, uid=True)  # RFC 5465, 5.1
        await _tell_new(session, group.items, last)


async def _tell_new(session: Session, items: Sequence[Item], last: int) -> None:
    """What the client wants to know of every new message (RFC 5465, 5.2)."""
    box = session.box
    first = next((place for place in range(len(box.uids)) if box.uids[place] > last), len(box.uids))
    if items and first < len(box.uids):
        wanted = items if "UID" in items else ("UID", *items)
        await fetching.answer(session, Plan(wanted), [range(first, len(box.uids))])
