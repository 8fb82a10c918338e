"""Parameters of signing in, the same for all services."""

from __future__ import annotations

from webmail.config.kinds import ADDRESS, DOMAIN, SECONDS, SEPARATORS
from webmail.config.param import UNSUPPORTED, Section, param


class Login(Section, prefix="service"):
    """Signing in, for all services."""

    loginseparator: str = param(
        "@",
        "Characters each of which may stand between a user’s name and the domain; as at the backends.",
        kind=SEPARATORS,
    )
    defaultdomain: str = param(
        "",
        "Domain of a user who gives none; as at the backends.",
        kind=DOMAIN,
    )
    plaintextloginpause: int = param(
        0, "Pause before a plain-text login is answered.", kind=SECONDS, at_least=0, at_most=60
    )
    listenaddr: str = param(
        "", "Address on which services listen; empty: on all.", kind=ADDRESS, refreshable=False
    )
    dcroot: str = param("o=Internet", "Root of the domain tree in LDAP.", effect=UNSUPPORTED)
    authcachesize: int = param(
        10_000,
        "Sign-ins remembered, so that the next with the same password is quick; 0: none."
        " The password itself is not kept, and a changed one counts at once.",
        unit="sign-ins per process",
        at_least=0,
        at_most=1_000_000,
        refreshable=False,
    )
    authcachettl: int = param(
        900,
        "Time for which a sign-in is remembered.",
        kind=SECONDS,
        at_least=0,
        at_most=86_400,
        refreshable=False,
    )
    dnsresolveclient: bool = param(False, "Whether to look up the names of clients.", effect=UNSUPPORTED)
    readtimeout: int = param(
        10, "How long the probe waits for a service.", kind=SECONDS, at_least=1, effect=UNSUPPORTED
    )
