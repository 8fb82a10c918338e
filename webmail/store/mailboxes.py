"""Mailboxes: made, renamed, deleted, found, counted, subscribed to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webmail.errors import AlreadyExists, BadRequest, NotAllowed, NotFound
from webmail.i18n import N_
from webmail.notify import Event
from webmail.store.sweep import release
from webmail.store.transaction import Row, Transaction

DELIMITER = "/"
INBOX = "INBOX"
MAX_NAME = 1000  # octets of a name
MAX_DEPTH = 50  # names in each other
MAX_MAILBOXES = 10_000  # of an account: LIST and the snapshots of clients stay in bounds
MAX_SUBSCRIPTIONS = 10_000
MAX_RIGHTS = 100_000  # lines of lists of rights of an account: each LIST reads them all

# Made with the account, as mail programs expect them (RFC 6154)
FIRST = {
    INBOX: "",
    "Drafts": "\\Drafts",
    "Sent": "\\Sent",
    "Archive": "\\Archive",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
}
USES = ("\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")

_CONTROL = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A row of the table; `use` is a special use or empty."""

    id: int
    name: str
    uidvalidity: int
    uidnext: int
    recent: int  # the first uid that nobody was told of as \Recent
    modseq: int
    use: str
    messages: int
    bytes: int
    unseen: int
    deleted: int
    deleted_bytes: int

    @property
    def objectid(self) -> str:
        """RFC 8474, 4: the same for as long as the mailbox lives, whatever its name is."""
        return f"M{self.uidvalidity}-{self.id}"


_FIELDS = (
    "id, name, uidvalidity, uidnext, recent, modseq, use, messages, bytes, unseen, deleted, deleted_bytes"
)


def _mailbox(row: Row) -> Mailbox:
    return Mailbox(*row)


def find(transaction: Transaction, name: str) -> Mailbox | None:
    row = transaction.one(f"SELECT {_FIELDS} FROM mailbox WHERE name = ?", canonical(name))
    return _mailbox(row) if row else None


def get(transaction: Transaction, name: str) -> Mailbox:
    """The mailbox of that name. Raises NotFound."""
    found = find(transaction, name)
    if found is None:
        raise NotFound(N_("There is no folder of that name."))
    return found


def by_id(transaction: Transaction, mailbox: int) -> Mailbox:
    """Raises NotFound."""
    row = transaction.one(f"SELECT {_FIELDS} FROM mailbox WHERE id = ?", mailbox)
    if row is None:
        raise NotFound(N_("There is no folder of that name."))
    return _mailbox(row)


def all_of(transaction: Transaction) -> list[Mailbox]:
    """Every mailbox by name; INBOX first."""
    rows = transaction.all(f"SELECT {_FIELDS} FROM mailbox ORDER BY name != ?, name", INBOX)
    return [_mailbox(row) for row in rows]


def recent(transaction: Transaction, mailbox: Mailbox) -> int:
    r"""How many messages nobody was told of as \Recent (RFC 3501, 6.3.10)."""
    if mailbox.recent >= mailbox.uidnext:
        return 0
    count = "SELECT count(*) FROM message WHERE mailbox = ? AND uid >= ?"
    return int(transaction.value(count, mailbox.id, mailbox.recent))


def canonical(name: str) -> str:
    """INBOX, and what is below it, in the one spelling it has (RFC 9051, 5.1)."""
    head, slash, rest = name.partition(DELIMITER)
    return INBOX + slash + rest if head.lower() == INBOX.lower() else name  # upper() makes one of `ı`, too


def checked(name: str) -> str:
    """The name as a mailbox can have it. Raises BadRequest."""
    name = canonical(name)
    parts = name.split(DELIMITER)
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME or len(parts) > MAX_DEPTH:
        raise BadRequest(N_("This name is too long."))
    if not all(parts) or _CONTROL.search(name) or any(part in {".", ".."} for part in parts):
        raise BadRequest(N_("A folder cannot have this name."))
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadRequest(N_("A folder cannot have this name.")) from None
    return name


def make_first(transaction: Transaction) -> None:
    for name, use in FIRST.items():
        _insert(transaction, name, use)
        transaction.do("INSERT INTO subscription VALUES (?)", name)


def create(transaction: Transaction, name: str, use: str = "") -> Mailbox:
    """A new mailbox. Raises AlreadyExists, BadRequest, NotAllowed (too many; the use is taken)."""
    name = checked(name)
    if find(transaction, name):
        raise AlreadyExists(N_("There is already a folder of that name."))
    if transaction.value("SELECT count(*) FROM mailbox") >= MAX_MAILBOXES:
        raise NotAllowed(N_("There are too many folders."))
    if use and transaction.one("SELECT 1 FROM mailbox WHERE use = ?", use):
        raise NotAllowed(N_("Another folder has this use already."))
    made = _insert(transaction, name, use)
    _inherit_rights(transaction, made)
    transaction.tell(Event.CreateMbox, made.name, made.id)
    return made


def _insert(transaction: Transaction, name: str, use: str) -> Mailbox:
    transaction.do(
        "INSERT INTO mailbox (name, uidvalidity, modseq, forgotten, use) VALUES (?, ?, ?, ?, ?)",
        name, _new_uidvalidity(transaction), transaction.modseq(), transaction.modseq(), use,
    )  # fmt: skip
    return get(transaction, name)


