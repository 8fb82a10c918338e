"""All parameters by their names, which are compared without regard to case."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webmail.config.errors import ConfigError
from webmail.config.kinds import is_host, printable
from webmail.config.param import MEMBER, Param, Section, host_key

MAX_NEAREST = 3  # names offered for one that is not known
CLOSE = 0.6  # difflib's measure: 1 is the same, 0 has nothing in common
FILE = "_file"
_ANY_MEMBER = "([^.*/]+)"  # no slash: a member may name a directory


@dataclass(frozen=True, slots=True)
class Setting:
    """What one name means: a parameter, of one host if `host` is given, a family's member if `member` is."""

    section: str
    param: Param[Any]
    host: str = ""
    member: str = ""

    @property
    def name(self) -> str:
        name = self.param.name.replace(MEMBER, self.member) if self.member else self.param.name
        return f"{name}.{self.host}" if self.host else name


class Registry:
    """Finds a parameter by its name. Raises TypeError if two sections declare the same name."""

    def __init__(self, sections: Mapping[str, type[Section]]) -> None:
        self._settings: dict[str, Setting] = {}
        self._open: list[tuple[re.Pattern[str], Setting]] = []
        for key, section in sections.items():
            for declared in section.params.values():
                self._add(Setting(key, declared))

    def _add(self, setting: Setting) -> None:
        members = setting.param.members
        if members is None:
            self._add_name(setting)
        elif members:
            for member in members:
                self._add_name(Setting(setting.section, setting.param, member=member))
        else:
            pattern = re.escape(setting.param.name).replace(re.escape(MEMBER), _ANY_MEMBER)
            self._open.append((re.compile(pattern), setting))

    def _add_name(self, setting: Setting) -> None:
        if setting.name in self._settings:
            raise TypeError(f"{setting.name} is declared twice")
        self._settings[setting.name] = setting

    def __iter__(self) -> Iterator[Setting]:
        """All names that are there without anybody setting them, sorted."""
        return iter(sorted(self._settings.values(), key=lambda setting: setting.name))

    def families(self) -> list[Setting]:
        """The families of which any name may be a member."""
        return [setting for _, setting in self._open]

    def find(self, name: str) -> Setting | None:
        """What a name means; None if it means nothing."""
        name = name.lower()
        return self._settings.get(name) or self._find_for_host(name) or self._find_member(name)

    def _find_for_host(self, name: str) -> Setting | None:
        """A host's own value: `NAME.host`; of its NAME_file both `NAME_file.host` and `NAME.host_file`."""
        if name.endswith(FILE) and (found := self._hosted(name.removesuffix(FILE), FILE)):
            return found
        return self._hosted(name, "")

    def _hosted(self, name: str, suffix: str) -> Setting | None:
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            found = self._settings.get(".".join(parts[:end]) + suffix)
            host = host_key(".".join(parts[end:]))
            if found and found.param.per_host and is_host(host) and not host.endswith(FILE):
                return Setting(found.section, found.param, host=host)
        return None

    def _find_member(self, name: str) -> Setting | None:
        for pattern, setting in self._open:
            if match := pattern.fullmatch(name):
                return Setting(setting.section, setting.param, member=match[1])
        return None

    def wanted(self, name: str) -> Setting:
        """What a name means. Raises ConfigError, which offers the nearest names, if it means nothing."""
        shown = printable(name)
        if ";" in name:
            raise ConfigError(f"{shown}: values by language (NAME;lang-xx) are not supported")
        found = self.find(name)
        if found:
            return found
        near = self.nearest(name)
        offer = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ConfigError(f"{shown}: there is no such parameter{offer}")

    def nearest(self, name: str) -> list[str]:
        """Known names that somebody may have meant, the likeliest first."""
        name = name.lower()
        ending = [known for known in self._settings if known.endswith("." + name)]
        close = difflib.get_close_matches(name, self._settings, MAX_NEAREST, CLOSE)
        return list(dict.fromkeys([*ending, *close]))[:MAX_NEAREST]
