"""Secrets that do not stand in the configuration: in files of their own, or given by systemd."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from webmail.config.errors import BadValue, ConfigError
from webmail.config.kinds import refuse_unprintable
from webmail.config.registry import Registry, Setting
from webmail.log import Secret

CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd.exec(5), LoadCredential=
MAX_SECRET = 1 << 16  # bytes


def from_file(path: Path) -> Secret:
    """The secret in a file, without the line end behind it. Raises ConfigError, which never shows it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SECRET + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path) from None
    with contextlib.suppress(UnicodeDecodeError, BadValue):
        text = data.decode().removesuffix("\n").removesuffix("\r")
        refuse_unprintable(text)
        return Secret(text)
    raise ConfigError("does not hold one line of text", file=path)


def from_systemd(registry: Registry, environ: Mapping[str, str]) -> Iterator[tuple[Setting, Path]]:
    """The credentials that are named like secrets, those of single hosts among them."""
    directory = environ.get(CREDENTIALS)
    if not directory:
        return
    try:
        paths = sorted(Path(directory).iterdir())
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=Path(directory)) from None
    for path in paths:
        setting = registry.find(path.name)
        if setting and setting.param.secret:
            yield setting, path
