"""What one process of the gateway works with, and how a page gets at it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from starlette.requests import Request

from webmail.auth.brake import Brake
from webmail.config import Config
from webmail.directory import Directory
from webmail.errors import AuthFailed
from webmail.http.backend.pool import Identity, Pool
from webmail.http.ceiling import Ceiling
from webmail.http.credentials import Credentials
from webmail.http.outbox import Outbox
from webmail.http.pages.render import Renderer
from webmail.http.profile import Profiles
from webmail.http.sessions import Session, Sessions
from webmail.http.spool import Spool
from webmail.i18n import N_


class NotSignedIn(AuthFailed):
    default = N_("You have been signed out. Please sign in again; what you wrote is kept.")


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that is opened once for a process and lent to each request."""

    config: Config
    log: logging.Logger
    sessions: Sessions
    credentials: Credentials
    pool: Pool
    directory: Directory
    brake: Brake
    profiles: Profiles
    spool: Spool
    ceiling: Ceiling
    outbox: Outbox
    render: Renderer


def gateway(request: Request) -> Gateway:
    value = request.app.state.gateway
    assert isinstance(value, Gateway)  # noqa: S101  for the type checker: app.build puts it there
    return value


def session(request: Request) -> Session:
    """The signed-in session that the guard found. Raises NotSignedIn."""
    found = getattr(request.state, "session", None)
    if not isinstance(found, Session):
        raise NotSignedIn
    return found


def identity(request: Request) -> Identity:
    """Who asks, for the backend."""
    current = session(request)
    return Identity(current.user, current.password)
