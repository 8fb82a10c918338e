"""The parameters as configutil shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from webmail.config import secrets
from webmail.config.configuration import REGISTRY, entries, secret_file_of
from webmail.config.file import File, written
from webmail.config.kinds import printable
from webmail.config.param import LIVE, Param
from webmail.config.registry import Setting

BLOT = "****"  # stands for a secret that is set
INDENT = " " * 4


def listing(source: File, pattern: str) -> Iterator[tuple[Setting, str]]:
    """Each parameter whose name contains the pattern, with its value; sorted by name; secrets blotted out."""
    texts = {entry.setting: entry.text for entry in entries(source)}
    settings = {setting.name: setting for setting in (*REGISTRY, *texts)}
    for name in sorted(settings):
        if pattern.lower() in name:
            setting = settings[name]
            text = _text(setting, texts)
            yield setting, _blotted(setting, texts) if setting.param.secret else text


def value(source: File, setting: Setting, environ: Mapping[str, str]) -> str:
    """The value that holds, secret or not; for a host without its own the common one. Raises ConfigError."""
    texts = {entry.setting: entry.text for entry in entries(source)}
    common = Setting(setting.section, setting.param, member=setting.member)
    for asked in dict.fromkeys((setting, common)):
        if asked in texts:
            return _text(asked, texts)
        if asked.param.secret and (path := _secret_path(asked, texts, environ)):
            return secrets.from_file(path).reveal()
    return _text(common, texts)


def marks(param: Param[object]) -> str:
    return "[REFRESHABLE]" if param.refreshable else "[NOT REFRESHABLE]"


def line(setting: Setting, text: str) -> str:
    return printable(written(setting.name, text))


def description(param: Param[object]) -> list[str]:
    """What there is to know about a parameter, in indented lines."""
    facts = [f"Type: {type_of(param)}.", f"Default: {param.write(param.default) or 'empty'}."]
    if param.per_host:
        facts.append(f"For one host: {param.name}.HOST.")
    if param.effect is not LIVE:
        facts.append(f"This release: {param.effect.value}.")
    if param.extension:
        facts.append("An extension: the manual does not have it.")
    return [INDENT + param.help, INDENT + " ".join(facts)]


def type_of(param: Param[object]) -> str:
    """The kind of value with its unit and bounds, in words."""
    unit = f" of {param.unit}" if param.unit else ""
    bounds = [f"at least {param.at_least}"] if param.at_least is not None else []
    bounds += [f"at most {param.at_most}"] if param.at_most is not None else []
    return ", ".join([param.kind.word + unit, *bounds])


def _text(setting: Setting, texts: Mapping[Setting, str]) -> str:
    text = texts.get(setting)
    if text is None or (not text and not setting.param.kind.empty):
        return setting.param.write(setting.param.default)
    return text


def _blotted(setting: Setting, texts: Mapping[Setting, str]) -> str:
    return BLOT if texts.get(setting) or texts.get(secret_file_of(setting)) else ""


def _secret_path(setting: Setting, texts: Mapping[Setting, str], environ: Mapping[str, str]) -> Path | None:
    if named := texts.get(secret_file_of(setting)):
        return Path(named)
    return dict(secrets.from_systemd(REGISTRY, environ)).get(setting)
