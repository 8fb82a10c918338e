"""What an IMAP server says, as values: the data model of replies (RFC 9051, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """RFC 9051, 7.5.2: an address of an envelope; bytes as they were sent."""

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 9051, 7.5.2."""

    date: bytes | None
    subject: bytes | None
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    in_reply_to: bytes | None
    message_id: bytes | None


@dataclass(frozen=True, slots=True)
class Part:
    """A node of BODYSTRUCTURE (RFC 9051, 7.5.2); types, names of parameters and encoding in lower case."""

    section: str  # "1.2"; "" for a multipart root; "1" for a message that is one part
    type: str
    subtype: str
    params: Mapping[str, bytes] = field(default_factory=dict)
    id: bytes | None = None  # Content-ID with its angle brackets
    description: bytes | None = None
    encoding: str = "7bit"
    size: int = 0  # octets, as encoded
    lines: int | None = None
    disposition: str | None = None
    disposition_params: Mapping[str, bytes] = field(default_factory=dict)
    envelope: Envelope | None = None  # of message/rfc822
    parts: tuple[Part, ...] = ()  # of multipart; the one body of message/rfc822


@dataclass(frozen=True, slots=True)
class Code:
    """A response code, `[NAME arguments]` (RFC 9051, 7.1)."""

    name: str  # upper case
    args: tuple[object, ...] = ()  # str, int, or nested tuples, as parsed; UIDs sets stay text


@dataclass(frozen=True, slots=True)
class Tagged:
    tag: str
    status: str  # OK, NO, BAD
    code: Code | None
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """An untagged OK, NO, BAD, BYE or PREAUTH."""

    status: str
    code: Code | None
    text: str


@dataclass(frozen=True, slots=True)
class Continuation:
    text: str


@dataclass(frozen=True, slots=True)
class Exists:
    count: int


@dataclass(frozen=True, slots=True)
class Recent:
    count: int


@dataclass(frozen=True, slots=True)
class Expunge:
    seq: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """RFC 7162, 3.2.10."""

    uids: str
    earlier: bool


@dataclass(frozen=True, slots=True)
class Capability:
    names: frozenset[str]  # upper case


@dataclass(frozen=True, slots=True)
class Enabled:
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flags:
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailboxList:
    """LIST or LSUB (RFC 9051, 7.3.1)."""

    flags: frozenset[str]  # lower case, with the backslash: \\noselect, \\sent
    delimiter: str | None
    name: str  # decoded from modified UTF-7 or UTF-8
    old_name: str | None = None  # before a RENAME that LIST reports (RFC 9051, 6.3.9.7)
    child_info: frozenset[str] = frozenset()  # upper case: SUBSCRIBED below it (RFC 5258, 3.5)


@dataclass(frozen=True, slots=True)
class Status:
    name: str
    values: Mapping[str, int]  # upper case: MESSAGES, UNSEEN, UIDNEXT, UIDVALIDITY, HIGHESTMODSEQ, SIZE


@dataclass(frozen=True, slots=True)
class Namespace:
    prefix: str
    delimiter: str | None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """RFC 2342."""

    personal: tuple[Namespace, ...]
    others: tuple[Namespace, ...]
    shared: tuple[Namespace, ...]


@dataclass(frozen=True, slots=True)
class Search:
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ESearch:
    """RFC 4731."""

    tag: str | None
    uid: bool
    values: Mapping[str, object]  # MIN, MAX, COUNT: int; ALL: str


@dataclass(frozen=True, slots=True)
class Quota:
    root: str
    resources: Mapping[str, tuple[int, int]]  # name: (usage, limit); STORAGE in units of 1024 octets


@dataclass(frozen=True, slots=True)
class QuotaRoot:
    mailbox: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Id:
    """RFC 2971: what the server says it is."""

    fields: Mapping[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class Fetch:
    """What one FETCH reply holds; None for what it did not say."""

    seq: int
    uid: int | None = None
    flags: tuple[str, ...] | None = None
    envelope: Envelope | None = None
    structure: Part | None = None
    internaldate: datetime | None = None
    size: int | None = None
    modseq: int | None = None
    sections: Mapping[str, bytes | None] = field(default_factory=dict)  # "BODY[1.2]<0>", "BINARY[1]"
    others: Mapping[str, object] = field(default_factory=dict)  # by name in upper case: X-GM-MSGID, PREVIEW


@dataclass(frozen=True, slots=True)
class Other:
    """A reply that we do not know; kept so that nothing breaks."""

    name: str
    data: tuple[object, ...]


Untagged = (
    Condition
    | Exists
    | Recent
    | Expunge
    | Vanished
    | Capability
    | Enabled
    | Flags
    | MailboxList
    | Status
    | Namespaces
    | Search
    | ESearch
    | Quota
    | QuotaRoot
    | Id
    | Fetch
    | Other
)
Reply = Tagged | Continuation | Untagged
