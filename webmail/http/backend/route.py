"""Which backend holds a person's mailbox, and in whose name the gateway goes there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from webmail.config import Config
from webmail.errors import Unavailable
from webmail.i18n import N_
from webmail.log import Secret

# The manual's words; administrators search for them.
UNAVAILABLE = N_("Mail server unavailable. Administrator, check server log for details.")
PREFIX = "local.service.proxy."


@dataclass(frozen=True, slots=True)
class Route:
    """How one backend is reached; from `local.service.proxy.*` with the host's overrides applied."""

    host: str
    port: int
    tls: bool
    authorities: Path | None  # CA file; None for the system's
    as_user: bool  # each with the own password, not as an administrator
    admin: str
    adminpass: Secret
    ignored: frozenset[str]  # capabilities the host announces wrongly, upper case
    timeout: float  # seconds for one command
    connections: int  # at most, of this process
    connections_of_one: int  # at most, of one person


def route(config: Config, host: str, log: logging.Logger, *, as_user: bool | None = None) -> Route:
    """The way to `host`; `as_user` True for a trial of somebody's password.

    Raises Unavailable if the administrator's name or password is not configured; the log names the options.
    """
    proxy = config.proxy.at(host)
    own = proxy.login == "user" if as_user is None else as_user
    if not own:
        _require_administrator(host, proxy.admin, proxy.adminpass, log)
    return Route(
        host=host,
        port=proxy.imapport,
        tls=proxy.imapssl,
        authorities=Path(proxy.imapcafile) if proxy.imapcafile else None,
        as_user=own,
        admin=proxy.admin,
        adminpass=proxy.adminpass,
        ignored=frozenset(proxy.ignorecapabilities.upper().split()),
        timeout=proxy.timeout,
        connections=proxy.maxconnections,
        connections_of_one=proxy.maxuserconnections,
    )


def _require_administrator(host: str, admin: str, adminpass: str, log: logging.Logger) -> None:
    missing = [PREFIX + name for name, value in (("admin", admin), ("adminpass", adminpass)) if not value]
    if missing:
        log.getChild("Account").error(
            "The mailboxes of %s can’t be reached: %s not set (for all hosts, or with .%s appended)",
            host,
            ", ".join(missing),
            host,
        )
        raise Unavailable(UNAVAILABLE, detail=f"{', '.join(missing)} not set for {host}")
