"""What a configuration says about the connections of a service."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from webmail import tls
from webmail.config.imap import Imap
from webmail.config.kinds import ConnLimits
from webmail.config.pop import Pop


@dataclass(frozen=True, slots=True)
class Terms:
    """Made anew at each refresh. `context` is None where TLS is not offered."""

    threads: int
    sessions: int
    addresses: ConnLimits
    context: ssl.SSLContext | None


def terms_of(section: Imap | Pop, authorities: str = "") -> Terms:
    """`authorities`: the file of those whose client certificates are taken; "": none is asked for.

    Raises OSError for certificates that cannot be read.
    """
    context = _context(section, authorities) if section.sslusessl and section.sslcertfile else None
    return Terms(section.maxthreads, section.maxsessions, section.connlimits, context)


def _context(section: Imap | Pop, authorities: str) -> ssl.SSLContext:
    key = Path(section.sslkeyfile) if section.sslkeyfile else None
    return tls.server_context(Path(section.sslcertfile), key, Path(authorities) if authorities else None)
