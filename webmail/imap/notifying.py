"""NOTIFY: the client says what it wants to hear of by itself (RFC 5465)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, suppress

from webmail.errors import MailError, NotFound
from webmail.imap import fetching, names, watching
from webmail.imap.answers import No, Ok
from webmail.imap.picture import Watch
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
    owners = frozenset({session.who.uid, *_owners(session, asked.groups)})
    subscription = stack.enter_context(hints.subscribe(*owners, on_hint=session.stream.wake))
    session.watch = Watch(asked.groups, owners, subscription, stack)
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
    watch.picture = await watching.look(session, watch.owners, watch.picture)
    await session.say_each(watching.refusals(session, watch.groups, watch.picture))
    if status:
        await session.say_each(watching.statuses(session, watch.groups, watch.picture))


async def tell(session: Session, watch: Watch) -> None:
    """Look where something happened, without hints at everything that is watched; say what is different.

    What cannot be looked at just now is told with the next hint: nobody has asked who could be refused.
    """
    owners = _to_be_looked_at(watch)
    try:
        await _tell_selected(session, watch)
        await _tell_others(session, watch, owners)
    except MailError as error:
        session.context.log.warning("NOTIFY of %s: %s", session.stream.user, error)


def _to_be_looked_at(watch: Watch) -> Collection[str]:
    heard = watch.subscription.take()
    if heard.everywhere or not heard.hints:
        return watch.owners
    return watch.owners.intersection(hint.user for hint in heard.hints)


async def follow_selected(session: Session, watch: Watch) -> None:
    """Hear of the selected mailbox, too, whosever it is; what happened before we listened is told now."""
    box = session.selected
    followed = watch.owners if box is None else watch.owners | {box.account.uid}
    if followed != frozenset(watch.subscription.users):
        watch.subscription.follow(*followed)
        await tell(session, watch)


async def _tell_others(session: Session, watch: Watch, owners: Collection[str]) -> None:
    seen, watch.picture = watch.picture, await watching.look(session, owners, watch.picture)
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
        with suppress(No):  # an encoding that is not known: they are told that it came, and may ask for less
            await fetching.answer(session, Plan(wanted), [range(first, len(box.uids))])
