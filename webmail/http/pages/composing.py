"""A letter while it is being written: what travels between page and server, and the message made of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from webmail.errors import BadRequest
from webmail.http.forms import Form
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.mail.addresses import ascii_domain
from webmail.mail.compose import Attached, Encoded, Outgoing
from webmail.mail.headers import BadAddress, Person, clean, message_ids, parse_recipients

COMPOSE = re.compile(r"[0-9a-f]{32}")
HOWS = ("new", "reply", "replyall", "forward", "attach", "edit", "draft")
RECIPIENT_FIELDS = ("to", "cc", "bcc")
NAMELESS = "."  # stands in `replaces` for an older draft without a Message-ID
MAX_TEXT = 8 * 1024 * 1024  # characters; a book has one million
MAX_LINE = 100_000  # characters of one header field: thousands of recipients
MAX_REFERENCES = 100  # RFC 5322 sets none; the thread is found by the last few
MAX_KEPT = 2000  # files that one letter may name


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies at the backend."""

    folder: str
    uidvalidity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.uidvalidity}.{self.uid}.{self.folder}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The inverse of `str`; None for anything else."""
        found = re.fullmatch(r"([0-9]{1,10})\.([0-9]{1,10})\.([^\0\r\n]{1,1000})", text)
        return cls(found[3], int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as the page shows it; name and size find it again when its id went with a session."""

    id: str
    size: int
    name: str

    def __str__(self) -> str:
        return f"{self.id} {self.size} {self.name}"

    @classmethod
    def parse(cls, text: str) -> Kept | None:
        """The inverse of `str`; None for anything else."""
        found = re.fullmatch(r"([0-9a-f]{16,64}) ([0-9]{1,15}) ([^\0\r\n]{1,300})", text)
        return cls(found[1], int(found[2]), found[3]) if found else None

    @classmethod
    def of(cls, file: File) -> Kept:
        return cls(file.id, file.size, file.name)


@dataclass(frozen=True, slots=True)
class Letter:
    """The fields of the page, as typed; nothing of it is kept by the server."""

    compose: str  # 32 hex digits: names the files in the spool, and makes sending idempotent
    how: str = "new"
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    origin: Place | None = None  # what is answered or forwarded
    saved: Place | None = None  # the copy in Drafts
    replaces: str = ""  # Message-ID of an older draft that this letter takes the place of, or NAMELESS
    kept: tuple[Kept, ...] = ()  # the files that the page shows

    @property
    def bulk(self) -> int:
        """Characters that are worked through to make a message of it."""
        return sum(map(len, (self.text, self.subject, self.to, self.cc, self.bcc)))

    def hidden(self) -> list[tuple[str, str]]:
        """The fields that the page carries unseen, without the files."""
        return [
            ("compose", self.compose),
            ("how", self.how),
            ("in_reply_to", " ".join(self.in_reply_to)),
            ("references", " ".join(self.references)),
            ("origin", str(self.origin or "")),
            ("saved", str(self.saved or "")),
            ("replaces", self.replaces),
        ]


def new_compose() -> str:
    return secrets.token_hex(16)


def check_compose(text: str) -> str:
    """The id of a letter. Raises BadRequest."""
    if not COMPOSE.fullmatch(text):
        raise BadRequest(detail="compose id")
    return text


def letter_of(form: Form) -> Letter:
    """The letter that the page posted. Raises BadRequest."""
    how = form.one("how", "new")
    return Letter(
        compose=check_compose(form.one("compose")),
        how=how if how in HOWS else "new",
        to=one_line(form.one("to"), ", "),
        cc=one_line(form.one("cc"), ", "),
        bcc=one_line(form.one("bcc"), ", "),
        subject=one_line(form.one("subject")),
        text=_bounded(form.one("text"), MAX_TEXT),
        in_reply_to=_ids(form.one("in_reply_to"))[-1:],
        references=_ids(form.one("references")),
        origin=Place.parse(form.one("origin")),
        saved=Place.parse(form.one("saved")),
        replaces=_replaces(form.one("replaces")),
        kept=tuple(kept for text in form.all("kept")[:MAX_KEPT] if (kept := Kept.parse(text))),
    )


def one_line(text: str, between: str = " ") -> str:
    """What was typed or pasted, with its line breaks made harmless and controls removed."""
    lines = (clean(line) for line in _bounded(text, MAX_LINE).splitlines())
    return between.join(line for line in lines if line)


def message_id(compose: str, address: str) -> str:
    """The Message-ID that belongs to this letter for good: its drafts and its sending share it."""
    domain = ascii_domain(address.rpartition("@")[2])
    return f"<{compose}@{domain or 'localhost'}>"


@dataclass(frozen=True, slots=True)
class Recipients:
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Each address once, in the order of the fields."""
        return tuple(dict.fromkeys(person.address for person in (*self.to, *self.cc, *self.bcc)))


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a field, as a msgid with its values; `field` is empty for the letter as a whole."""

    field: str
    text: str
    values: tuple[tuple[str, str], ...] = ()


def recipients(letter: Letter) -> tuple[Recipients, list[Complaint]]:
    """Whom the letter goes to; a complaint for each field that can't be read."""
    found, complaints = {}, []
    for name in RECIPIENT_FIELDS:
        try:
            found[name] = parse_recipients(getattr(letter, name))
        except BadAddress as error:
            text = N_("“{address}” is not a whole e-mail address.")
            complaints.append(Complaint(name, text, (("address", error.text[:200]),)))
    if not complaints and not any(found.values()):
        complaints.append(Complaint("to", N_("Say who this goes to.")))
    return Recipients(**found), complaints


def legible(text: str) -> tuple[Person, ...]:
    """Those of the recipients of a draft that can be read already."""
    try:
        return parse_recipients(text)
    except BadAddress:
        pass
    people: list[Person] = []
    for piece in re.split(r"[,;]", text):
        try:
            people.extend(parse_recipients(piece))
        except BadAddress:
            continue
    return tuple(people)


def outgoing(
    letter: Letter, text: Encoded, whom: Recipients, sender: Person, files: Sequence[File], now: datetime
) -> Outgoing:
    """The message as it goes out; `text` is the letter's."""
    return Outgoing(
        sender=sender,
        to=whom.to,
        cc=whom.cc,
        bcc=whom.bcc,
        subject=letter.subject,
        text=text,
        message_id=message_id(letter.compose, sender.address),
        date=now,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        attachments=tuple(map(attached, files)),
    )


def with_files(letter: Letter, files: Iterable[File]) -> Letter:
    return replace(letter, kept=tuple(Kept.of(file) for file in files))


def attached(file: File) -> Attached:
    type_, _, encoding = file.type.partition(";")
    return Attached(file.name, type_, file.size, file.open, "7bit" if encoding == "7bit" else "8bit")


def _ids(text: str) -> tuple[str, ...]:
    return message_ids(one_line(text).encode("utf-8", "replace"))[-MAX_REFERENCES:]


def _replaces(text: str) -> str:
    return NAMELESS if text == NAMELESS else "".join(_ids(text)[:1])


def _bounded(text: str, limit: int) -> str:
    if len(text) > limit:
        raise BadRequest(N_("This text is too long. Nothing was changed."))
    return text
