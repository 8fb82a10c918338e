"""What is wrong with a configuration file as a whole."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress

from webmail.config.check import notes, problems
from webmail.config.configuration import REGISTRY, Entry, assemble, entries
from webmail.config.errors import ConfigError
from webmail.config.file import File, Line
from webmail.config.param import UNSUPPORTED


def findings(source: File, environ: Mapping[str, str]) -> list[str]:
    """All that must be put right: line by line, then, if the lines are fine, what does not go together."""
    wrong = [str(error) for error in _wrong_lines(source)]
    if wrong:
        return wrong
    try:
        return [f"{source.path}: {problem}" for problem in problems(assemble(source, environ))]
    except ConfigError as error:
        return [str(error)]


def hints(source: File, environ: Mapping[str, str]) -> list[str]:
    """What is allowed but perhaps not meant."""
    found = [f"{source.path}: {note}" for note in notes(assemble(source, environ))]
    if _open_to_others(source):
        found.append(f"{source.path}: others than its owner may read it, and it holds secrets (chmod 600)")
    return found


def _wrong_lines(source: File) -> Iterator[ConfigError]:
    seen: dict[str, int] = {}
    for line in source.lines:
        try:
            _verify(line, seen)
        except ConfigError as error:
            yield ConfigError(error.problem, file=source.path, line=line.number)


def _verify(line: Line, seen: dict[str, int]) -> None:
    if line.problem:
        raise ConfigError(line.problem)
    if not line.name:
        return
    setting = REGISTRY.wanted(line.name)
    if setting.param.effect is UNSUPPORTED:
        raise ConfigError(f"{setting.name}: not supported yet")
    Entry(setting, line.value, line.number).value(None)
    if setting.name in seen:
        raise ConfigError(
            f"{setting.name}: was set before, in line {seen[setting.name]}; only the last line holds"
        )
    seen[setting.name] = line.number


def _open_to_others(source: File) -> bool:
    with suppress(FileNotFoundError):
        mode = source.path.stat().st_mode
        holds_secrets = any(entry.text and entry.setting.param.secret for entry in entries(source))
        return holds_secrets and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    return False
