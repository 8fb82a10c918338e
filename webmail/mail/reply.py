"""Answering and forwarding: subject, recipients, the thread's chain and the quoted text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from webmail.mail.addresses import Person, wire_address
from webmail.mail.flowed import SIGNATURE
from webmail.mail.headers import clean, message_ids
from webmail.mail.text import quote

MAX_REFERENCES = 21  # the first and the last 20: enough to thread by, and short enough for every server
MAX_QUOTED = 262_144  # characters of a text that is quoted
MAX_SUBJECT = 1_000  # characters

_REPLY = re.compile(
    r"\s*+(?:(?:re|aw|antw|antwort|sv|vs|odp|ynt|回复|回覆|答复|答覆)(?:\s?\[\d{1,3}\]|\^\d{1,3})?\s?[:：]\s*+)++",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"\s*+(?:(?:fwd|fw|wg|tr|rv|vb|doorst|转发|轉寄)\s?[:：]\s*+)++", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recipients:
    to: tuple[Person, ...]
    cc: tuple[Person, ...]


def reply_subject(subject: str) -> str:
    """One `Re:`, whatever marks of that meaning were there."""
    return f"Re: {_without(_REPLY, subject)}"


def forward_subject(subject: str) -> str:
    """One `Fwd:`; a `Re:` behind it stays."""
    return f"Fwd: {_without(_FORWARD, subject)}"


def _without(marks: re.Pattern[str], subject: str) -> str:
    text = clean(subject)[:MAX_SUBJECT]
    match = marks.match(text)
    return text[match.end() :] if match else text


def reply_recipients(
    *,
    from_: Iterable[Person],
    reply_to: Iterable[Person],
    to: Iterable[Person],
    cc: Iterable[Person],
    own: Collection[str],
    everyone: bool,
) -> Recipients:
    """Whom an answer goes to: Reply-To before From; with `everyone` those of To and Cc, too, but not us.

    An answer to what one has sent oneself goes to those it went to.
    """
    mine = {_key(address) for address in own}
    senders, others, copies = _known(from_), _known(to), _known(cc)
    if senders and all(_key(person.address) in mine for person in senders):
        first, others = others, []
    else:
        first = _without_own(_known(reply_to), mine) or senders
    seen: set[str] = set()
    chosen = _once(first, seen)
    if everyone:
        chosen += _once(_without_own(others, mine), seen)
    kept = _once(_without_own(copies, mine), seen) if everyone else []
    return Recipients(tuple(chosen or senders), tuple(kept))


def _key(address: str) -> str:
    return wire_address(address).lower()


def _known(people: Iterable[Person]) -> list[Person]:
    return [person for person in people if person.address]


def _without_own(people: list[Person], mine: set[str]) -> list[Person]:
    return [person for person in people if _key(person.address) not in mine]


def _once(people: list[Person], seen: set[str]) -> list[Person]:
    chosen = list[Person]()
    for person in people:
        if _key(person.address) not in seen:
            seen.add(_key(person.address))
            chosen.append(person)
    return chosen


def references(
    message_id: str, references: bytes | str | None, in_reply_to: bytes | str | None
) -> tuple[str, ...]:
    """References of an answer (RFC 5322, 3.6.4): the parent's chain, or its In-Reply-To, and the parent."""
    answered = message_ids(in_reply_to)
    chain = message_ids(references) or (answered if len(answered) == 1 else ())
    last_seen = dict.fromkeys(reversed([*chain, *message_ids(message_id)]))  # each once, at its last place
    ids = tuple(reversed(last_seen))
    return ids if len(ids) <= MAX_REFERENCES else (ids[0], *ids[1 - MAX_REFERENCES :])


def reply_text(text: str, who: str, date: datetime | str, *, words: str = "On {date}, {who} wrote:") -> str:
    """The answered text quoted below a line that says whose it is; without its signature.

    `words` is a str.format text with `who` and `date`, in the language of the person who answers.
    """
    return f"{words.format(who=clean(who), date=_when(date))}\n{quote(_body(text))}\n"


def forward_text(
    text: str, header: Iterable[tuple[str, str]], *, heading: str = "---------- Forwarded message ----------"
) -> str:
    """The text as it was, below a heading and the pairs of label and value that tell where it comes from."""
    lines = [f"{label}: {clean(value)}" for label, value in header if value]
    return "\n".join([heading, *lines, "", _cut(text)]) + "\n"


def _when(date: datetime | str) -> str:
    return date if isinstance(date, str) else f"{date:%Y-%m-%d %H:%M}"


def _body(text: str) -> str:
    body, mark, _ = f"\n{_cut(text)}".rpartition(f"\n{SIGNATURE}\n")
    return (body if mark else _cut(text)).strip("\n")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "\n[…]"
