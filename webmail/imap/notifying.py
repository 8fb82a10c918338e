"""NOTIFY: the client says what it wants to hear of by itself (RFC 5465)."""

from __future__ import annotations

from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.wire.imap_ask_notify import Notify


class Watch:
    """What one client wants to hear of, and what it was told last."""


# RFC 5465, 3
async def notify(session: Session, asked: Notify) -> Ok:
    raise No("Not yet.")
