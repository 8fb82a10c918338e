"""A message's ENVELOPE: read from its header fields, and written for the wire (RFC 9051, 7.5.2)."""

from __future__ import annotations

from collections.abc import Sequence

from webmail.mail.address_list import MAX_ADDRESSES, parse
from webmail.mail.nstring import nstring
from webmail.wire.imap_replies import Address, Envelope

Fields = Sequence[tuple[bytes, bytes]]  # names in lower case, unfolded values

_LISTS = frozenset((b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc"))
_STRINGS = frozenset((b"date", b"subject", b"in-reply-to", b"message-id"))


def read(fields: Fields, room: int = MAX_ADDRESSES) -> Envelope:
    """Of a field that is there twice the last counts; address lists are joined, so that none hides.

    Dovecot does both. An empty list is none, and Sender and Reply-To are those of From then. There are
    no more than `room` addresses; the rest is left out.
    """
    strings: dict[bytes, bytes] = {}
    lists: dict[bytes, tuple[Address, ...]] = {}
    for name, value in fields:
        if name in _STRINGS:
            strings[name] = value
        elif name in _LISTS and room > 0:
            found = parse(value, room)
            room -= len(found)
            lists[name] = (*lists.get(name, ()), *found)
    authors = lists.get(b"from", ())
    subject = strings.get(b"subject")
    return Envelope(
        strings.get(b"date"),
        subject if subject is None else b" ".join(subject.split()),
        authors,
        lists.get(b"sender") or authors,
        lists.get(b"reply-to") or authors,
        lists.get(b"to", ()),
        lists.get(b"cc", ()),
        lists.get(b"bcc", ()),
        strings.get(b"in-reply-to"),
        strings.get(b"message-id"),
    )


def count(envelope: Envelope) -> int:
    """How many addresses it names, those of Sender and Reply-To only where they are others than From's."""
    lists = {id(each): len(each) for each in (envelope.from_, envelope.sender, envelope.reply_to)}
    return sum(lists.values()) + len(envelope.to) + len(envelope.cc) + len(envelope.bcc)


def write(envelope: Envelope) -> bytes:
    """The parenthesised list; NUL becomes U+FFFD."""
    authors = _addresses(envelope.from_)
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(envelope.date),
        nstring(envelope.subject),
        authors,
        authors if envelope.sender is envelope.from_ else _addresses(envelope.sender),
        authors if envelope.reply_to is envelope.from_ else _addresses(envelope.reply_to),
        _addresses(envelope.to),
        _addresses(envelope.cc),
        _addresses(envelope.bcc),
        nstring(envelope.in_reply_to),
        nstring(envelope.message_id),
    )


def _addresses(addresses: tuple[Address, ...]) -> bytes:
    if not addresses:
        return b"NIL"
    return b"(%b)" % b"".join([_address(address) for address in addresses])


def _address(address: Address) -> bytes:
    return b"(%b %b %b %b)" % (
        nstring(address.name),
        nstring(address.route),
        nstring(address.mailbox),
        nstring(address.host),
    )
