"""What all sessions of a process work with."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from webmail.auth.brake import Brake
from webmail.config import Config
from webmail.directory import Directory
from webmail.notify import Hints
from webmail.server.limits import Limits
from webmail.store.account import Store
from webmail.store.shares import Shares


@dataclass(frozen=True, slots=True)
class Context:
    """Opened once for a process. What is called gives what holds now: `refresh` changes it."""

    current: Callable[[], Config]
    store: Store
    shares: Shares
    hints: Hints
    directory: Directory
    brake: Brake
    tls: Callable[[], ssl.SSLContext | None]
    limits: Limits
    log: logging.Logger
