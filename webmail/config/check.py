"""Whether values that are fine each by itself are fine together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from webmail.config.configuration import Config
from webmail.config.http import Http
from webmail.config.imap import Imap

SPREAD = "*"  # of store.defaultpartition: new accounts go to all partitions in turn


def problems(config: Config, services: Collection[str] | None = None) -> list[str]:
    """What must be put right before these services can start, by default all that are enabled.

    The sentences name the parameters.
    """
    asked = enabled(config) if services is None else services
    found = [*_ports(config, asked), *_directory(config)]
    for service in asked:
        for check in _PROBLEMS.get(service, ()):
            found += check(config)
    return found


def notes(config: Config, services: Collection[str] | None = None) -> list[str]:
    """What is allowed but perhaps not meant; for the log at start and for `configutil -V`."""
    found = [*config.remarks]
    for service in enabled(config) if services is None else services:
        for check in _NOTES.get(service, ()):
            found += check(config)
    return found


def enabled(config: Config) -> tuple[str, ...]:
    """The services that may be started, of those that have checks."""
    return tuple(name for name, section in _services(config).items() if section.enable)


def speaks_tls(config: Config) -> bool:
    """Whether the http service has a TLS port with a certificate."""
    http = config.http
    return http.sslusessl and http.enablesslport and bool(http.sslcertfile)


def offers_tls(config: Config) -> bool:
    """Whether the IMAP service can speak TLS: STARTTLS on its port, or TLS on the separate one."""
    return config.imap.sslusessl and bool(config.imap.sslcertfile)


def idle_lacking(config: Config) -> tuple[str, ...]:
    """The parameters that stand against IMAP IDLE; none: it is offered.

    The manual, 5.6.1, asks for a notification plug-in, for a key that ends in %M and for notices of all
    mailboxes. Hints of our own are such a plug-in, as long as no other is set.
    """
    notify = config.notify
    if not notify.plugin:
        return ()
    key = () if notify.enseventkey.endswith("%M") else ("local.store.notifyplugin.enseventkey",)
    return key if notify.noneinbox else (*key, "local.store.notifyplugin.noneinbox.enable")


def backends(config: Config) -> tuple[str, ...]:
    """The backends that are known by name; `""` first, for all the others."""
    return ("", *config.proxy.overridden_hosts)


def _services(config: Config) -> dict[str, Http | Imap]:
    return {"http": config.http, "imap": config.imap}


def _ports(config: Config, services: Collection[str]) -> Iterator[str]:
    opened: dict[str, int] = {}
    for service, section in _services(config).items():
        if service in services:
            yield from _tls_port(section)
            opened[f"{section.prefix}.port"] = section.port
            if section.enablesslport:
                opened[f"{section.prefix}.sslport"] = section.sslport
    for one, other in combinations(opened, 2):
        if opened[one] == opened[other] != 0:
            yield f"{one} and {other} must differ"


def _tls_port(section: Http | Imap) -> Iterator[str]:
    name = section.prefix
    if not section.enablesslport:
        return
    if not section.sslusessl:
        yield f"{name}.enablesslport needs {name}.sslusessl"
    if not section.sslcertfile:
        yield f"{name}.enablesslport needs a certificate in {name}.sslcertfile (and sslkeyfile)"


def _directory(config: Config) -> Iterator[str]:
    if config.directory.type == "imap" and not config.proxy.defaulthost:
        yield "local.directory.type = imap needs local.service.proxy.defaulthost"


def _backends(config: Config) -> Iterator[str]:
    """The manual, 5.7.1: for IMAP over SSL the Webmail Server must be an SSL server itself."""
    over_tls = [host for host in backends(config) if config.proxy.at(host).imapssl]
    if not over_tls or config.http.trustedproxies:
        return
    names = ", ".join(_named("local.service.proxy.imapssl", host) for host in over_tls)
    proxy = "or, where TLS ends at a reverse proxy, that proxy’s address in service.http.trustedproxies"
    if not config.http.sslusessl:
        yield f"{names}: IMAP over SSL needs service.http.sslusessl, {proxy}"


def _mta(config: Config) -> Iterator[str]:
    smtp = config.smtp
    if smtp.smtpauthuser and not smtp.smtpauthpassword:
        yield "local.service.http.smtpauthuser needs local.service.http.smtpauthpassword"
    if smtp.smtpauthpassword and not smtp.smtpauthuser:
        yield "local.service.http.smtpauthpassword needs local.service.http.smtpauthuser"


def _partitions(config: Config) -> Iterator[str]:
    default, partitions = config.store.defaultpartition, config.partitions
    if default != SPREAD and default not in partitions:
        yield f"store.defaultpartition: there is no partition {default}; set store.partition.{default}.path"
    for (one, path), (other, second) in combinations(partitions.items(), 2):
        if _overlap(path, second):
            names = f"store.partition.{one}.path and store.partition.{other}.path"
            yield f"{names} must not be the same directory, nor one within the other"


def _overlap(one: Path, other: Path) -> bool:
    # The strings only: whoever checks a configuration need not see the disks that it is for.
    return one == other or one in other.parents or other in one.parents


def _clear(config: Config) -> Iterator[str]:
    over_tls = any(config.proxy.at(host).imapssl for host in backends(config))
    if over_tls and not speaks_tls(config) and not config.http.trustedproxies:
        yield (
            "mail comes over SSL from the backend but goes on in the clear to the browser: set"
            " service.http.enablesslport with service.http.sslcertfile and service.http.sslkeyfile"
        )


def _named(name: str, host: str) -> str:
    return f"{name}.{host}" if host else name


def _http_passwords(config: Config) -> Iterator[str]:
    yield from _passwords(config.http, tls=speaks_tls(config) or bool(config.http.trustedproxies))


def _imap_passwords(config: Config) -> Iterator[str]:
    yield from _passwords(config.imap, tls=offers_tls(config))


def _passwords(section: Http | Imap, *, tls: bool) -> Iterator[str]:
    name = f"{section.prefix}.plaintextmincipher"
    if section.plaintextmincipher < 0:
        yield f"{name} is below 0: nobody can sign in with a password"
    elif section.plaintextmincipher > 0 and not tls:
        yield f"{name} is above 0, but there is no TLS: nobody can sign in"


def _administrators(config: Config) -> Iterator[str]:
    for host in backends(config):
        at = config.proxy.at(host)
        lacking = [name for name, value in (("admin", at.admin), ("adminpass", at.adminpass)) if not value]
        if lacking and at.login == "admin":
            names = ", ".join(_named(f"local.service.proxy.{name}", host) for name in lacking)
            where = (
                f"whose mail is on {host}"
                if host
                else "of other backends"
                if len(backends(config)) > 1
                else ""
            )
            yield f"{names}: not set, so sign-ins {where or 'of all users'} will be refused"


def _sizes(config: Config) -> Iterator[str]:
    http = config.http
    if http.spoolquota and http.spoolquota < http.maxmessagesize:
        yield "service.http.spoolquota is less than service.http.maxmessagesize, so it limits attachments"
    if http.sessionlifetime < http.sessiontimeout:
        yield "service.http.sessionlifetime is less than service.http.sessiontimeout, so it ends sessions"


def _asked_elsewhere(config: Config) -> Iterator[str]:
    if config.directory.type == "imap":
        yield (
            "local.directory.type = imap: the IMAP service asks local.service.proxy.defaulthost for each"
            " password, which must be another server than itself"
        )


def _client_certificates(config: Config) -> Iterator[str]:
    if config.imap.sslcafile and not offers_tls(config):
        yield (
            "service.imap.sslcafile means nothing without TLS: set service.imap.sslcertfile and"
            " service.imap.sslusessl"
        )


def _idle(config: Config) -> Iterator[str]:
    if lacking := idle_lacking(config):
        yield f"{', '.join(lacking)}: IMAP IDLE is not offered, because local.store.notifyplugin is set"


_Check = Callable[[Config], Iterator[str]]
_PROBLEMS: Mapping[str, tuple[_Check, ...]] = {"http": (_backends, _mta), "imap": (_partitions,)}
_NOTES: Mapping[str, tuple[_Check, ...]] = {
    "http": (_clear, _http_passwords, _administrators, _sizes),
    "imap": (_imap_passwords, _asked_elsewhere, _client_certificates, _idle),
}
