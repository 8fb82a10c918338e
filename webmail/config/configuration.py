"""The configuration: all sections, filled from a file once and never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from webmail.config import file, secrets
from webmail.config.directory import Directory, Ldap, Sasl
from webmail.config.errors import BadValue, ConfigError
from webmail.config.http import Express, Http, LocalHttp
from webmail.config.imap import Imap, LocalImap
from webmail.config.kinds import printable
from webmail.config.local import Local
from webmail.config.log import AdminLog, DefaultLog, HttpLog, ImapLog, ImtaLog, PopLog
from webmail.config.login import Login
from webmail.config.param import UNSUPPORTED, PerHost, Section
from webmail.config.pop import LocalPop, Pop
from webmail.config.proxy import Proxy
from webmail.config.registry import FILE, Registry, Setting
from webmail.config.smtp import Client, Smtp
from webmail.config.store import Ens, Notify, Store
from webmail.log import Secret

PRIMARY = "primary"  # the partition that is always there
MAX_REPEATED = 80  # characters of a wrong value that fit into a sentence


@dataclass(frozen=True, slots=True)
class Config:
    """Every parameter with its value. `remarks` are for the log: lines of the file that mean nothing here."""

    http: Http = field(default_factory=Http)
    proxy: Proxy = field(default_factory=Proxy)
    smtp: Smtp = field(default_factory=Smtp)
    login: Login = field(default_factory=Login)
    directory: Directory = field(default_factory=Directory)
    local: Local = field(default_factory=Local)
    log: HttpLog = field(default_factory=HttpLog)
    pop: Pop = field(default_factory=Pop)
    imap: Imap = field(default_factory=Imap)
    store: Store = field(default_factory=Store)
    notify: Notify = field(default_factory=Notify)
    ens: Ens = field(default_factory=Ens)
    pop_log: PopLog = field(default_factory=PopLog)
    imap_log: ImapLog = field(default_factory=ImapLog)
    local_pop: LocalPop = field(default_factory=LocalPop)
    local_imap: LocalImap = field(default_factory=LocalImap)
    local_http: LocalHttp = field(default_factory=LocalHttp)
    express: Express = field(default_factory=Express)
    client: Client = field(default_factory=Client)
    ldap: Ldap = field(default_factory=Ldap)
    sasl: Sasl = field(default_factory=Sasl)
    default_log: DefaultLog = field(default_factory=DefaultLog)
    imta_log: ImtaLog = field(default_factory=ImtaLog)
    admin_log: AdminLog = field(default_factory=AdminLog)
    remarks: tuple[str, ...] = ()

    @property
    def spooldir(self) -> Path:
        """Where attachments wait: service.http.spooldir, or its place in the data directory."""
        return Path(self.http.spooldir or Path(self.local.datadir) / "http")

    @property
    def usersfile(self) -> Path:
        """The local directory's file: local.directory.file, or its place in the data directory."""
        return Path(self.directory.file or Path(self.local.datadir) / "users.sqlite")

    @property
    def partitions(self) -> dict[str, Path]:
        """The parts of the store, by name: those of store.partition.<name>.path, and `primary`."""
        below = Path(self.local.datadir) / "store" / "partition"
        found = {PRIMARY: "", **self.store.partition}
        return {name: Path(found[name] or below / name) for name in sorted(found)}

    @property
    def hintsdir(self) -> Path:
        """Where processes of this host tell each other what changed in the store."""
        return Path(self.local.datadir) / "run" / "hints"

    @property
    def spoolquota(self) -> int:
        """Bytes that one person's attachments may take: service.http.spoolquota, or what follows from 0."""
        return self.http.spoolquota or 4 * self.http.maxmessagesize


