"""Parameters of the POP service."""

from __future__ import annotations

from webmail.config.param import STORED, param
from webmail.config.service import LocalService, Service


class Pop(Service, prefix="service.pop", effect=STORED):
    """The POP service."""

    port: int = param(110, "Port for POP.", at_least=1, at_most=65535, refreshable=False)
    sslport: int = param(995, "Port for POP over TLS.", at_least=1, at_most=65535, refreshable=False)
    maxsessions: int = param(
        600, "Most connections at a time.", unit="connections per process", at_least=1, refreshable=False
    )
    idletimeout: int = param(
        10,
        "Idle time after which a connection is dropped; may be raised, never lowered.",
        unit="minutes",
        at_least=10,
    )
    banner: str = param(
        "%h %p service (%P %V)",
        "Greeting; %h is the host, %p the protocol, %P the product, %V its version.",
    )


class LocalPop(LocalService, prefix="local.pop", effect=STORED):
    """More of the POP service."""
