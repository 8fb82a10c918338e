"""Names of mailboxes as clients see them: one's own, other users', and those that everybody shares.

""                       one's own
Shared Folders/User/     other users': the owner's uid, then the name below it; INBOX if there is none
Shared Folders/          of one owner for all: store.publicsharedfolders.user
"""

from __future__ import annotations

from dataclasses import dataclass

from webmail.errors import NotFound
from webmail.i18n import N_
from webmail.imap.answers import No
from webmail.imap.session import Session
from webmail.store import acl
from webmail.store.account import Account
from webmail.store.mailboxes import DELIMITER, INBOX

SHARED = "Shared Folders/"
OTHERS = "Shared Folders/User/"


@dataclass(frozen=True, slots=True)
class Named:
    """A mailbox that may or may not be there: whose it is, and what its owner calls it."""

    owner: str
    name: str


def resolve(session: Session, name: str) -> Named:
    """What a client's name means. Raises NotFound for the names between the namespaces."""
    uid = session.who.uid
    if name.startswith(OTHERS):
        owner, _, rest = name.removeprefix(OTHERS).partition(DELIMITER)
        if owner:
            return Named(owner, rest or INBOX)
    elif name.startswith(SHARED):
        rest = name.removeprefix(SHARED)
        if rest and rest != OTHERS.removeprefix(SHARED).removesuffix(DELIMITER):
            return Named(public(session), rest)
    elif name != SHARED.removesuffix(DELIMITER):
        return Named(uid, name)
    raise NotFound(N_("There is no folder of that name."))


def shown(session: Session, owner: str, name: str) -> str:
    """The name that this client has for a mailbox of that owner."""
    if owner == session.who.uid:
        return name
    if owner == public(session):
        return SHARED + name
    return OTHERS + owner if name == INBOX else f"{OTHERS}{owner}{DELIMITER}{name}"


def public(session: Session) -> str:
    return session.context.current().store.publicsharedfolders


async def locate(session: Session, name: str) -> tuple[Account, str]:
    """The account that a mailbox is in or would be in, and its name there. Raises NotFound."""
    named = resolve(session, name)
    if session.account is not None and named.owner == session.account.uid:
        return session.account, named.name
    try:
        return await session.context.store.known(named.owner), named.name
    except NotFound:
        raise NotFound(N_("There is no folder of that name.")) from None


# RFC 9051, 6.3.12 and 6.4.7
async def target(session: Session, name: str) -> tuple[Account, str]:
    """The same of a mailbox that messages are to go into. Raises No with TRYCREATE if there is none."""
    try:
        account, inner = await locate(session, name)
        await account.read(acl.entered, inner, session.who, acl.INSERT)
    except NotFound as error:
        raise No(error.said(session.translate), b"TRYCREATE") from None
    return account, inner
