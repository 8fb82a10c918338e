"""What this service can do, told where and when it can be done."""

from __future__ import annotations

from collections.abc import Iterator

from webmail.config import Config, idle_lacking
from webmail.imap.session import Session

# Whatever the state; each works in full
ALWAYS = (
    "IMAP4rev1",  # RFC 3501
    "IMAP4rev2",  # RFC 9051
    "LITERAL+",  # RFC 7888
    "ID",  # RFC 2971
    "ENABLE",  # RFC 5161
    "SASL-IR",  # RFC 4959
    "LANGUAGE",  # RFC 5255
)
BEHIND = (
    "NAMESPACE",  # RFC 2342
    "UIDPLUS",  # RFC 4315
    "CHILDREN",  # RFC 3348
    "BINARY",  # RFC 3516
    "UNSELECT",  # RFC 3691
    "SORT",  # RFC 5256
    "SORT=DISPLAY",  # RFC 5957
    "THREAD=REFERENCES",  # RFC 5256
    "THREAD=ORDEREDSUBJECT",
    "ESEARCH",  # RFC 4731
    "ESORT",  # RFC 5267
    "SEARCHRES",  # RFC 5182
    "WITHIN",  # RFC 5032
    "PARTIAL",  # RFC 9394
    "NOTIFY",  # RFC 5465
    "ACL",  # RFC 4314
    "RIGHTS=kxte",
    "LIST-MYRIGHTS",  # RFC 8440
    "QUOTA",  # RFC 9208
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "QUOTASET",
    "CONDSTORE",  # RFC 7162
    "QRESYNC",
    "MOVE",  # RFC 6851
    "MULTIAPPEND",  # RFC 3502
    "REPLACE",  # RFC 8508
    "LIST-EXTENDED",  # RFC 5258
    "LIST-STATUS",  # RFC 5819
    "SPECIAL-USE",  # RFC 6154
    "CREATE-SPECIAL-USE",
    "METADATA",  # RFC 5464
    "STATUS=SIZE",  # RFC 8438
    "OBJECTID",  # RFC 8474
    "SAVEDATE",  # RFC 8514
    "PREVIEW",  # RFC 8970
    "UTF8=ACCEPT",  # RFC 6855
    "UNAUTHENTICATE",  # RFC 8437
    "XSENDER",  # Sun's
    "XSERVERINFO",
)
# What ENABLE takes; METADATA because RFC 5464, 4.1 wants it, though changes are told to who asks by NOTIFY
ENABLED = frozenset({"CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4REV2", "METADATA"})


def capabilities(session: Session) -> tuple[str, ...]:
    return tuple(_told(session, session.context.current()))


def _told(session: Session, config: Config) -> Iterator[str]:
    yield from ALWAYS
    if not idle_lacking(config):
        yield "IDLE"  # RFC 2177; the manual, 5.6.1, has administrators look for it in the greeting
    if session.user is None:
        yield from _for_strangers(session, config)
        return
    yield from BEHIND
    yield f"APPENDLIMIT={config.imap.maxmessagesize}"
    if session.admin:
        yield "PROXYAUTH"


def _for_strangers(session: Session, config: Config) -> Iterator[str]:
    if session.context.tls() is not None and session.stream.tls is None:
        yield "STARTTLS"
    if passwords_allowed(session, config):
        yield "AUTH=PLAIN"
    else:
        yield "LOGINDISABLED"
    if certificates_asked(session):
        yield "AUTH=EXTERNAL"
    if config.imap.allowanonymouslogin:
        yield "AUTH=ANONYMOUS"


def passwords_allowed(session: Session, config: Config) -> bool:
    """service.imap.plaintextmincipher: never below 0, always at 0, above over TLS of so many bits."""
    least = config.imap.plaintextmincipher
    return least == 0 or (least > 0 and session.stream.cipher_bits >= least)


def certificates_asked(session: Session) -> bool:
    """Whether the client has shown a certificate that was verified."""
    return session.stream.peer_certificate is not None
