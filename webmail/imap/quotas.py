"""How much an account may hold: the commands of QUOTA (RFC 9208).

Each account is one quota root, named by its owner; all of its mailboxes count there.
"""

from __future__ import annotations

from webmail.errors import NotAllowed, NotFound
from webmail.i18n import N_
from webmail.imap import names
from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.store import acl, quota
from webmail.store.account import Account
from webmail.store.quota import Usage
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_rights import SetQuota

KIB = 1024  # STORAGE counts in these (RFC 9208, 5.1)


# RFC 9208, 4.1.1
async def getquota(session: Session, root: str) -> Ok:
    session.say(_line(root, await (await _account(session, root)).read(quota.usage)))
    return Ok("That is all.")


# RFC 9208, 4.1.2
async def getquotaroot(session: Session, name: str) -> Ok:
    account, inner = await names.locate(session, name)
    await account.read(acl.entered, inner, session.who, "r")
    session.say(said.quotaroot(name, [account.uid], utf8=session.utf8))
    session.say(_line(account.uid, await account.read(quota.usage)))
    return Ok("That is all.")


# RFC 9208, 4.1.3
async def setquota(session: Session, asked: SetQuota) -> Ok:
    """For administrators. A resource that is not named is not limited."""
    if not session.admin:
        raise NotAllowed
    limits = dict(asked.limits)
    if not limits.keys() <= {"STORAGE", "MESSAGE"}:
        raise No(N_("This resource is not counted here."), b"CANNOT")
    account = await _account(session, asked.root)
    size = limits["STORAGE"] * KIB if "STORAGE" in limits else quota.UNLIMITED
    await account.write(quota.set_limits, size=size, messages=limits.get("MESSAGE", quota.UNLIMITED))
    session.say(_line(asked.root, await account.read(quota.usage)))
    return Ok("Done.")


async def _account(session: Session, root: str) -> Account:
    if root == session.own.uid:
        return session.own
    if not session.admin:
        raise NotFound
    return await session.context.store.known(root)


def _line(root: str, used: Usage) -> bytes:
    resources: dict[str, tuple[int, int]] = {}
    if used.bytes_limit >= 0:
        resources["STORAGE"] = (-(-used.bytes // KIB), used.bytes_limit // KIB)
    if used.messages_limit >= 0:
        resources["MESSAGE"] = (used.messages, used.messages_limit)
    return said.quota(root, resources)
