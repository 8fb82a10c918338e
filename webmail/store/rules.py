"""What holds in the database of every account: queries for what does not, and how it is put right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from webmail.store import flags, mailboxes, messages
from webmail.store.mailboxes import INBOX, Mailbox
from webmail.store.transaction import Transaction

RECOVERED = "Recovered"  # the mailbox of messages that belong nowhere

Mend = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`query` finds a row for each fault, and `text` tells of it; `mend` puts all of them right at once."""

    text: str
    query: str
    mend: Mend


def recovered(transaction: Transaction) -> Mailbox:
    """The mailbox for what belongs nowhere, made if need be."""
    return mailboxes.find(transaction, RECOVERED) or mailboxes.create(transaction, RECOVERED)


def _by(*statements: str) -> Mend:
    def mend(transaction: Transaction) -> None:
        for statement in statements:
            transaction.do(statement)

    return mend


def _make_inbox(transaction: Transaction) -> None:
    mailboxes.create(transaction, INBOX)


def _rehouse(transaction: Transaction) -> None:
    rows = transaction.all(f"""
        SELECT m.body, m.flags & {(1 << flags.FIRST_KEYWORD) - 1}, m.internaldate, m.zone, b.size
        FROM message m JOIN body b ON b.id = m.body {_NOWHERE}
    """)
    if rows:
        messages.place(transaction, recovered(transaction), rows)
    transaction.do(f"DELETE FROM message AS m {_NOWHERE}")


def _rehouse_bodies(transaction: Transaction) -> None:
    rows = transaction.all(
        f"""
        SELECT b.id, 0, ifnull(h.sent, ?), 0, b.size
        FROM body b LEFT JOIN header h ON h.body = b.id {_UNUSED}
        """,
        int(time.time()),
    )
    messages.place(transaction, recovered(transaction), rows)


def _expunge(transaction: Transaction) -> None:
    for mailbox, uid in transaction.all(f"SELECT mailbox, uid FROM message {_BODILESS}"):
        messages.remove(transaction, mailbox, [uid])


_NOWHERE = "WHERE m.mailbox NOT IN (SELECT id FROM mailbox)"
_UNUSED = "WHERE b.id NOT IN (SELECT body FROM message)"
_BODILESS = "WHERE body NOT IN (SELECT id FROM body)"
_KNOWN_BITS = f"({flags.FIRST_KEYWORD} + json_array_length(b.keywords))"
_ORPHANED_ROWS = {
    "expunged": "mailbox NOT IN (SELECT id FROM mailbox)",
    "acl": "mailbox NOT IN (SELECT id FROM mailbox)",
    "metadata": "mailbox NOT IN (SELECT 0 UNION SELECT id FROM mailbox)",
}
_COUNTED = f"""
    SELECT b.id, count(m.uid) AS messages, ifnull(sum(m.size), 0) AS bytes,
        count(m.uid) FILTER (WHERE NOT m.flags & {flags.SEEN}) AS unseen,
        count(m.uid) FILTER (WHERE m.flags & {flags.DELETED}) AS deleted,
        ifnull(sum(m.size) FILTER (WHERE m.flags & {flags.DELETED}), 0) AS deleted_bytes
    FROM mailbox b LEFT JOIN message m ON m.mailbox = b.id GROUP BY b.id
"""
_COUNTERS = "messages, bytes, unseen, deleted, deleted_bytes"
_GIVEN = """
    SELECT mailbox, max(uid) AS uid, max(modseq) AS modseq
    FROM (SELECT mailbox, uid, modseq FROM message UNION ALL SELECT mailbox, uid, modseq FROM expunged)
    GROUP BY mailbox
"""
_CHANGES = "SELECT modseq FROM mailbox UNION ALL SELECT modseq FROM metadata"
_TAKEN = "EXISTS (SELECT 1 FROM mailbox o WHERE o.uidvalidity = b.uidvalidity AND o.id < b.id)"
_NEWEST_UIDVALIDITY = """
    UPDATE account SET uidvalidity = max(uidvalidity, (SELECT max(uidvalidity) FROM mailbox))
"""

