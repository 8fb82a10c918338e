"""A message that is to be delivered: received, parsed, and the rows that come of it."""

from __future__ import annotations

from dataclasses import dataclass

from webmail.mail.index import Parsed
from webmail.mail.sections import pack
from webmail.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Arrival:
    """A settled message and what the mailbox is to say of it: internaldate in seconds, zone in minutes."""

    file: str
    parsed: Parsed
    flags: tuple[str, ...]
    internaldate: int
    zone: int
    submitter: str | None = None

    @property
    def size(self) -> int:
        return self.parsed.size


_BODY = """
INSERT INTO body (file, size, envelope, bodystructure, body, parts, preview, submitter)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""


def insert_body(transaction: Transaction, arrival: Arrival) -> int:
    """The rows of a message that is new here; the number of its body."""
    parsed = arrival.parsed
    body: int = transaction.value(
        _BODY,
        arrival.file,
        parsed.size,
        parsed.envelope,
        parsed.bodystructure,
        parsed.body,
        pack(parsed.sections),
        parsed.preview,
        arrival.submitter,
    )
    transaction.do(f"INSERT INTO header VALUES ({', '.join('?' * 18)})", *_header(transaction, body, parsed))
    transaction.do(
        "INSERT INTO text VALUES (?, ?, ?, ?, ?)",
        body, parsed.raw_header, parsed.header, parsed.text, parsed.complete,
    )  # fmt: skip
    return body


def _header(transaction: Transaction, body: int, parsed: Parsed) -> tuple[object, ...]:
    return (
        body,
        parsed.sent,
        parsed.sent_day,
        parsed.subject,
        parsed.from_,
        parsed.to,
        parsed.cc,
        parsed.bcc,
        parsed.base_subject,
        parsed.reply,
        parsed.from_key,
        parsed.to_key,
        parsed.cc_key,
        parsed.display_from,
        parsed.display_to,
        parsed.message_id,
        "\n".join(parsed.references),
        _thread(transaction, body, parsed),
    )


def _thread(transaction: Transaction, body: int, parsed: Parsed) -> int:
    """THREADID (RFC 8474, 5.2): that of the nearest message it refers to, or of its twin; else its own."""
    near = [*([parsed.message_id] if parsed.message_id else []), *reversed(parsed.references[-20:])]
    for message_id in near:
        row = transaction.one("SELECT thread FROM header WHERE message_id = ?", message_id)
        if row:
            return int(row[0])
    return body
