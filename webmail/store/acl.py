"""Who may do what with a mailbox (RFC 4314)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webmail.errors import BadRequest, NotAllowed, NotFound
from webmail.i18n import N_
from webmail.notify import Event
from webmail.store import mailboxes
from webmail.store.mailboxes import Mailbox
from webmail.store.transaction import Transaction

RIGHTS = "lrswipkxtea"  # RFC 4314, 2.1
READ = "r"
INSERT = "i"
ALWAYS = "la"  # what an owner keeps whatever the list says, so that nobody locks themselves out
ANYONE = "anyone"
ANONYMOUS = "anonymous"
MAX_IDENTIFIERS = 1000  # of one mailbox
MAX_PEOPLE = 5000  # whom an account lets in: the index of shares is written for all accounts
MAX_IDENTIFIER = 255  # octets


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who wants something; an administrator has all rights everywhere."""

    uid: str
    admin: bool = False

    def owns(self, account: str) -> bool:
        """Whether it is their account. Who came in as nobody owns nothing: all the world is anonymous."""
        return self.uid == account != ANONYMOUS


def entered(transaction: Transaction, name: str, who: Who, needed: str) -> tuple[Mailbox, str]:
    """A mailbox for somebody who needs all of these rights, and the rights they have.

    Raises NotFound, also for who may not even know that it is there; NotAllowed.
    """
    mailbox = mailboxes.get(transaction, name)
    held = rights(transaction, mailbox.id, who)
    if not set(needed) <= set(held):
        raise NotAllowed if "l" in held else NotFound(N_("There is no folder of that name."))
    return mailbox, held


def entries(transaction: Transaction, mailbox: int) -> dict[str, str]:
    """Identifiers and their rights, the owner's among them; negative ones begin with `-`."""
    listed: dict[str, str] = dict(
        transaction.all("SELECT identifier, rights FROM acl WHERE mailbox = ? ORDER BY identifier", mailbox)
    )
    return {transaction.uid: effective(listed, transaction.uid, transaction.uid), **listed}


def rights(transaction: Transaction, mailbox: int, who: Who) -> str:
    """What somebody may do: their own rights and anyone's, without those taken away."""
    listed: dict[str, str] = dict(
        transaction.all("SELECT identifier, rights FROM acl WHERE mailbox = ?", mailbox)
    )
    return RIGHTS if who.admin else effective(listed, transaction.uid, who.uid)


def require(transaction: Transaction, mailbox: int, who: Who, needed: str, *, every: bool = True) -> str:
    """The rights to a mailbox that somebody has open, as they are now. Raises NotAllowed if these lack.

    All of them, or without `every` each one.
    """
    held = rights(transaction, mailbox, who)
    if not (all if every else any)(right in held for right in needed):
        raise NotAllowed
    return held


def of_all(transaction: Transaction, who: Who) -> dict[int, str]:
    """The rights of somebody to each mailbox of the account, by its number."""
    listed: dict[int, dict[str, str]] = {}
    for mailbox, identifier, given in transaction.all("SELECT mailbox, identifier, rights FROM acl"):
        listed.setdefault(mailbox, {})[identifier] = given
    numbers = [number for (number,) in transaction.all("SELECT id FROM mailbox")]
    if who.admin:
        return dict.fromkeys(numbers, RIGHTS)
    return {number: effective(listed.get(number, {}), transaction.uid, who.uid) for number in numbers}


def effective(listed: Mapping[str, str], owner: str, who: str) -> str:
    """The same from a list: identifier → rights."""
    owns = Who(who).owns(owner)
    if owns and who not in listed:  # all there are, whatever is taken away from anyone
        listed = {who: RIGHTS, f"-{who}": listed.get(f"-{who}", "")}
    given = set(listed.get(who, "")) | set(listed.get(ANYONE, ""))
    taken = set(listed.get(f"-{who}", "")) | set(listed.get(f"-{ANYONE}", ""))
    kept = set(ALWAYS) if owns else set()
    return "".join(right for right in RIGHTS if right in (given - taken) | kept)


def settable(wanted: Sequence[str], held: str) -> tuple[str, ...]:
    """Those of the flags that somebody with these rights may set (RFC 4314, 4)."""
    needed = {"\\Seen": "s", "\\Deleted": "t"}
    return tuple(flag for flag in wanted if needed.get(flag, "w") in held)


def change(transaction: Transaction, mailbox: int, identifier: str, how: str, given: str) -> None:
    """SETACL: `how` is add, remove or replace. Raises BadRequest, NotAllowed (too many identifiers)."""
    _check(identifier)
    row = transaction.one("SELECT rights FROM acl WHERE mailbox = ? AND identifier = ?", mailbox, identifier)
    before = row[0] if row else (RIGHTS if identifier == transaction.uid else "")
    wanted = set(given)
    after = {"add": set(before) | wanted, "remove": set(before) - wanted}.get(how, wanted)
    if not row:
        _require_room(transaction, mailbox, identifier)
    if not after and identifier != transaction.uid:
        remove(transaction, mailbox, identifier)
        return
    transaction.do(
        "INSERT OR REPLACE INTO acl VALUES (?, ?, ?)",
        mailbox,
        identifier,
        "".join(right for right in RIGHTS if right in after),
    )
    _tell(transaction, mailbox)


def _require_room(transaction: Transaction, mailbox: int, identifier: str) -> None:
    """Raises NotAllowed if nobody more can be listed."""
    here = transaction.value("SELECT count(*) FROM acl WHERE mailbox = ?", mailbox)
    known = transaction.one("SELECT 1 FROM acl WHERE identifier = ?", identifier)
    if (
        here >= MAX_IDENTIFIERS
        or transaction.value("SELECT count(*) FROM acl") >= mailboxes.MAX_RIGHTS
        or (not known and len(identifiers(transaction)) >= MAX_PEOPLE)
    ):
        raise NotAllowed(N_("Too many people have rights here."))


def remove(transaction: Transaction, mailbox: int, identifier: str) -> None:
    """DELETEACL: whoever is not listed is no error."""
    transaction.do("DELETE FROM acl WHERE mailbox = ? AND identifier = ?", mailbox, identifier)
    _tell(transaction, mailbox)


def identifiers(transaction: Transaction) -> set[str]:
    """Everybody who has rights to any mailbox of this account, without the owner."""
    listed = transaction.all("SELECT DISTINCT identifier FROM acl")
    return {identifier for (identifier,) in listed if identifier != transaction.uid}


def _check(identifier: str) -> None:
    if not identifier.strip("-") or len(identifier.encode()) > MAX_IDENTIFIER or not identifier.isprintable():
        raise BadRequest(N_("This is nobody’s name."))


def _tell(transaction: Transaction, mailbox: int) -> None:
    row = transaction.one("SELECT name FROM mailbox WHERE id = ?", mailbox)
    transaction.tell(Event.AclMbox, row[0] if row else "", mailbox)
