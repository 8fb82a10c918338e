"""The directory that the configuration asks for."""

from __future__ import annotations

import socket

from webmail.config import Config
from webmail.directory import Directory
from webmail.directory.imap import Attempt, ImapDirectory
from webmail.directory.local import LocalDirectory
from webmail.directory.names import Rules
from webmail.directory.remembered import Remembered


def opened(config: Config, attempt: Attempt) -> Directory:
    """Opens its file, so at start only. `attempt` tries a password at a backend, for those who ask there."""
    rules = rules_of(config)
    host, domain = config.proxy.defaulthost, config.local.hostname or socket.getfqdn()
    if config.directory.type == "imap":
        return ImapDirectory(attempt, rules, host=host, maildomain=domain)
    return LocalDirectory(
        config.usersfile,
        rules,
        defaulthost=host,
        maildomain=domain,
        remembered=Remembered(config.login.authcachesize, config.login.authcachettl),
    )


def rules_of(config: Config) -> Rules:
    """How this site writes names."""
    return Rules(config.login.loginseparator, config.login.defaultdomain)
