"""TLS contexts as we want them: 1.2 and newer, and verified where we are the client."""

from __future__ import annotations

import ssl
from pathlib import Path


def server_context(
    certificate: Path, key: Path | None = None, client_ca: Path | None = None
) -> ssl.SSLContext:
    """The context of a listener; the key may lie in the certificate's file. Raises OSError, ssl.SSLError.

    `client_ca`: clients are asked for a certificate of these authorities. Who has none may come in
    without; who shows another is turned away.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(certificate, key or None)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_context(authorities: Path | None = None) -> ssl.SSLContext:
    """A context that verifies the server's name against the system's authorities or against this file."""
    context = ssl.create_default_context(cafile=str(authorities) if authorities else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def unverified_context() -> ssl.SSLContext:
    """Encrypts without asking who is there: only where the alternative is no encryption at all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
