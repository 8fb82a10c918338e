"""Parameters of this installation."""

from __future__ import annotations

from webmail.config.kinds import GIVEN_PATH, HOST, LANGUAGE, TIMEZONE
from webmail.config.param import UNSUPPORTED, Section, param


class Local(Section, prefix="local"):
    """This installation."""

    hostname: str = param("", "Name of this host; empty: what the system says.", kind=HOST)
    datadir: str = param(
        "/var/lib/webmail",
        "Directory for everything that the services keep.",
        kind=GIVEN_PATH,
        refreshable=False,
        extension=True,
    )
    timezone: str = param(
        "",
        "Time zone of people whose browser tells none; empty: the system’s.",
        kind=TIMEZONE,
        extension=True,
    )
    language: str = param(
        "en",
        "Language of the pages; English where there is no translation into it.",
        kind=LANGUAGE,
        extension=True,
    )
    enablelastaccess: bool = param(
        False, "Whether to record when somebody last signed in.", effect=UNSUPPORTED
    )
