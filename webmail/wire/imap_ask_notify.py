"""What an IMAP client wants to hear of by itself: NOTIFY (RFC 5465)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_fetch import Item, fetch_items

MAX_GROUPS = 100  # event groups; there are seven kinds
MAX_MAILBOXES = 1000  # named in one command

_NEW: Final = "MESSAGENEW"
_GONE: Final = "MESSAGEEXPUNGE"
_MESSAGE_EVENTS = frozenset({_NEW, _GONE, "FLAGCHANGE"})
_EVENTS = _MESSAGE_EVENTS | {
    "MAILBOXNAME", "SUBSCRIPTIONCHANGE", "MAILBOXMETADATACHANGE", "SERVERMETADATACHANGE",
}  # fmt: skip
EVENTS = (  # as RFC 5465 writes them, for the response code BADEVENT
    "FlagChange", "MessageNew", "MessageExpunge", "MailboxName", "SubscriptionChange",
    "MailboxMetadataChange", "ServerMetadataChange",
)  # fmt: skip
_SELECTED = frozenset({"SELECTED", "SELECTED-DELAYED"})
_NAMED = frozenset({"SUBTREE", "MAILBOXES"})
_FILTERS = _SELECTED | _NAMED | {"INBOXES", "PERSONAL", "SUBSCRIBED"}


class BadEvent(ProtocolError):
    """An event that we do not tell: NO with the response code BADEVENT (RFC 5465, 5)."""


@dataclass(frozen=True, slots=True)
class EventGroup:
    filter: str  # SELECTED, SELECTED-DELAYED, INBOXES, PERSONAL, SUBSCRIBED, SUBTREE, MAILBOXES
    mailboxes: frozenset[str]  # of SUBTREE and MAILBOXES
    events: frozenset[str]  # upper case; without any nothing is told of these mailboxes
    items: tuple[Item, ...] = ()  # to be told of a new message in the selected mailbox


@dataclass(frozen=True, slots=True)
class Notify:
    groups: tuple[EventGroup, ...]  # the first whose filter holds a mailbox counts; none: NOTIFY NONE
    status: bool = False  # a STATUS of each mailbox is wanted first


# RFC 5465, 3.1 and 8
def parse_notify(args: Arguments) -> Notify:
    args.space("SET or NONE")
    if args.one_of({"SET", "NONE"}, "SET or NONE") == "NONE":
        args.end()
        return Notify(())
    args.space("an event group")
    status = args.take_word("STATUS")
    if status:
        args.space("an event group")
    groups = [_group(args)]
    while args.take(b" "):
        groups.append(_group(args))
    args.end()
    _check(groups)
    return Notify(tuple(groups), status)


def _check(groups: list[EventGroup]) -> None:
    if len(groups) > MAX_GROUPS or sum(len(group.mailboxes) for group in groups) > MAX_MAILBOXES:
        raise ProtocolError("more event groups or mailboxes than can be watched")
    if sum(group.filter in _SELECTED for group in groups) > 1:
        raise ProtocolError("the selected mailbox in two event groups")


def _group(args: Arguments) -> EventGroup:
    args.open("an event group")
    kind = args.one_of(_FILTERS, "a filter of mailboxes")
    args.space("what the filter is for")
    mailboxes: frozenset[str] = frozenset()
    if kind in _NAMED:
        mailboxes = frozenset(args.one_or_list(args.mailbox, "the mailboxes"))
        args.space("the events")
    events, items = _events(args, selected=kind in _SELECTED)
    args.close("an event group")
    return EventGroup(kind, mailboxes, events, items)


def _events(args: Arguments, *, selected: bool) -> tuple[frozenset[str], tuple[Item, ...]]:
    if args.take_word("NONE"):
        return frozenset(), ()
    read = args.in_list(lambda: _event(args, selected=selected), "the events")
    events = frozenset(event for event, _ in read)
    if not events <= _EVENTS:
        raise BadEvent("an event that is not told")
    if events & _MESSAGE_EVENTS and not events >= {_NEW, _GONE}:
        raise ProtocolError("MessageNew and MessageExpunge are wanted together")
    if selected and not events <= _MESSAGE_EVENTS:
        raise ProtocolError("only events of messages happen in the selected mailbox")
    return events, tuple(item for _, items in read for item in items)


def _event(args: Arguments, *, selected: bool) -> tuple[str, tuple[Item, ...]]:
    event = args.word("an event")
    if event != _NEW or not args.at(b" ("):
        return event, ()
    if not selected:
        raise ProtocolError("items are told of new messages in the selected mailbox only")
    args.space("the items")
    return event, fetch_items(args)
