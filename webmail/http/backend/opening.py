"""Opening a message: one round trip the first time, flags only after that."""

from __future__ import annotations

from dataclasses import replace

from webmail.errors import Unavailable
from webmail.http.backend import sparing
from webmail.http.backend.listing import NO_ENVELOPE, ROW, flags_of, plain, row
from webmail.http.backend.model import Message
from webmail.http.backend.parts import Place, fetched
from webmail.http.backend.session import Session, mailbox_name
from webmail.mail.headers import message_ids, people
from webmail.wire.imap_fetch_items import header_fields
from webmail.wire.imap_replies import Fetch

REFERENCES = header_fields(("REFERENCES",))


async def opened(session: Session, spare: bool, folder: str, uidvalidity: int, uid: int) -> Message:
    """Raises NotFound if the message, or the folder as it was, is gone.

    `spare`: what of it can be without end is not asked for; its body is one text then.
    """
    place = Place(mailbox_name(folder), uidvalidity, uid)
    here = await session.select(place.folder, uidvalidity)
    known = session.shelf(here).messages.get(uid)
    if known is not None:
        news = await fetched(session, place, ("FLAGS",))
        return replace(known, summary=replace(known.summary, flags=flags_of(news.flags or ())))
    if spare:
        told = sparing.told(await fetched(session, place, sparing.ROW[1:]))
    else:
        told = await fetched(session, place, (*ROW[1:], REFERENCES))
    message = _message(place, told)
    session.cache.keep_message(session.key(here), message)
    return message


def _message(place: Place, told: Fetch) -> Message:
    if told.structure is None:
        raise Unavailable(detail=f"no BODYSTRUCTURE of UID {place.uid} in {place.folder}")
    envelope = told.envelope or NO_ENVELOPE
    references = b"".join(octets for octets in told.sections.values() if octets)
    return Message(
        folder=place.folder,
        uidvalidity=place.uidvalidity,
        summary=row(told),
        structure=told.structure,
        from_=people(envelope.from_),
        to=people(envelope.to),
        cc=people(envelope.cc),
        bcc=people(envelope.bcc),
        reply_to=people(envelope.reply_to),
        message_id=plain(envelope.message_id),
        in_reply_to=plain(envelope.in_reply_to),
        references=" ".join(message_ids(references)),
    )
