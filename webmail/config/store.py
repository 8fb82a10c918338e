"""Parameters of the message store and of its notices."""

from __future__ import annotations

from collections.abc import Mapping

from webmail.config.kinds import BYTES, HOST, NAME, PATH, QUOTA, WORDS
from webmail.config.param import STORED, UNSUPPORTED, Section, family, param

# Administration Guide 6.3, 22.3.1, and what later releases added to it (from copymsg on);
# in lower case, as names are compared.
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
    "copymsg",
    "expungemsg",
    "changeflag",
    "annotatemsg",
)
MAX_QUOTA = 1 << 60  # bytes: what the store's 64 bits hold with room to add


class Store(Section, prefix="store"):
    """The message store."""

    admins: str = param(
        "",
        "Users who may act for all others, separated by blanks.",
        kind=WORDS,
        refreshable=False,
    )
    serviceadmingroupdn: str = param(
        "", "Group in LDAP that an administrator must belong to as well.", effect=UNSUPPORTED
    )
    partition: Mapping[str, str] = family(
        "",
        "Directory of one part of the store; empty: `store/partition/<name>` under local.datadir."
        " `primary` is there even if it is not set.",
        name="partition.*.path",
        kind=PATH,
        refreshable=False,
    )
    defaultpartition: str = param(
        "primary",
        "Partition of new accounts; `*`, an extension, spreads them over all partitions by their names.",
        kind=NAME,
    )
    defaultmailboxquota: int = param(
        -1,
        "Most that all messages of an account may take if it has no quota of its own; -1: no limit.",
        kind=QUOTA,
        at_least=-1,
        at_most=MAX_QUOTA,
    )
    defaultmessagequota: int = param(
        -1,
        "Most messages of an account that has no quota of its own; -1: no limit.",
        at_least=-1,
    )
    quotaenforcement: bool = param(
        True, "Whether messages over quota are refused; if not, usage is only counted."
    )
    quotawarn: int = param(
        90, "Part of the quota from which people are warned.", unit="percent", at_least=1, at_most=100
    )
    quotanotification: bool = param(False, "Whether people over quota are told by mail.", effect=STORED)
    quotagraceperiod: int = param(
        120,
        "Time over quota after which delivery is refused.",
        unit="hours",
        at_least=0,
        effect=STORED,
    )
    quotaexceededmsginterval: int = param(
        7, "Time between two such mails.", unit="days", at_least=1, effect=STORED
    )
    overquotastatus: bool = param(
        False, "Whether the directory notes that somebody is over quota.", effect=STORED
    )
    quotafolder: bool = param(
        False, "Whether single folders have quotas.", name="quotafolder.enable", effect=UNSUPPORTED
    )
    typequota: bool = param(
        False, "Whether kinds of messages have quotas.", name="typequota.enable", effect=UNSUPPORTED
    )
    publicsharedfolders: str = param(
        "public",
        "Owner of the folders that everybody sees under “Shared Folders/”.",
        kind=NAME,
        name="publicsharedfolders.user",
    )


class Notify(Section, prefix="local.store.notifyplugin", effect=STORED):
    """Notices of what happens in mailboxes; IMAP IDLE needs them."""

    plugin: str = param(
        "",
        "Plug-in that sends the notices to other programs, such as msg-svr-base/lib/libibiff."
        " IMAP IDLE works without any; if one is set, it takes enseventkey and noneinbox as well.",
        name="",
    )
    enshost: str = param("127.0.0.1", "Host of the ENS server.", kind=HOST)
    ensport: int = param(7997, "Port of the ENS server.", at_least=1, at_most=65535)
    enseventkey: str = param(
        "enp://127.0.0.1/store",
        "Key of the events; with a plug-in it must end in %M, the mailbox’s name, or IMAP offers no IDLE.",
    )
    maxheadersize: int = param(
        0, "How much of a message’s header goes with a notice.", kind=BYTES, at_least=0
    )
    maxbodysize: int = param(0, "How much of a message’s body goes with a notice.", kind=BYTES, at_least=0)
    noneinbox: bool = param(
        False,
        "Whether other mailboxes than INBOX send notices; with a plug-in it must be on, or IMAP offers"
        " no IDLE.",
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
