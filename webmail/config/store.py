"""Parameters of the message store and of its notices."""

from __future__ import annotations

from collections.abc import Mapping

from webmail.config.kinds import BYTES, HOST, WORDS
from webmail.config.param import STORED, Section, family, param

# Administration Guide 6.3, 22.3.1; in lower case, as names are compared.
EVENTS = (
    "newmsg",
    "updatemsg",
    "readmsg",
    "trashmsg",
    "deletemsg",
    "purgemsg",
    "overquota",
    "underquota",
    "login",
    "logout",
)


class Store(Section, prefix="store", effect=STORED):
    """The message store."""

    admins: str = param("", "Users who may act for all others.", kind=WORDS, refreshable=False)
    serviceadmingroupdn: str = param("", "Group in LDAP that an administrator must belong to as well.")


class Notify(Section, prefix="local.store.notifyplugin", effect=STORED):
    """Notices of what happens in mailboxes; IMAP IDLE needs them."""

    plugin: str = param("", "Plug-in that sends the notices, such as msg-svr-base/lib/libibiff.", name="")
    enshost: str = param("127.0.0.1", "Host of the ENS server.", kind=HOST)
    ensport: int = param(7997, "Port of the ENS server.", at_least=1, at_most=65535)
    enseventkey: str = param(
        "enp://127.0.0.1/store", "Key of the events; for IMAP IDLE it must end in %M, the mailbox’s name."
    )
    maxheadersize: int = param(
        0, "How much of a message’s header goes with a notice.", kind=BYTES, at_least=0
    )
    maxbodysize: int = param(0, "How much of a message’s body goes with a notice.", kind=BYTES, at_least=0)
    noneinbox: bool = param(
        False,
        "Whether other mailboxes than INBOX send notices; without it IMAP offers no IDLE.",
        name="noneinbox.enable",
    )
    events: Mapping[str, bool] = family(
        True, "Whether this type of event is sent.", name="*.enable", members=EVENTS
    )
    msgflags: bool = param(False, "Whether changed flags are notified with their old and new values.")
    plugin_msgflags: Mapping[str, bool] = family(
        False, "The same, for one plug-in; both must be on.", name="*.msgflags.enable"
    )
    plugin_loguser: Mapping[str, bool] = family(
        False, "Whether this plug-in is told who signs in and out.", name="*.loguser.enable"
    )


class Ens(Section, prefix="local.ens", effect=STORED):
    """The event notification service."""

    enable: bool = param(True, "Whether the service may be started.", refreshable=False)
    port: str = param("7997", "Port, or `address:port`, on which it listens.", refreshable=False)
