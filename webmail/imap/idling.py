"""IDLE: the client waits, and is told what happens as it happens (RFC 2177)."""

from __future__ import annotations

import time

from webmail.config import idle_lacking
from webmail.i18n import N_
from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.imap.waiting import client_speaks
from webmail.wire import ProtocolError
from webmail.wire import imap_answers as said

DONE_LIMIT = 64  # octets of the line that ends it


# RFC 9051, 6.3.13
async def idle(session: Session, _asked: None) -> Ok:
    if idle_lacking(session.context.current()):
        raise No(N_("IDLE is not offered here; `webmail check` says why."), b"CANNOT")
    session.say(said.continuation("Waiting."))
    selected = session.selected
    owner = selected.account.uid if selected is not None else session.who.uid
    until = time.monotonic() + session.context.current().imap.idletimeout * 60.0
    with session.context.hints.subscribe(owner, on_hint=session.stream.wake) as subscription:
        while True:
            await session.tell(expunges=True)
            await session.flush()
            if await client_speaks(session.stream, until):
                break
            subscription.take()
    if (await session.stream.line(DONE_LIMIT)).upper() != b"DONE":
        raise ProtocolError("DONE was awaited")
    return Ok("Waited.")
