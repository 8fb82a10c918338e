"""The tables of an account's database."""

from __future__ import annotations

import sqlite3

from webmail.store.transaction import Transaction

VERSION = 1  # PRAGMA user_version; a newer file is refused, an older one would be brought up to date here

TABLES = (
    # One row. `modseq` is that of the newest change of the account, `uidvalidity` the last one given,
    # `indexed` the newest body whose text is in `words`. bytes and messages are what quota counts.
    """
CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    modseq INTEGER NOT NULL,
    uidvalidity INTEGER NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    quota_messages INTEGER,
    quota_bytes INTEGER,
    indexed INTEGER NOT NULL DEFAULT 0
) STRICT
""",
    # `keywords` is a JSON list; the keyword at n is bit FIRST_KEYWORD + n of message.flags. `forgotten`:
    # expunges up to this modseq are no longer in `expunged`. Counters spare STATUS a look at messages.
    """
CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    uidvalidity INTEGER NOT NULL,
    uidnext INTEGER NOT NULL DEFAULT 1,
    recent INTEGER NOT NULL DEFAULT 1,
    modseq INTEGER NOT NULL,
    forgotten INTEGER NOT NULL DEFAULT 0,
    use TEXT NOT NULL DEFAULT '',
    keywords TEXT NOT NULL DEFAULT '[]',
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    deleted_bytes INTEGER NOT NULL DEFAULT 0
) STRICT
""",
    "CREATE TABLE subscription (name TEXT PRIMARY KEY) STRICT",
    # A message as it was delivered, once, however many mailboxes hold it. `file` names its body and is
    # its EMAILID. envelope, body, bodystructure are what FETCH answers; parts are mail.sections packed.
    """
CREATE TABLE body (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    envelope BLOB NOT NULL,
    bodystructure BLOB NOT NULL,
    body BLOB NOT NULL,
    parts BLOB NOT NULL,
    preview TEXT NOT NULL,
    submitter TEXT
) STRICT
""",
    # What SEARCH and SORT look at, small so that a scan of a mailbox is quick. All texts are folded;
    # refs are Message-IDs, each on a line; sent is in seconds, sent_day in days, since 1970.
    """
CREATE TABLE header (
    body INTEGER PRIMARY KEY,
    sent INTEGER,
    sent_day INTEGER,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    cc TEXT NOT NULL,
    bcc TEXT NOT NULL,
    base_subject TEXT NOT NULL,
    reply INTEGER NOT NULL,
    from_key TEXT NOT NULL,
    to_key TEXT NOT NULL,
    cc_key TEXT NOT NULL,
    display_from TEXT NOT NULL,
    display_to TEXT NOT NULL,
    message_id TEXT,
    refs TEXT NOT NULL,
    thread INTEGER NOT NULL
) STRICT
""",
    "CREATE INDEX header_message_id ON header (message_id) WHERE message_id IS NOT NULL",
    # The header as it came and as SEARCH sees it, and the text; `complete` is 0 where it was too long.
    """
CREATE TABLE text (
    body INTEGER PRIMARY KEY,
    raw BLOB NOT NULL,
    header TEXT NOT NULL,
    text TEXT NOT NULL,
    complete INTEGER NOT NULL
) STRICT
""",
    # A search looks for these each time; without it, that was a scan of all texts.
    "CREATE INDEX text_incomplete ON text (complete) WHERE NOT complete",
    """
CREATE VIRTUAL TABLE words
USING fts5 (text, content='', detail='none', tokenize='trigram case_sensitive 1')
""",
    # `saved`: when it came into this mailbox (RFC 8514). `zone`: of internaldate, minutes east of UTC.
    """
CREATE TABLE message (
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    body INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    internaldate INTEGER NOT NULL,
    zone INTEGER NOT NULL,
    saved INTEGER NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID
""",
    "CREATE INDEX message_modseq ON message (mailbox, modseq)",
    "CREATE INDEX message_body ON message (body)",
    """
CREATE TABLE expunged (
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID
""",
    # Files of bodies that no row names any more, until they are removed.
    "CREATE TABLE orphan (file TEXT PRIMARY KEY) STRICT",
    """
CREATE TABLE acl (
    mailbox INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    rights TEXT NOT NULL,
    PRIMARY KEY (mailbox, identifier)
) STRICT, WITHOUT ROWID
""",
    # Mailbox 0 is the server itself. `owner`: '' for /shared entries, else whose /private entry it is.
    # Without a value it was taken away: its modseq still says when.
    """
CREATE TABLE metadata (
    mailbox INTEGER NOT NULL,
    owner TEXT NOT NULL,
    entry TEXT NOT NULL,
    value BLOB,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, owner, entry)
) STRICT, WITHOUT ROWID
""",
)


def create(transaction: Transaction, uidvalidity: int) -> bool:
    """Make the tables of a new account; whether they were missing."""
    version = transaction.value("PRAGMA user_version")
    if version > VERSION:
        raise sqlite3.NotSupportedError(f"made by a newer release (version {version})")
    if version:
        return False
    for statement in TABLES:
        transaction.do(statement)
    transaction.do("INSERT INTO account (id, modseq, uidvalidity) VALUES (1, 1, ?)", uidvalidity)
    transaction.do(f"PRAGMA user_version = {VERSION:d}")
    return True
