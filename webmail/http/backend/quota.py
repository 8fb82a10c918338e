"""How full the mailboxes are (RFC 9208)."""

from __future__ import annotations

from webmail.http.backend.session import Session
from webmail.wire.imap_commands import getquotaroot
from webmail.wire.imap_replies import Quota


async def quota(session: Session) -> tuple[int, int] | None:
    """Octets used and allowed, of the root that is fullest; None if nothing limits them."""
    if not session.offers("QUOTA"):
        return None
    answer = await session.try_(getquotaroot("INBOX"))
    found = [
        it.resources["STORAGE"] for it in answer.all(Quota) if it.resources.get("STORAGE", (0, 0))[1] > 0
    ]
    if not found:
        return None
    used, limit = max(found, key=lambda pair: pair[0] / pair[1])
    return used * 1024, limit * 1024
