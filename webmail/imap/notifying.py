"""NOTIFY: the client says what it wants to hear of by itself (RFC 5465)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from webmail.errors import NotFound
from webmail.imap import fetching, names, watching
from webmail.imap.answers import Ok
from webmail.imap.picture import Picture, Watch
from webmail.imap.plan import Plan
from webmail.imap.session import Session
from webmail.wire.imap_ask_fetch import Item
from webmail.wire.imap_ask_notify import EventGroup, Notify

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
    await _begin(session, session.watch, status=asked.status)
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


async def _begin(session: Session, watch: Watch, *, status: bool) -> None:
    watch.picture = await _look(session, watch)
    await session.say_each(watching.refusals(session, watch.groups, watch.picture))
    if status:
        await session.say_each(watching.statuses(session, watch.groups, watch.picture))


async def _look(session: Session, watch: Watch) -> Picture:
    return await watching.look(session, watch.subscription.users, watch.picture)


async def tell(session: Session, watch: Watch) -> None:
    """Look at everything that is watched, and say what became different."""
    watch.subscription.take()
    await _tell_selected(session, watch)
    seen, watch.picture = watch.picture, await _look(session, watch)
    await session.say_each(watching.differences(session, watch.groups, seen, watch.picture))


# RFC 5465, 6.1
async def _tell_selected(session: Session, watch: Watch) -> None:
    group = next((group for group in watch.groups if group.filter in SELECTED), None)
    box = session.selected
    if group is None or box is None or not group.events & MESSAGES:
        return
    last = box.last
    immediate, flags = group.filter == "SELECTED", "FLAGCHANGE" in group.events
    await session.tell(expunges=immediate, flags=flags, uid=True)  # RFC 5465, 5.1
    await _tell_new(session, group.items, last)


async def _tell_new(session: Session, items: Sequence[Item], last: int) -> None:
    """What the client wants to know of every new message (RFC 5465, 5.2)."""
    box = session.box
    first = bisect_right(box.uids, last)
    if items and first < len(box.uids):
        wanted = items if "UID" in items else ("UID", *items)
        await fetching.answer(session, Plan(wanted), [range(first, len(box.uids))])
