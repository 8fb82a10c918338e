"""Parameters of the way to the users' IMAP servers."""

from __future__ import annotations

from webmail.config.kinds import HOST, PATH, SECONDS, WORDS, choice
from webmail.config.param import PerHost, param
from webmail.log import Secret


class Proxy(PerHost, prefix="local.service.proxy"):
    """From the Webmail Server to the IMAP servers (backends)."""

    imapport: int = param(143, "Port of the backend’s IMAP server.", at_least=1, at_most=65535, per_host=True)
    imapssl: bool = param(False, "Whether to speak TLS to the backend.", per_host=True)
    admin: str = param("", "Administrator who signs in at the backend in a user’s name.", per_host=True)
    adminpass: Secret = param(Secret(""), "Password of that administrator.", per_host=True)
    login: str = param(
        "admin",
        "How a user is signed in at the backend: by the administrator in their name, or as the user with"
        " their own password.",
        kind=choice("admin", "user"),
        per_host=True,
        extension=True,
    )
    imapcafile: str = param(
        "",
        "File with the certificates of authorities that the backend’s certificate is checked against;"
        " empty: the system’s.",
        kind=PATH,
        per_host=True,
        extension=True,
    )
    ignorecapabilities: str = param(
        "",
        "Capabilities of the backend that are not to be used, because it does not keep what it promises.",
        kind=WORDS,
        per_host=True,
        extension=True,
    )
    defaulthost: str = param(
        "",
        "Backend of users who have no mailHost, and of all users where local.directory.type is `imap`.",
        kind=HOST,
        extension=True,
    )
    maxconnections: int = param(
        200,
        "Most connections to one backend.",
        unit="connections per process",
        at_least=1,
        per_host=True,
        extension=True,
    )
    maxuserconnections: int = param(
        3,
        "Most connections for one user.",
        unit="connections per process",
        at_least=1,
        per_host=True,
        extension=True,
    )
    timeout: int = param(
        20,
        "Longest wait for an answer of the backend.",
        kind=SECONDS,
        at_least=1,
        at_most=3600,
        per_host=True,
        extension=True,
    )
