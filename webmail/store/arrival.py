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
INSERT INTO body (file, submitter, size, envelope, bodystructure, body, parts, preview)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""


def insert_body(transaction: Transaction, arrival: Arrival) -> int:
    """The rows of a message that is new here; the number of its body."""
    parsed = arrival.parsed
    body: int = transaction.value(_BODY, arrival.file, arrival.submitter, *body_values(parsed))
    _insert_header(transaction, body, parsed, _thread(transaction, body, parsed))
    _insert_text(transaction, body, parsed)
    return body


def rewrite_body(transaction: Transaction, body: int, parsed: Parsed) -> None:
    """The rows of a message that is here already, as this release makes them; its thread stays.

    What the index of words has of it may be too little then: `indexing.forget`.
    """
    transaction.do(
        "UPDATE body SET size = ?, envelope = ?, bodystructure = ?, body = ?, parts = ?, preview = ?"
        " WHERE id = ?",
        *body_values(parsed),
        body,
    )
    row = transaction.one("SELECT thread FROM header WHERE body = ?", body)
    _insert_header(transaction, body, parsed, row[0] if row else _thread(transaction, body, parsed))
    _insert_text(transaction, body, parsed)


def _insert_header(transaction: Transaction, body: int, parsed: Parsed, thread: int) -> None:
    transaction.do(
        f"INSERT OR REPLACE INTO header VALUES ({', '.join('?' * 18)})", body, *header_values(parsed), thread
    )


def _insert_text(transaction: Transaction, body: int, parsed: Parsed) -> None:
    transaction.do("INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?, ?)", body, *text_values(parsed))


def body_values(parsed: Parsed) -> tuple[object, ...]:
    """Columns `size` to `preview` of its row in `body`."""
    return (
        parsed.size,
        parsed.envelope,
        parsed.bodystructure,
        parsed.body,
        pack(parsed.sections),
        parsed.preview,
    )


def header_values(parsed: Parsed) -> tuple[object, ...]:
    """Columns `sent` to `refs` of its row in `header`."""
    return (
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
    )


def text_values(parsed: Parsed) -> tuple[object, ...]:
    """Columns `raw` to `complete` of its row in `text`."""
    return parsed.raw_header, parsed.header, parsed.text, parsed.complete


def _thread(transaction: Transaction, body: int, parsed: Parsed) -> int:
    """THREADID (RFC 8474, 5.2): that of the nearest message it refers to, or of its twin; else its own."""
    near = [*([parsed.message_id] if parsed.message_id else []), *reversed(parsed.references[-20:])]
    for message_id in near:
        row = transaction.one("SELECT thread FROM header WHERE message_id = ?", message_id)
        if row:
            return int(row[0])
    return body
