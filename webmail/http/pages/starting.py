"""How a letter begins: empty, from a link, as an answer, as a forward, or from a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit

from webmail.errors import BadRequest
from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Message
from webmail.http.pages import copying, drafting, formats
from webmail.http.pages.composing import COMPOSE, HOWS, Letter, Place, new_compose, one_line, with_files
from webmail.http.pages.copying import Copied
from webmail.http.pages.desk import Desk
from webmail.http.pages.formats import local, long_when
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.mail import reply

MAX_MAILTO = 32_768  # characters of a link; the request line ends far before
LEFT_OUT = N_("There was no room for these files: {names}.")
FORWARDED = N_("---------- Forwarded message ----------")
WROTE = N_("On {date}, {who} wrote:")
SOMEBODY = N_("somebody")
SHOWN_NAMES = 5  # of files that were left out


@dataclass(frozen=True, slots=True)
class Started:
    letter: Letter
    files: tuple[File, ...]  # that it begins with
    notes: tuple[str, ...] = ()


async def start(at: Desk, query: Mapping[str, str]) -> Started:
    """The letter that a link asks for. Raises NotFound if its message is gone, BadRequest."""
    how = query.get("how", "new")
    if how not in HOWS:
        raise BadRequest(detail="how")
    compose = await _compose(at, query.get("compose", ""))
    if how == "new":
        letter = from_link(compose, query)
        files = await at.spooled(compose)
        return Started(with_files(letter, files), files)
    place = _place(query)
    async with at.lease() as box:
        message = await box.open(place.folder, place.uidvalidity, place.uid)
        if how == "draft":
            letter = await drafting.reopen(at, box, message, place, compose)
        else:
            letter = await _from_message(at, box, how, message, place, compose)
    return await _with_its_files(at, letter, how, message)


def from_link(compose: str, query: Mapping[str, str]) -> Letter:
    """A new letter with the fields of a link of ours, or of a mailto: link (RFC 6068)."""
    fields = {name.lower(): value for name, value in query.items()}
    if "mailto" in fields:
        fields = mailto(fields["mailto"])
    return Letter(
        compose=compose,
        to=one_line(fields.get("to", ""), ", "),
        cc=one_line(fields.get("cc", ""), ", "),
        bcc=one_line(fields.get("bcc", ""), ", "),
        subject=one_line(fields.get("subject", "")),
        text=fields.get("body", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""),
    )


def mailto(link: str) -> dict[str, str]:
    """The fields of a mailto: link; of what else it may name (RFC 6068, 4) nothing is taken."""
    try:
        parts = urlsplit(link[:MAX_MAILTO])
    except ValueError:
        return {}
    if parts.scheme.lower() != "mailto":
        return {}
    fields = {"to": unquote(parts.path)}
    for name, value in parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True):
        key = name.lower()
        if key in {"to", "cc", "bcc"} and fields.get(key):
            fields[key] += f", {value}"
        elif key in {"to", "cc", "bcc", "subject", "body"}:
            fields[key] = value
    return fields


async def _compose(at: Desk, asked: str) -> str:
    """The id that a reload asks for again; a new one if a letter was handed in under it already."""
    if not COMPOSE.fullmatch(asked) or await at.here.outbox.find(at.session.user.uid, asked) is not None:
        return new_compose()
    return asked


def _place(query: Mapping[str, str]) -> Place:
    place = Place.parse(f"{query.get('uidvalidity', '')}.{query.get('uid', '')}.{query.get('folder', '')}")
    if place is None:
        raise BadRequest(detail="folder, uidvalidity or uid")
    return place


async def _from_message(at: Desk, box: Box, how: str, message: Message, place: Place, compose: str) -> Letter:
    letter = Letter(compose=compose, how=how, origin=place)
    if how == "edit":
        return replace(
            letter,
            how="new",
            origin=None,
            to=drafting.typed(message.to),
            cc=drafting.typed(message.cc),
            bcc=drafting.typed(message.bcc),
            subject=message.summary.subject,
            text=await copying.text_of(box, message),
        )
    letter = replace(
        letter,
        in_reply_to=(message.message_id,) if message.message_id else (),
        references=reply.references(message.message_id, message.references, message.in_reply_to),
    )
    if how == "attach":
        return replace(letter, subject=reply.forward_subject(message.summary.subject))
    text = await copying.text_of(box, message)
    if how == "forward":
        return replace(
            letter,
            subject=reply.forward_subject(message.summary.subject),
            text="\n\n" + reply.forward_text(text, _facts(at, message), heading=at.translate(FORWARDED)),
        )
    return _answer(at, letter, message, text)


def _answer(at: Desk, letter: Letter, message: Message, text: str) -> Letter:
    whom = reply.reply_recipients(
        from_=message.from_,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
        own=(at.sender.address,),
        everyone=letter.how == "replyall",
    )
    who = formats.names(message.from_) or at.translate(SOMEBODY)
    quoted = reply.reply_text(text, who, _when(at, message), words=at.translate(WROTE))
    return replace(
        letter,
        to=drafting.typed(whom.to),
        cc=drafting.typed(whom.cc),
        subject=reply.reply_subject(message.summary.subject),
        text=f"\n\n{quoted}",
    )


def _facts(at: Desk, message: Message) -> list[tuple[str, str]]:
    """What a forwarded message says of where it comes from."""
    _ = at.translate
    return [
        (_(N_("From")), drafting.typed(message.from_)),
        (_(N_("Date")), _when(at, message)),
        (_(N_("Subject")), message.summary.subject),
        (_(N_("To")), drafting.typed(message.to)),
        (_(N_("Cc")), drafting.typed(message.cc)),
    ]


def _when(at: Desk, message: Message) -> str:
    return long_when(local(message.summary.date, at.zone), at.translate)


async def _with_its_files(at: Desk, letter: Letter, how: str, message: Message) -> Started:
    """The letter with what its message had attached; in an answer that is left behind."""
    there = await at.spooled(letter.compose)
    copied = Copied(there=there)
    if how == "attach":
        copied = await copying.copy_whole(at, letter, message, there)
    elif how == "draft" and not letter.replaces and there:
        pass  # a reload: the files are still here
    elif how in {"forward", "edit", "draft"}:
        copied = await copying.copy_attachments(at, letter, message, there)
    names = ", ".join(copied.left_out[:SHOWN_NAMES]) + (", …" if len(copied.left_out) > SHOWN_NAMES else "")
    notes = (at.translate(LEFT_OUT).format(names=names),) if names else ()
    return Started(with_files(letter, copied.there), copied.there, notes)
