"""What the configuration says about the store."""

from __future__ import annotations

from pathlib import Path

from webmail.config import Config
from webmail.store.layout import Layout
from webmail.store.transaction import Limits


def layout(config: Config) -> Layout:
    return Layout(config.partitions, config.store.defaultpartition)


def limits(config: Config) -> Limits:
    """What accounts may hold that have no quota of their own."""
    store = config.store
    return Limits(store.defaultmailboxquota, store.defaultmessagequota, enforced=store.quotaenforcement)


def shares_file(config: Config) -> Path:
    return Path(config.local.datadir) / "store" / "shares.sqlite"
