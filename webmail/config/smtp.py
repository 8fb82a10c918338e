"""Parameters under local.service.http: the way to the MTA, and features of the web client."""

from __future__ import annotations

from webmail.config.kinds import BYTES, PATH, SECONDS, choice
from webmail.config.param import UNSUPPORTED, PerHost, Section, param
from webmail.log import Secret


class Smtp(Section, prefix="local.service.http"):
    """How the MTA at service.http.smtphost is entered."""

    smtpauthuser: str = param("", "User for SMTP AUTH at the MTA; empty: no AUTH.")
    smtpauthpassword: Secret = param(Secret(""), "Password of that user.")
    smtptls: str = param(
        "auto",
        "TLS to the MTA: `starttls`, `tls` from the first byte, `none`, or `auto`: STARTTLS if offered.",
        kind=choice("auto", "starttls", "tls", "none"),
        extension=True,
    )
    smtpcafile: str = param(
        "",
        "File with the certificates of authorities that the MTA’s certificate is checked against;"
        " empty: the system’s.",
        kind=PATH,
        extension=True,
    )


class Client(PerHost, prefix="local.service.http", effect=UNSUPPORTED):
    """Features of the web client, and the old multiplexor."""

    showunreadcounts: bool = param(False, "Whether the folder list shows unread counts.")
    cookiename: str = param("webmailsid", "Name of the session cookie.")
    domain: str = param("", "Domain of the session cookie.")
    logaccess: bool = param(False, "Whether to log each request.")
    allowcollect: bool = param(True, "Whether people may collect mail from other POP servers.")
    maxcollectmsglen: int = param(0, "Largest message collected.", kind=BYTES, at_least=0)
    maxldaplimit: int = param(0, "Most results of a search in the directory.", at_least=0)
    rfc2231compliant: bool = param(False, "Whether file names are written as in RFC 2231.")
    usesentdate: bool = param(False, "Whether listings show the Date header.")
    resourcetimeout: int = param(
        900, "Idle time after which a session’s caches are dropped.", kind=SECONDS, at_least=1
    )
    gzip_dynamic: bool = param(False, "Whether pages are compressed.", name="gzip.dynamic")
    gzip_static: bool = param(False, "Whether static files are compressed.", name="gzip.static")
    gzip_attach: bool = param(False, "Whether attachments are compressed.", name="gzip.attach")
    proxy: str = param("", "Hosts of the old multiplexor; local.service.proxy.* took its place.")
    proxy_port: int = param(
        80,
        "Port of the old multiplexor; local.service.proxy.imapport took its place.",
        name="proxy.port",
        at_least=1,
        at_most=65535,
        per_host=True,
    )
    proxy_admin: str = param(
        "",
        "Administrator of the old multiplexor; local.service.proxy.admin took its place.",
        name="proxy.admin",
        per_host=True,
    )
    proxy_adminpass: Secret = param(
        Secret(""),
        "Password of the old multiplexor; local.service.proxy.adminpass took its place.",
        name="proxy.adminpass",
        per_host=True,
    )
