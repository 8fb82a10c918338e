"""What the services pop, imap and http have in common."""

from __future__ import annotations

from webmail.config.kinds import CONNLIMITS, FILTERS, PATH, ConnLimits
from webmail.config.param import UNSUPPORTED, Section, param


class Service(Section):
    """`service.<pop, imap or http>`: who may connect, how, and how many."""

    enable: bool = param(True, "Whether the service may be started.", refreshable=False)
    enablesslport: bool = param(False, "Whether to open the separate port for TLS.", refreshable=False)
    sslusessl: bool = param(
        True,
        "Whether the service may speak TLS at all. For http it must be on before TLS to a backend is used.",
        refreshable=False,
    )
    sslcertfile: str = param(
        "",
        "File with the certificate for TLS and the chain behind it, in PEM.",
        kind=PATH,
        refreshable=False,
        extension=True,
    )
    sslkeyfile: str = param(
        "",
        "File with the certificate’s private key, in PEM; empty if it is in the certificate’s file.",
        kind=PATH,
        refreshable=False,
        extension=True,
    )
    maxthreads: int = param(250, "Most threads in a process.", at_least=1, at_most=10_000, refreshable=False)
    numprocesses: int = param(
        1,
        "Number of processes; one per processor is a good start.",
        at_least=1,
        at_most=1000,
        refreshable=False,
    )
    plaintextmincipher: int = param(
        0,
        "Plain-text passwords: 0 takes them on every connection, a number above 0 only over TLS with a cipher"
        " of at least so many bits, -1 not at all.",
        at_least=-1,
    )
    allowanonymouslogin: bool = param(False, "Whether to allow anonymous logins.")
    domainallowed: str = param("", "Filters for clients that may connect.", kind=FILTERS, effect=UNSUPPORTED)
    domainnotallowed: str = param(
        "", "Filters for clients that may not connect.", kind=FILTERS, effect=UNSUPPORTED
    )
    connlimits: ConnLimits = param(
        (),
        "Most connections per client address and process: `address|mask:number`, separated by commas;"
        " the first that fits counts. Empty: no limit.",
        kind=CONNLIMITS,
    )


class LocalService(Section):
    """`local.<pop, imap or http>`: certificates, and watching who is there."""

    sslnicknames: str = param(
        "",
        "Nickname of the certificate of this service; here certificates are files (sslcertfile).",
        refreshable=False,
        effect=UNSUPPORTED,
    )


class LocalWatchedService(LocalService):
    """`local.<imap or http>`: the same, and watching who is there."""

    enableuserlist: bool = param(
        False, "Whether to keep a list of who is signed in.", refreshable=False, effect=UNSUPPORTED
    )
    forcetelemetry: bool = param(False, "Whether to record the sessions of all users.", effect=UNSUPPORTED)
