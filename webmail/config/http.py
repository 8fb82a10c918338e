"""Parameters of the http service: the Webmail Server."""

from __future__ import annotations

from webmail.config.kinds import BYTES, FILTERS, HOST, MINUTES, NETWORKS, PATH, SECONDS, URL, WORDS
from webmail.config.param import UNSUPPORTED, Section, param
from webmail.config.service import LocalWatchedService, Service


class Http(Service, prefix="service.http", without=("allowanonymouslogin", "connlimits")):
    """The http service: the Webmail Server."""

    port: int = param(80, "Port for HTTP.", at_least=1, at_most=65535, refreshable=False)
    sslport: int = param(443, "Port for HTTP over TLS.", at_least=1, at_most=65535, refreshable=False)
    maxsessions: int = param(
        6000, "Most connections at a time.", unit="connections per process", at_least=1, refreshable=False
    )
    idletimeout: int = param(
        3,
        "Idle time after which a connection is dropped; may be raised, never lowered."
        " The person stays signed in.",
        kind=MINUTES,
        at_least=3,
    )
    sessiontimeout: int = param(
        7200, "Idle time after which a person is signed out.", kind=SECONDS, at_least=1, at_most=31_536_000
    )
    sessionlifetime: int = param(
        604_800,
        "Time after which a person is signed out even if they were never idle.",
        kind=SECONDS,
        at_least=1,
        at_most=31_536_000,
        extension=True,
    )
    ipsecurity: bool = param(True, "Whether a session is valid only from the address it was started from.")
    trustedproxies: str = param(
        "",
        "Reverse proxies whose word about the client’s address and TLS is taken."
        " Where TLS ends there, TLS to a backend needs no TLS port here.",
        kind=NETWORKS,
        extension=True,
    )
    baseurl: str = param(
        "",
        "Address under which people reach the service; empty: the one that each request names.",
        kind=URL,
        effect=UNSUPPORTED,
        extension=True,
    )
    smtphost: str = param("", "MTA that takes the mail people send; empty: 127.0.0.1.", kind=HOST)
    smtpport: int = param(25, "Port of that MTA.", at_least=1, at_most=65535)
    spooldir: str = param(
        "",
        "Directory for attachments of messages being written; empty: `http` under local.datadir.",
        kind=PATH,
        refreshable=False,
    )
    spoolquota: int = param(
        0,
        "Most that the attachments of one person may take there; 0: four times maxmessagesize.",
        kind=BYTES,
        at_least=0,
        extension=True,
    )
    maxmessagesize: int = param(
        5_242_880,
        "Largest message that can be sent, counted as it is sent: attachments in base64 take a third more.",
        kind=BYTES,
        at_least=1,
    )
    maxpostsize: int = param(5_242_880, "Largest upload: one attachment.", kind=BYTES, at_least=1)
    proxydomainallowed: str = param(
        "", "Filters for hosts that may sign people in by proxy.", kind=FILTERS, effect=UNSUPPORTED
    )
    allowadminproxy: bool = param(
        False, "Whether store administrators may sign in as somebody else.", effect=UNSUPPORTED
    )
    extrauserldapattrs: str = param(
        "", "More LDAP attributes for the web client, `attribute[:w]`.", kind=WORDS, effect=UNSUPPORTED
    )
    fullfromheader: bool = param(False, "Whether listings show the whole From header.", effect=UNSUPPORTED)
    ldappoolsize: int = param(1, "LDAP connections.", at_least=1, effect=UNSUPPORTED)
    ldaptimeout: int = param(60, "Longest wait for LDAP.", kind=SECONDS, at_least=1, effect=UNSUPPORTED)
    resourcetimeout: int = param(
        900,
        "Idle time after which a session’s caches are dropped.",
        kind=SECONDS,
        at_least=1,
        effect=UNSUPPORTED,
    )
    sslcachesize: int = param(0, "TLS sessions kept for resumption.", at_least=0, effect=UNSUPPORTED)


class LocalHttp(LocalWatchedService, prefix="local.http", effect=UNSUPPORTED):
    """More of the http service."""


class Express(Section, prefix="local.webmail", effect=UNSUPPORTED):
    """Features of the web client."""

    smime_enable: bool = param(False, "Whether to offer S/MIME.", name="smime.enable")
    cert_enable: bool = param(False, "Whether to offer client certificates.", name="cert.enable")
