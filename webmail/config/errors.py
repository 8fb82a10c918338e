"""What can be wrong with a configuration, in words for the administrator."""

from __future__ import annotations

from pathlib import Path

from webmail.errors import BadRequest


class BadValue(ValueError):
    """A value that its parameter cannot take; says what it could take and never repeats the value."""


class ConfigError(BadRequest):
    """A configuration that cannot be used. `problem` never holds a secret.

    `file` and `line` tell where it stands, `line` counted from 1; None and 0 where it stands nowhere yet.
    """

    def __init__(self, problem: str, *, file: Path | None = None, line: int = 0) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        super().__init__("{message}", message=_where(file, line) + problem)


def _where(file: Path | None, line: int) -> str:
    if file is None:
        return ""
    return f"{file}, line {line}: " if line else f"{file}: "
