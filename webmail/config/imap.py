"""Parameters of the IMAP service."""

from __future__ import annotations

from webmail.config.kinds import BYTES, LINK, MINUTES, NETWORKS, PATH
from webmail.config.param import UNSUPPORTED, param
from webmail.config.service import LocalWatchedService, Service


class Imap(Service, prefix="service.imap"):
    """The IMAP service."""

    port: int = param(143, "Port for IMAP.", at_least=1, at_most=65535, refreshable=False)
    sslport: int = param(993, "Port for IMAP over TLS.", at_least=1, at_most=65535, refreshable=False)
    sslcafile: str = param(
        "",
        "File with the certificates of authorities whose client certificates let people in (SASL EXTERNAL);"
        " empty: no sign-in with certificates.",
        kind=PATH,
        refreshable=False,
        extension=True,
    )
    trustedproxies: str = param(
        "",
        "Gateways and proxies that slow down guessing themselves: wrong passwords that come through them"
        " count against the name only, not against their address, which is that of many people.",
        kind=NETWORKS,
        refreshable=False,
        extension=True,
    )
    maxsessions: int = param(
        4000, "Most connections at a time.", unit="connections per process", at_least=1, refreshable=False
    )
    idletimeout: int = param(
        30,
        "Idle time after which a connection is dropped; may be raised, never lowered.",
        kind=MINUTES,
        at_least=30,
        at_most=525_600,
    )
    banner: str = param(
        "%h %p service (%P %V)",
        "Greeting; %h is the host, %p the protocol, %P the product, %V its version.",
    )
    maxmessagesize: int = param(
        52_428_800,
        "Largest message that can be stored; clients are told it beforehand (APPENDLIMIT).",
        kind=BYTES,
        at_least=1,
        extension=True,
    )


class LocalImap(LocalWatchedService, prefix="local.imap"):
    """More of the IMAP service."""

    adminbypassquota: bool = param(
        False, "Whether store administrators may store messages where a quota is used up."
    )
    fixinternaldate: bool = param(
        False,
        "Whether wrong dates of arrival are repaired; here they are right from the start.",
        effect=UNSUPPORTED,
    )
    immediateflagupdate: bool = param(
        False,
        "Whether changed flags are written at once; here they always are.",
        effect=UNSUPPORTED,
    )
    manageaccounturl: str = param(
        "", "Page on which people manage their account (XSERVERINFO).", kind=LINK, extension=True
    )
    managelistsurl: str = param(
        "", "Page on which people manage mailing lists (XSERVERINFO).", kind=LINK, extension=True
    )
    managefiltersurl: str = param(
        "", "Page on which people manage filters (XSERVERINFO).", kind=LINK, extension=True
    )