def _new_uidvalidity(transaction: Transaction) -> int:
    number: int = transaction.value(
        "UPDATE account SET uidvalidity = max(uidvalidity + 1, unixepoch()) RETURNING uidvalidity"
    )
    return number


def renew_uidvalidity(transaction: Transaction) -> int:
    """Give each mailbox a UIDVALIDITY that it never had; how many there are.

    An account that comes back from a backup gives uids again that clients know as other messages (RFC 9051,
    2.3.1.1).
    """
    renewed = all_of(transaction)
    for each in renewed:
        number = _new_uidvalidity(transaction)
        transaction.do("UPDATE mailbox SET uidvalidity = ? WHERE id = ?", number, each.id)
    return len(renewed)


def _inherit_rights(transaction: Transaction, made: Mailbox) -> None:
    """RFC 4314, 3: a new mailbox has the rights of the nearest one above it. Raises NotAllowed (too many)."""
    if parent := nearest_above(transaction, made.name):
        transaction.do(
            "INSERT INTO acl SELECT ?, identifier, rights FROM acl WHERE mailbox = ?", made.id, parent.id
        )
        if transaction.value("SELECT count(*) FROM acl") > MAX_RIGHTS:
            raise NotAllowed(N_("Too many people have rights here."))


def create_above(transaction: Transaction, name: str) -> None:
    """Make the mailboxes above one, as far as they are missing (RFC 9051, 6.3.4)."""
    for parent in reversed([*above(name)]):
        if find(transaction, parent) is None:
            create(transaction, parent)


def delete(transaction: Transaction, name: str) -> Mailbox:
    """Remove a mailbox and its messages; those below it stay. Raises NotFound, NotAllowed for INBOX."""
    gone = get(transaction, name)
    if gone.name == INBOX:
        raise NotAllowed(N_("INBOX cannot be deleted."))
    transaction.modseq()
    bodies = [body for (body,) in transaction.all("SELECT body FROM message WHERE mailbox = ?", gone.id)]
    transaction.do("UPDATE account SET messages = messages - ?, bytes = bytes - ?", gone.messages, gone.bytes)
    for table in ("message", "expunged", "acl", "metadata"):
        transaction.do(f"DELETE FROM {table} WHERE mailbox = ?", gone.id)
    transaction.do("DELETE FROM mailbox WHERE id = ?", gone.id)
    release(transaction, bodies)
    transaction.tell(Event.DeleteMbox, gone.name, gone.id)
    return gone


def rename(transaction: Transaction, name: str, new: str) -> list[tuple[Mailbox, str]]:
    """Give a mailbox and all below it another name; what was renamed, with its old name (RFC 9051, 6.3.6).

    Raises NotFound, AlreadyExists, BadRequest, NotAllowed (into itself; INBOX, of which store.inbox knows).
    """
    moved, new = get(transaction, name), checked(new)
    if new == moved.name or find(transaction, new):
        raise AlreadyExists(N_("There is already a folder of that name."))
    if moved.name == INBOX:
        raise NotAllowed(N_("INBOX keeps its name."))
    if new.startswith(moved.name + DELIMITER):
        raise NotAllowed(N_("A folder cannot go into itself."))
    return [
        _renamed(transaction, each, new + each.name[len(moved.name) :])
        for each in [moved, *below(transaction, moved.name)]
    ]


def above(name: str) -> Iterator[str]:
    """The names above one, the nearest first, whether there are such mailboxes or not."""
    while DELIMITER in name:
        name = name.rpartition(DELIMITER)[0]
        yield name


def nearest_above(transaction: Transaction, name: str) -> Mailbox | None:
    return next(filter(None, (find(transaction, parent) for parent in above(name))), None)


def below(transaction: Transaction, name: str) -> list[Mailbox]:
    """All mailboxes below one, however deep."""
    first, last = name + DELIMITER, name + chr(ord(DELIMITER) + 1)
    rows = transaction.all(
        f"SELECT {_FIELDS} FROM mailbox WHERE name >= ? AND name < ? ORDER BY name", first, last
    )
    return [_mailbox(row) for row in rows]


def _renamed(transaction: Transaction, mailbox: Mailbox, new: str) -> tuple[Mailbox, str]:
    if find(transaction, checked(new)):
        raise AlreadyExists(N_("There is already a folder of that name."))
    transaction.do("UPDATE mailbox SET name = ? WHERE id = ?", new, mailbox.id)
    transaction.modseq()
    transaction.tell(Event.RenameMbox, mailbox.name, mailbox.id)
    transaction.tell(Event.CreateMbox, new, mailbox.id)
    return by_id(transaction, mailbox.id), mailbox.name


def subscribe(transaction: Transaction, name: str) -> None:
    """Note a name; whether there is such a mailbox does not matter (RFC 9051, 6.3.7). Raises NotAllowed."""
    if transaction.value("SELECT count(*) FROM subscription") >= MAX_SUBSCRIPTIONS:
        raise NotAllowed(N_("There are too many subscriptions."))
    transaction.do("INSERT OR IGNORE INTO subscription VALUES (?)", checked(name))
    transaction.tell(Event.SubscribeMbox, name, 0)


def unsubscribe(transaction: Transaction, name: str) -> None:
    transaction.do("DELETE FROM subscription WHERE name = ?", canonical(name))
    transaction.tell(Event.SubscribeMbox, name, 0)


def subscriptions(transaction: Transaction) -> list[str]:
    return [name for (name,) in transaction.all("SELECT name FROM subscription ORDER BY name")]
