"""Changing the file: everything is checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from webmail.config import file
from webmail.config.configuration import REGISTRY, described, doubled_secrets
from webmail.config.errors import BadValue, ConfigError
from webmail.config.file import File, Line
from webmail.config.listing import BLOT
from webmail.config.param import UNSUPPORTED
from webmail.config.registry import Setting


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changes (None goes back to the default), and what it leaves out and why."""

    changes: dict[str, str | None]
    left_out: list[str]


def set_value(path: Path, name: str, text: str) -> None:
    """Set a parameter, or clear it with an empty text. Raises ConfigError; then nothing is written."""
    setting = REGISTRY.wanted(name)
    _apply(path, {setting.name: _checked(setting, text)})


def delete(path: Path, name: str) -> None:
    """Take a line away, so that the default holds again. Raises ConfigError if there is no such parameter."""
    if all(line.name != name.lower() for line in file.read(path).settings()):
        REGISTRY.wanted(name)
    _apply(path, {canonical(name.lower()): None})


def import_file(path: Path, source: Path) -> list[str]:
    """Set all that stands in another file; tells what was left out. Raises ConfigError, writing nothing."""
    if not source.exists():
        raise ConfigError("there is no such file", file=source)
    imported = _read_import(file.read(source))
    _apply(path, imported.changes)
    return imported.left_out


def canonical(name: str) -> str:
    """The name as it is written: there is one for each parameter, however it was spelled."""
    found = REGISTRY.find(name)
    return found.name if found else name


def _apply(path: Path, changes: dict[str, str | None]) -> None:
    def change(old: File) -> File:
        new = old.changed(changes, canonical)
        for name, other in doubled_secrets(new):
            if changes.keys() & {name, other}:
                raise ConfigError(f"{name} and {other} exclude each other; delete one of them with -d first")
        return new

    file.edit(path, change)


def _checked(setting: Setting, text: str) -> str | None:
    """The text as it goes into the file; None if the default is meant. Raises ConfigError."""
    if setting.param.effect is UNSUPPORTED:
        raise ConfigError(f"{setting.name}: not supported yet, so it cannot be set")
    try:
        setting.param.read(text)
    except BadValue as error:
        raise ConfigError(described(setting, error, text)) from None
    kind = setting.param.kind
    text = text if kind.exact else text.strip()
    return text if text or kind.empty else None


def _read_import(source: File) -> Imported:
    imported = Imported({}, [])
    wrong: list[str] = []
    for line in source.lines:
        try:
            _take(line, imported)
        except ConfigError as error:
            wrong.append(str(ConfigError(error.problem, file=source.path, line=line.number)))
    if wrong:
        raise ConfigError("\n".join([*wrong, "nothing was changed"]))
    return imported


def _take(line: Line, imported: Imported) -> None:
    if line.problem:
        raise ConfigError(line.problem)
    if not line.name:
        return
    setting = REGISTRY.wanted(line.name)
    if setting.param.secret and line.value == BLOT:
        imported.left_out.append(f"{setting.name}: its value is hidden in this file, so it stays as it is")
    elif not _says_nothing(setting, line.value):
        imported.changes[setting.name] = _checked(setting, line.value)


def _says_nothing(setting: Setting, text: str) -> bool:
    """A whole listing read back holds the parameters that are not supported, with their defaults."""
    if setting.param.effect is not UNSUPPORTED:
        return False
    return text in {"", setting.param.write(setting.param.default)}
