"""Whether somebody who is signed in may act as somebody else: store.admins may, for everybody.

The authorization id of SASL PLAIN and EXTERNAL and PROXYAUTH both come here. Each use is one line in the
log, category Account: at level Information `proxyauth: [203.0.113.9] admin as alice`, and if it was not
allowed, or there is nobody of that name, at level Notice

    badproxy: [203.0.113.9] mallory as alice
"""

from __future__ import annotations

import logging

from webmail.auth.password import printable
from webmail.directory import Directory, User
from webmail.directory.names import BadName, Rules, canonical
from webmail.errors import AuthFailed, NotAllowed
from webmail.i18n import N_
from webmail.log import NOTICE


def administrators(names: str, rules: Rules) -> frozenset[str]:
    """The uids in store.admins; what can be nobody's name is left out."""
    return frozenset(filter(None, (_uid(name, rules) for name in names.split())))


def may_act_as(admins: frozenset[str], authenticated: User, uid: str) -> bool:
    """Whether this user may act as the one with this uid: because it is the same, or as an administrator."""
    return uid == authenticated.uid or authenticated.uid in admins


async def acting_as(
    directory: Directory,
    rules: Rules,
    admins: frozenset[str],
    log: logging.Logger,
    authenticated: User,
    authzid: str,
    address: str,
) -> User:
    """The user in whose name the session goes on; without an authorization id the one who signed in.

    Raises NotAllowed to all but administrators whether or not there is such a user, who is not even
    looked for; to administrators AuthFailed if there is none.
    """
    if not authzid:
        return authenticated
    uid = _uid(authzid, rules)
    if uid == authenticated.uid:
        return authenticated
    account = log.getChild("Account")
    who = (address, printable(authenticated.uid), printable(authzid))
    allowed = may_act_as(admins, authenticated, uid)
    user = await directory.find(authzid) if allowed else None
    if user is None:
        account.log(NOTICE, "badproxy: [%s] %s as %s", *who)
        raise AuthFailed(N_("There is nobody of that name.")) if allowed else NotAllowed
    account.info("proxyauth: [%s] %s as %s", *who)
    return user


def _uid(authzid: str, rules: Rules) -> str:
    try:
        return canonical(authzid, rules).uid
    except BadName:
        return ""
