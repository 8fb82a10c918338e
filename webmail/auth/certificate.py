"""Signing in with the certificate that a client showed when TLS began (SASL EXTERNAL, RFC 4422 A).

The TLS context has verified it; here it is asked whose it is. A success and a failure are logged like
those of passwords, with `certificate` for `plaintext`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from webmail.auth.password import printable
from webmail.directory import Directory, User
from webmail.errors import AuthFailed
from webmail.log import NOTICE

MAX_LOGINS = 20  # names of one certificate that are looked for: a person's has one to three
_SUBJECT = ("emailAddress", "commonName", "userId")  # in this order, after the alternative names


async def sign_in(
    directory: Directory, log: logging.Logger, certificate: Mapping[str, Any], address: str
) -> User:
    """The first user whom the certificate names. Raises AuthFailed; Unavailable if nobody can tell.

    `certificate`: as ssl.SSLSocket.getpeercert() gives it; empty if the client showed none.
    """
    account = log.getChild("Account")
    names = logins(certificate)
    for login in names:
        if user := await directory.find(login):
            account.info("login: [%s] %s certificate", address, printable(user.uid))
            return user
    name = printable(names[0] if names else "")
    account.log(NOTICE, "badlogin: [%s] certificate %s authentication failure", address, name)
    raise AuthFailed


def logins(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """Names that a certificate has for its owner, the likeliest first, each once.

    Mail addresses among its alternative names (RFC 8550, 3), then of its subject the mail address, the
    common name and the user's id.
    """
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "email"]
    for attribute in _SUBJECT:
        names += _of_subject(certificate.get("subject", ()), attribute)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_LOGINS]


def _of_subject(subject: Iterable[Iterable[tuple[str, str]]], attribute: str) -> Iterator[str]:
    return (value for names in subject for kind, value in names if kind == attribute)
