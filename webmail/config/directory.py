"""Parameters of the directories: who exists, and on which host their mailbox is."""

from __future__ import annotations

from webmail.config.kinds import PATH, WORDS, choice
from webmail.config.param import UNSUPPORTED, Section, param
from webmail.log import Secret


class Directory(Section, prefix="local.directory"):
    """Which directory says who may sign in."""

    type: str = param(
        "local",
        "`local`: a file of our own, filled with `webmail user`; `imap`: all whom the default backend knows.",
        kind=choice("local", "imap"),
        refreshable=False,
        extension=True,
    )
    file: str = param(
        "",
        "File of the local directory; empty: `users.sqlite` under local.datadir.",
        kind=PATH,
        refreshable=False,
        extension=True,
    )


class Ldap(Section, prefix="local", effect=UNSUPPORTED):
    """Users and groups in LDAP."""

    ugldaphost: str = param("", "LDAP hosts, `host[:port]`; the next is asked if one does not answer.")
    ugldapport: int = param(389, "Port for LDAP.", at_least=1, at_most=65535)
    ugldapusessl: bool = param(False, "Whether to speak TLS to LDAP.")
    ugldapbinddn: str = param("", "Name under which LDAP is asked.")
    ugldapbindcred: Secret = param(Secret(""), "Password of that name.")
    ugldapbasedn: str = param("", "Root of users and groups.")


class Sasl(Section, prefix="sasl.default", effect=UNSUPPORTED):
    """How a login becomes an entry in LDAP, and which mechanisms are offered."""

    searchfilter: str = param(
        "(&(uid=%U)(objectclass=inetmailuser))",
        "LDAP filter; %U is the name, %V the domain, %o the login as it was typed.",
        name="ldap.searchfilter",
    )
    searchfordomain: bool = param(
        True,
        "Whether a login is searched in its domain; if not, in the whole directory.",
        name="ldap.searchfordomain",
    )
    domainmap: str = param("", "Map of domains.", name="ldap.domainmap")
    has_plain_passwords: bool = param(
        False,
        "Whether the directory holds passwords in the clear.",
        name="ldap.has_plain_passwords",
    )
    auto_transition: bool = param(
        False, "Whether a password is stored anew at sign-in, in the default scheme.", effect=UNSUPPORTED
    )
    transition_criteria: str = param("", "Not to be used, says the manual.")
    mech_list: str = param("", "SASL mechanisms that are offered.", kind=WORDS)