SECTIONS: Mapping[str, type[Section]] = {
    it.name: cast("type[Section]", it.default_factory) for it in fields(Config) if it.name != "remarks"
}
REGISTRY = Registry(SECTIONS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter and its text in the file."""

    setting: Setting
    text: str = field(repr=False)
    line: int

    def value(self, path: Path | None) -> Any:
        """What the text stands for. Raises ConfigError."""
        try:
            return self.setting.param.read(self.text)
        except BadValue as error:
            raise ConfigError(described(self.setting, error, self.text), file=path, line=self.line) from None


def described(setting: Setting, error: BadValue, text: str) -> str:
    """What is wrong with a value, in a sentence that repeats it unless it is a secret."""
    hidden = setting.param.secret or len(text) > MAX_REPEATED
    return f"{setting.name}: {error}" + ("" if hidden else f", not “{printable(text)}”")


def entries(source: file.File) -> Iterator[Entry]:
    """The lines of known parameters, the last of each."""
    last: dict[str, Entry] = {}
    for line in source.settings():
        if setting := REGISTRY.find(line.name):
            last[setting.name] = Entry(setting, line.value, line.number)
    yield from last.values()


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a file, all defaults if there is none.

    Raises ConfigError naming the line and what is wrong with it. A parameter that we don't know or don't
    support yet is no error (the file may be older or newer than we are), but one of the `remarks`.
    """
    return assemble(file.read(path), environ)


def of(values: Mapping[str, str]) -> Config:
    """The configuration of names and values as `configutil -o … -v …` takes them. Raises ConfigError."""
    found = [Entry(REGISTRY.wanted(name), text, 0) for name, text in values.items()]
    return _filled({entry.setting: entry.value(None) for entry in found}, ())


def assemble(source: file.File, environ: Mapping[str, str]) -> Config:
    """The configuration in the lines of a file, and the secrets from elsewhere. Raises ConfigError."""
    for line in source.lines:
        if line.problem:
            raise ConfigError(line.problem, file=source.path, line=line.number)
    values: dict[Setting, Any] = {}
    for entry in entries(source):
        values[entry.setting] = entry.value(source.path)
    for name, other in doubled_secrets(source):
        raise ConfigError(f"{name} and {other} are both set; delete one of them", file=source.path)
    return _filled(values | outer_secrets(values, environ), tuple(_remarks(source)))


def doubled_secrets(source: file.File) -> Iterator[tuple[str, str]]:
    """Secrets that stand in the file and in a file of their own, so that nobody knows which one holds."""
    names = {entry.setting.name: entry.setting for entry in entries(source) if entry.text}
    for name, setting in names.items():
        if setting.param.secret and (other := secret_file_of(setting).name) in names:
            yield name, other


def secret_file_of(setting: Setting) -> Setting:
    """The setting that names the file with this secret."""
    section = SECTIONS[setting.section]
    return Setting(setting.section, section.params[setting.param.attribute + FILE], host=setting.host)


def outer_secrets(values: Mapping[Setting, Any], environ: Mapping[str, str]) -> dict[Setting, Secret]:
    """Secrets from files named by NAME_file, else from systemd, for all that have no value of their own."""
    paths = dict(secrets.from_systemd(REGISTRY, environ))
    for setting, value in values.items():
        if value and (secret := _secret_in(setting)):
            paths[secret] = Path(value)
    return {secret: secrets.from_file(path) for secret, path in paths.items() if not values.get(secret)}


def _secret_in(setting: Setting) -> Setting | None:
    """The secret that the file named by this setting holds; None if it names no such file."""
    params = SECTIONS[setting.section].params
    secret = params.get(setting.param.attribute.removesuffix(FILE))
    if secret is None or secret is setting.param or not secret.secret:
        return None
    return Setting(setting.section, secret, host=setting.host)


def _remarks(source: file.File) -> Iterator[str]:
    for line in source.settings():
        setting = REGISTRY.find(line.name)
        where = f"{source.path}, line {line.number}: {line.name}"
        if setting is None:
            yield f"{where} is not known and means nothing"
        elif setting.param.effect is UNSUPPORTED:
            yield f"{where} is not supported yet and means nothing"


def _filled(values: Mapping[Setting, Any], remarks: tuple[str, ...]) -> Config:
    sections: dict[str, Any] = {key: _section(section, key, values) for key, section in SECTIONS.items()}
    return Config(**sections, remarks=remarks)


def _section(section: type[Section], key: str, values: Mapping[Setting, Any]) -> Section:
    own = {setting: value for setting, value in values.items() if setting.section == key}
    common: dict[str, Any] = {}
    hosts: dict[str, dict[str, Any]] = {}
    for setting, value in own.items():
        attribute = setting.param.attribute
        if setting.member:
            common.setdefault(attribute, dict(getattr(section(), attribute)))[setting.member] = value
        elif setting.host:
            hosts.setdefault(setting.host, {})[attribute] = value
        else:
            common[attribute] = value
    return section.with_hosts(common, hosts) if issubclass(section, PerHost) else section(**common)
