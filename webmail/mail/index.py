"""What is told of a message again and again, found in one pass when it is delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webmail.mail import charsets, envelope, keys, search_text, sections, structure, subject
from webmail.mail.address_list import NO_HOST, NO_MAILBOX
from webmail.mail.encoded_words import decode
from webmail.mail.entities import MAX_HEADERS, Octets, scan
from webmail.mail.fold import fold
from webmail.mail.search_text import MAX_PREVIEW, MAX_TEXT
from webmail.mail.sections import Section
from webmail.wire.imap_replies import Address

MAX_KEY = (
    256  # characters of what SORT compares, in which order no person sees more; it reads a whole mailbox
)

_SPREAD = re.compile(r'\s[@.]|@\s|\)|\\|"@')  # where an address may have other than its own characters

__all__ = ["MAX_HEADERS", "MAX_PREVIEW", "MAX_TEXT", "Octets", "Parsed", "Section", "parse"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Answers ready for the wire, offsets, keys and texts; keys and texts folded if not said otherwise."""

    size: int  # octets
    envelope: bytes  # ENVELOPE (RFC 9051, 7.5.2)
    body: bytes  # BODY
    bodystructure: bytes  # BODYSTRUCTURE
    sections: tuple[Section, ...]
    raw_header: bytes  # as it stands there, with its empty line; b"" if longer than MAX_HEADERS
    sent: int | None  # the Date in seconds since 1970 UTC
    sent_day: int | None  # the Date in days since 1970, time and zone disregarded, as SENTON compares it
    base_subject: str
    reply: bool  # the subject says that this answers something, or was forwarded
    from_key: str  # the mailbox of the first address
    to_key: str
    cc_key: str
    display_from: str  # the name of the first address, or the address (RFC 5957)
    display_to: str
    message_id: str | None  # in its angle brackets, not folded
    references: tuple[str, ...]  # the same; the parent last
    from_: str
    to: str
    cc: str
    bcc: str
    subject: str
    header: str  # every field on a line of its own, `name: value`
    text: str  # of all parts; like `header` at most MAX_TEXT characters
    complete: bool  # nothing was cut off from `header` and `text`
    preview: str  # at most MAX_PREVIEW characters, not folded (RFC 8970)


def parse(octets: Octets) -> Parsed:
    """Any octets, whether their lines end in CR LF, LF or both; never raises; linear in their number."""
    entities = scan(octets)
    root = entities[0]
    told = envelope.read(root.fields)
    body, bodystructure = structure.write(octets, entities)
    base, reply = subject.extract(decode(told.subject or b""))
    sent = keys.sent(told.date)
    ids = keys.message_ids(told.message_id)
    header, whole = search_text.header(root.fields)
    header = _folded(header)
    from_, to, cc, bcc, subject_ = search_text.values(header, "from", "to", "cc", "bcc", "subject")
    found = search_text.gather(octets, entities)
    text = _folded(found.text)
    return Parsed(
        size=len(octets),
        envelope=envelope.write(told),
        body=body,
        bodystructure=bodystructure,
        sections=sections.number(entities),
        raw_header=octets[: root.body] if root.body <= MAX_HEADERS else b"",
        sent=sent.moment if sent else None,
        sent_day=sent.day if sent else None,
        base_subject=_folded(base),
        reply=reply,
        from_key=_key(told.from_),
        to_key=_key(told.to),
        cc_key=_key(told.cc),
        display_from=_display(told.from_),
        display_to=_display(told.to),
        message_id=ids[0] if ids else None,
        references=keys.references(dict(root.fields).get(b"references"), told.in_reply_to),
        from_=_searched(from_, told.from_),
        to=_searched(to, told.to),
        cc=_searched(cc, told.cc),
        bcc=_searched(bcc, told.bcc),
        subject=subject_,
        header=header[:MAX_TEXT],
        text=text[:MAX_TEXT],
        complete=whole and found.complete and max(len(header), len(text)) <= MAX_TEXT,
        preview=found.preview,
    )


# RFC 9051, 6.4.4: what ENVELOPE tells is searched too, where blanks or comments stand in addresses
def _searched(text: str, addresses: tuple[Address, ...]) -> str:
    if _SPREAD.search(text) is None:
        return text
    plain = [b"%b@%b" % (each.mailbox, each.host) for each in addresses if each.mailbox and each.host]
    return text + "\n" + _folded(charsets.decode(b"\n".join(plain)))


# RFC 5256, 3, SORT: FROM, TO and CC
def _key(addresses: tuple[Address, ...]) -> str:
    mailbox = addresses[0].mailbox if addresses else None
    return "" if mailbox in {None, NO_MAILBOX} else _folded(charsets.decode(mailbox))[:MAX_KEY]


# RFC 5957, 2.2
def _display(addresses: tuple[Address, ...]) -> str:
    if not addresses:
        return ""
    first = addresses[0]
    if first.name:
        return _folded(decode(first.name))[:MAX_KEY]
    said = [part for part in (first.mailbox, first.host) if part not in {None, NO_MAILBOX, NO_HOST}]
    return _folded(charsets.decode(b"@".join(said)))[:MAX_KEY]


def _folded(text: str) -> str:
    """Without NUL, at which some databases take a text to end."""
    return fold(text.replace("\0", "\ufffd"))
