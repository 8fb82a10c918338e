"""The services by name: which there are, which run here, and how each is started."""

from __future__ import annotations

from webmail.config import Config

SERVICES = ("http", "imap", "pop")
RUNNING_HERE = frozenset({"http"})  # imap and pop are configured today and served in a later release


def enabled(config: Config) -> tuple[str, ...]:
    """The services that the administrator has enabled (service.*.enable), in the order of starting."""
    switches = {"http": config.http.enable, "imap": config.imap.enable, "pop": config.pop.enable}
    return tuple(name for name in SERVICES if switches[name])
