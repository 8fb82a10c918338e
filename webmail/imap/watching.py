"""Mailboxes from outside, for NOTIFY: a picture of them now and then, and what differs between two.

A hint says no more than that it is time to look, so that a lost one costs a little time and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from webmail.errors import NotFound
from webmail.imap import names
from webmail.imap.listing import of_account, status_line
from webmail.imap.picture import Entry, Key, Picture
from webmail.imap.session import Session
from webmail.store import metadata
from webmail.store.acl import READ, Who
from webmail.store.mailboxes import DELIMITER, INBOX, above
from webmail.store.transaction import Transaction
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_notify import EventGroup

MESSAGES = frozenset({"MESSAGENEW", "MESSAGEEXPUNGE", "FLAGCHANGE"})
READING = MESSAGES | {"MAILBOXMETADATACHANGE"}  # events that only those hear of who may read the mailbox


async def look(session: Session, owners: Collection[str], before: Picture) -> Picture:
    """The picture before with the mailboxes of these owners as they are now."""
    picture = _without(before, owners)
    subscribed = before.subscribed
    for owner in owners:
        own = owner == session.who.uid
        try:
            account = session.own if own else await session.context.store.known(owner)
        except NotFound:
            continue
        since = before.modseqs.get(owner)
        entries, names_there, modseq, annotated = await account.read(_of_owner, session.who, since)
        subscribed = frozenset(names_there) if own else subscribed
        picture.modseqs[owner] = modseq
        for entry in entries:
            entry.name = names.shown(session, owner, entry.name)
            if entry.mailbox is not None:
                picture.entries[owner, entry.mailbox.id] = entry
        picture.annotated.update({(owner, mailbox): changed for mailbox, changed in annotated.items()})
    return Picture(picture.entries, subscribed, picture.modseqs, picture.annotated)


def _without(picture: Picture, owners: Collection[str]) -> Picture:
    """What it has of all others, changes of annotations apart, which have been told."""
    entries = {key: entry for key, entry in picture.entries.items() if key[0] not in owners}
    modseqs = {owner: modseq for owner, modseq in picture.modseqs.items() if owner not in owners}
    return Picture(entries, picture.subscribed, modseqs)


def _of_owner(
    transaction: Transaction, who: Who, since: int | None
) -> tuple[list[Entry], list[str], int, dict[int, list[str]]]:
    entries, subscribed = of_account(transaction, who, with_subscriptions=True)
    annotated = metadata.changed_since(transaction, who.uid, since) if since is not None else {}
    return entries, subscribed, transaction.newest(), annotated


def refusals(session: Session, groups: Sequence[EventGroup], picture: Picture) -> Iterator[bytes]:
    """Mailboxes that may be seen but not read, so that what is asked for is not told (RFC 5465, 3.1)."""
    for key, entry in picture.entries.items():
        group = _group_of(session, groups, picture, key)
        if group is not None and group.events & READING and READ not in entry.rights:
            yield said.list_(entry.name, DELIMITER, ("\\NoAccess",), utf8=session.utf8)


def statuses(session: Session, groups: Sequence[EventGroup], picture: Picture) -> Iterator[bytes]:
    """The STATUS of every mailbox whose messages are watched (RFC 5465, 3.1)."""
    for key, entry in picture.entries.items():
        events = _events(session, groups, picture, key)
        if events & MESSAGES:
            yield _status(session, entry, events)


def differences(
    session: Session, groups: Sequence[EventGroup], old: Picture, new: Picture
) -> Iterator[bytes]:
    """What a client that knows the old picture has to be told of the new one, as far as it wants to be."""
    for key, entry in new.entries.items():
        events = _events(session, groups, new, key)
        before = old.entries.get(key)
        if "MAILBOXNAME" in events and (before is None or before.name != entry.name):
            yield _listed(session, entry, before)
        if events & MESSAGES and before is not None and _counts(before, events) != _counts(entry, events):
            yield _status(session, entry, events)
        if "MAILBOXMETADATACHANGE" in events and (changed := new.annotated.get(key)):
            yield said.metadata_changed(entry.name, changed, utf8=session.utf8)
    yield from _gone(session, groups, old, new)
    yield from _subscriptions(session, groups, old, new)
    yield from _server(session, groups, new)


def _gone(session: Session, groups: Sequence[EventGroup], old: Picture, new: Picture) -> Iterator[bytes]:
    for key in old.entries.keys() - new.entries.keys():
        if "MAILBOXNAME" in _events(session, groups, old, key):
            yield said.list_(old.entries[key].name, DELIMITER, ("\\NonExistent",), utf8=session.utf8)


# RFC 5465, 5.5
def _subscriptions(
    session: Session, groups: Sequence[EventGroup], old: Picture, new: Picture
) -> Iterator[bytes]:
    for name in sorted(old.subscribed ^ new.subscribed):
        now = name in new.subscribed
        group = _group(groups, name, personal=not name.startswith(names.SHARED), subscribed=True)
        if group is not None and "SUBSCRIPTIONCHANGE" in group.events:
            yield said.list_(name, DELIMITER, ("\\Subscribed",) if now else (), utf8=session.utf8)


# RFC 5465, 5.7
def _server(session: Session, groups: Sequence[EventGroup], new: Picture) -> Iterator[bytes]:
    changed = new.annotated.get((session.who.uid, metadata.SERVER))
    if changed and any("SERVERMETADATACHANGE" in group.events for group in groups):
        yield said.metadata_changed("", changed, utf8=session.utf8)


def _events(session: Session, groups: Sequence[EventGroup], picture: Picture, key: Key) -> frozenset[str]:
    """What is to be told of a mailbox; of the selected one its messages are told in another way."""
    entry = picture.entries[key]
    group = _group_of(session, groups, picture, key)
    if group is None:
        return frozenset()
    if READ not in entry.rights:
        return group.events - READING
    selected = session.selected
    if selected is not None and (selected.account.uid, selected.mailbox) == key:
        return group.events - MESSAGES
    return group.events


def _group_of(
    session: Session, groups: Sequence[EventGroup], picture: Picture, key: Key
) -> EventGroup | None:
    name = picture.entries[key].name
    return _group(groups, name, personal=key[0] == session.who.uid, subscribed=name in picture.subscribed)


# RFC 5465, 6
def _group(groups: Sequence[EventGroup], name: str, *, personal: bool, subscribed: bool) -> EventGroup | None:
    """The first group whose filter holds this mailbox."""
    for group in groups:
        match group.filter:
            case "INBOXES":
                fits = personal and name == INBOX
            case "PERSONAL":
                fits = personal
            case "SUBSCRIBED":
                fits = subscribed
            case "SUBTREE":
                fits = not group.mailboxes.isdisjoint((name, *above(name)))
            case "MAILBOXES":
                fits = name in group.mailboxes
            case _:
                fits = False
        if fits:
            return group
    return None


def _counts(entry: Entry, events: frozenset[str]) -> tuple[int, ...]:
    mailbox = entry.mailbox
    assert mailbox is not None  # noqa: S101  only mailboxes are in a picture
    counts = (mailbox.uidvalidity, mailbox.messages, mailbox.uidnext)
    return (*counts, mailbox.unseen, mailbox.modseq) if "FLAGCHANGE" in events else counts


# RFC 5465, 3.1 and 5.1 to 5.3
def _status(session: Session, entry: Entry, events: frozenset[str]) -> bytes:
    assert entry.mailbox is not None  # noqa: S101  only mailboxes are in a picture
    items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]
    if "FLAGCHANGE" in events:
        items.append("UNSEEN")
    if "FLAGCHANGE" in events or "CONDSTORE" in session.enabled:
        items.append("HIGHESTMODSEQ")
    return status_line(session, entry.name, entry.mailbox, entry.recent, items)


# RFC 5465, 5.4
def _listed(session: Session, entry: Entry, before: Entry | None) -> bytes:
    use = entry.mailbox.use if entry.mailbox is not None else ""
    old = before.name if before is not None else None
    return said.list_(entry.name, DELIMITER, (use,) if use else (), old_name=old, utf8=session.utf8)
