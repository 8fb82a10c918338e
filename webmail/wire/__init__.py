"""Grammar of the protocols: pure functions between bytes and dataclasses, for client and server alike."""

from __future__ import annotations


class ProtocolError(Exception):
    """The other side's bytes are not in the grammar, or over a limit that has a name."""
