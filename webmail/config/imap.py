"""Parameters of the IMAP service."""

from __future__ import annotations

from webmail.config.param import STORED, param
from webmail.config.service import LocalWatchedService, Service


class Imap(Service, prefix="service.imap", effect=STORED):
    """The IMAP service."""

    port: int = param(143, "Port for IMAP.", at_least=1, at_most=65535, refreshable=False)
    sslport: int = param(993, "Port for IMAP over TLS.", at_least=1, at_most=65535, refreshable=False)
    maxsessions: int = param(
        4000, "Most connections at a time.", unit="connections per process", at_least=1, refreshable=False
    )
    idletimeout: int = param(
        30,
        "Idle time after which a connection is dropped; may be raised, never lowered.",
        unit="minutes",
        at_least=30,
    )
    banner: str = param(
        "%h %p service (%P %V)",
        "Greeting; %h is the host, %p the protocol, %P the product, %V its version.",
    )


class LocalImap(LocalWatchedService, prefix="local.imap", effect=STORED):
    """More of the IMAP service."""
