"""Whether values that are fine each by itself are fine together."""

from __future__ import annotations

from collections.abc import Iterator

from webmail.config.configuration import Config


def problems(config: Config) -> list[str]:
    """What must be put right before the http service can start; names the parameters."""
    return [*_tls_ports(config), *_backends(config), *_directory(config), *_mta(config)]


def notes(config: Config) -> list[str]:
    """What is allowed but perhaps not meant; for the log at start and for `configutil -V`."""
    return [*config.remarks, *_clear(config), *_passwords(config), *_administrators(config), *_sizes(config)]


def speaks_tls(config: Config) -> bool:
    """Whether the http service has a TLS port with a certificate."""
    http = config.http
    return http.sslusessl and http.enablesslport and bool(http.sslcertfile)


def backends(config: Config) -> tuple[str, ...]:
    """The backends that are known by name; `""` first, for all the others."""
    return ("", *config.proxy.overridden_hosts)


def _tls_ports(config: Config) -> Iterator[str]:
    http = config.http
    if not http.enablesslport:
        return
    if not http.sslusessl:
        yield "service.http.enablesslport needs service.http.sslusessl"
    if not http.sslcertfile:
        yield "service.http.enablesslport needs a certificate in service.http.sslcertfile (and sslkeyfile)"
    if http.port == http.sslport:
        yield "service.http.port and service.http.sslport must differ"


def _backends(config: Config) -> Iterator[str]:
    """The manual, 5.7.1: for IMAP over SSL the Webmail Server must be an SSL server itself."""
    over_tls = [host for host in backends(config) if config.proxy.at(host).imapssl]
    if not over_tls or config.http.trustedproxies:
        return
    names = ", ".join(_named("local.service.proxy.imapssl", host) for host in over_tls)
    proxy = "or, where TLS ends at a reverse proxy, that proxy’s address in service.http.trustedproxies"
    if not config.http.sslusessl:
        yield f"{names}: IMAP over SSL needs service.http.sslusessl, {proxy}"


def _clear(config: Config) -> Iterator[str]:
    over_tls = any(config.proxy.at(host).imapssl for host in backends(config))
    if over_tls and not speaks_tls(config) and not config.http.trustedproxies:
        yield (
            "mail comes over SSL from the backend but goes on in the clear to the browser: set"
            " service.http.enablesslport with service.http.sslcertfile and service.http.sslkeyfile"
        )


def _named(name: str, host: str) -> str:
    return f"{name}.{host}" if host else name


def _directory(config: Config) -> Iterator[str]:
    if config.directory.type == "imap" and not config.proxy.defaulthost:
        yield "local.directory.type = imap needs local.service.proxy.defaulthost"


def _mta(config: Config) -> Iterator[str]:
    smtp = config.smtp
    if smtp.smtpauthuser and not smtp.smtpauthpassword:
        yield "local.service.http.smtpauthuser needs local.service.http.smtpauthpassword"
    if smtp.smtpauthpassword and not smtp.smtpauthuser:
        yield "local.service.http.smtpauthpassword needs local.service.http.smtpauthuser"


def _passwords(config: Config) -> Iterator[str]:
    least = config.http.plaintextmincipher
    if least < 0:
        yield "service.http.plaintextmincipher is below 0: nobody can sign in with a password"
    elif least > 0 and not speaks_tls(config) and not config.http.trustedproxies:
        yield "service.http.plaintextmincipher is above 0, but there is no TLS: nobody can sign in"


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