# In this order: the later ones count what the earlier ones leave.
RULES = (
    Rule(
        "there is no INBOX",
        f"SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM mailbox WHERE name = '{INBOX}')",
        _make_inbox,
    ),
    Rule(
        "body {} is to be removed, and is in use",
        "SELECT file FROM orphan WHERE file IN (SELECT file FROM body)",
        _by("DELETE FROM orphan WHERE file IN (SELECT file FROM body)"),
    ),
    Rule(
        "message {} is in mailbox number {}, which there is not",
        f"SELECT m.uid, m.mailbox FROM message m {_NOWHERE}",
        _rehouse,
    ),
    Rule(
        "{}: message {} has no body",
        f"SELECT b.name, m.uid FROM message m JOIN mailbox b ON b.id = m.mailbox {_BODILESS}",
        _expunge,
    ),
    Rule(
        "body {} is in no mailbox",
        f"SELECT b.file FROM body b {_UNUSED}",
        _rehouse_bodies,
    ),
    Rule(
        "there are texts of body number {}, which there is not",
        f"SELECT body FROM header {_BODILESS} UNION SELECT body FROM text {_BODILESS}",
        _by(f"DELETE FROM header {_BODILESS}", f"DELETE FROM text {_BODILESS}"),
    ),
    Rule(
        "{}: message {} has {} bytes, its body {}",
        """
        SELECT b.name, m.uid, m.size, o.size FROM message m JOIN body o ON o.id = m.body
        JOIN mailbox b ON b.id = m.mailbox WHERE m.size != o.size
        """,
        _by("UPDATE message SET size = o.size FROM body o WHERE o.id = message.body"),
    ),
    Rule(
        "{}: message {} has flags without a name",
        f"""
        SELECT b.name, m.uid FROM message m JOIN mailbox b ON b.id = m.mailbox
        WHERE m.flags >> {_KNOWN_BITS}
        """,
        _by(
            f"""
            UPDATE message SET flags = flags & ((1 << {_KNOWN_BITS}) - 1)
            FROM mailbox b WHERE b.id = message.mailbox AND flags >> {_KNOWN_BITS}
            """
        ),
    ),
    Rule(
        "{}: message {} is there, and noted as expunged",
        """
        SELECT b.name, m.uid FROM message m JOIN expunged USING (mailbox, uid)
        JOIN mailbox b ON b.id = m.mailbox
        """,
        _by("DELETE FROM expunged WHERE (mailbox, uid) IN (SELECT mailbox, uid FROM message)"),
    ),
    *(
        Rule(
            f"{table}: {{}} rows are of mailboxes that there are not",
            f"SELECT count(*) FROM {table} WHERE {where} HAVING count(*)",
            _by(f"DELETE FROM {table} WHERE {where}"),
        )
        for table, where in _ORPHANED_ROWS.items()
    ),
    Rule(
        "{}: uidvalidity {} is another mailbox’s too, or later than the account’s",
        f"""
        SELECT b.name, b.uidvalidity FROM mailbox b
        WHERE b.uidvalidity > (SELECT uidvalidity FROM account) OR {_TAKEN}
        """,
        _by(
            _NEWEST_UIDVALIDITY,
            f"""
            UPDATE mailbox AS b SET uidvalidity = (SELECT uidvalidity FROM account) + b.id WHERE {_TAKEN}
            """,
            _NEWEST_UIDVALIDITY,
        ),
    ),
    Rule(
        "{}: the next uid is {}, but {} was given",
        f"""
        SELECT b.name, b.uidnext, g.uid FROM mailbox b JOIN ({_GIVEN}) g ON g.mailbox = b.id
        WHERE g.uid >= b.uidnext
        """,
        _by(
            f"""
            UPDATE mailbox AS b SET uidnext = g.uid + 1
            FROM ({_GIVEN}) g WHERE g.mailbox = b.id AND g.uid >= b.uidnext
            """
        ),
    ),
    Rule(
        "{}: recent messages begin at {}, after the next uid, {}",
        "SELECT name, recent, uidnext FROM mailbox WHERE recent > uidnext",
        _by("UPDATE mailbox SET recent = min(recent, uidnext)"),
    ),
    Rule(
        "{}: mod-sequence {} is older than that of a change, {}",
        f"""
        SELECT b.name, b.modseq, max(b.forgotten, ifnull(g.modseq, 0)) AS newest
        FROM mailbox b LEFT JOIN ({_GIVEN}) g ON g.mailbox = b.id WHERE newest > b.modseq
        """,
        _by(
            "UPDATE mailbox SET modseq = max(modseq, forgotten)",
            f"""
            UPDATE mailbox AS b SET modseq = max(b.modseq, g.modseq)
            FROM ({_GIVEN}) g WHERE g.mailbox = b.id
            """,
        ),
    ),
    Rule(
        "the account’s mod-sequence {} is older than that of a change, {}",
        f"""
        SELECT a.modseq, max(c.modseq) AS newest FROM account a, ({_CHANGES}) c HAVING newest > a.modseq
        """,
        _by(f"UPDATE account SET modseq = (SELECT max(modseq) FROM ({_CHANGES}))"),
    ),
    Rule(
        "{}: counted as {} messages, {} bytes, {} unseen, {} deleted, {} bytes deleted;"
        " it is {}, {}, {}, {}, {}",
        f"""
        SELECT b.name, b.messages, b.bytes, b.unseen, b.deleted, b.deleted_bytes,
            c.messages, c.bytes, c.unseen, c.deleted, c.deleted_bytes
        FROM mailbox b JOIN ({_COUNTED}) c USING (id)
        WHERE (b.messages, b.bytes, b.unseen, b.deleted, b.deleted_bytes)
            IS NOT (c.messages, c.bytes, c.unseen, c.deleted, c.deleted_bytes)
        """,
        _by(
            f"""
            UPDATE mailbox AS b SET ({_COUNTERS})
                = (c.messages, c.bytes, c.unseen, c.deleted, c.deleted_bytes)
            FROM ({_COUNTED}) c WHERE c.id = b.id
            """
        ),
    ),
    Rule(
        "the account is counted as {} messages, {} bytes; it is {}, {}",
        """
        SELECT a.messages, a.bytes, ifnull(sum(b.messages), 0) AS number, ifnull(sum(b.bytes), 0) AS octets
        FROM account a, mailbox b HAVING a.messages != number OR a.bytes != octets
        """,
        _by("UPDATE account SET (messages, bytes) = (SELECT sum(messages), sum(bytes) FROM mailbox)"),
    ),
)
