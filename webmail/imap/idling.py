"""IDLE: the client waits, and is told what happens as it happens (RFC 2177)."""

from __future__ import annotations

import asyncio

from webmail.config import idle_lacking
from webmail.i18n import N_
from webmail.imap.answers import No, Ok
from webmail.imap.session import Session
from webmail.server.errors import Silent
from webmail.wire import ProtocolError
from webmail.wire import imap_answers as said

POLL_SECONDS = 60.0  # between two looks at the mailbox while no hint comes: what a lost one costs
DONE_LIMIT = 64  # octets of the line that ends it


# RFC 9051, 6.3.13
async def idle(session: Session, _asked: None) -> Ok:
    if idle_lacking(session.context.current()):
        raise No(N_("IDLE is not offered here; `webmail check` says why."), b"CANNOT")
    session.say(said.continuation("Waiting."))
    selected = session.selected
    owner = selected.account.uid if selected is not None else session.who.uid
    loop = asyncio.get_running_loop()
    until = loop.time() + session.context.current().imap.idletimeout * 60.0
    with session.context.hints.subscribe(owner, on_hint=session.stream.wake) as subscription:
        while True:
            await session.tell(expunges=True)
            await session.flush()
            try:
                if await session.stream.input(min(POLL_SECONDS, until - loop.time())):
                    break
            except Silent:
                if loop.time() >= until:
                    raise
            subscription.take()
    if (await session.stream.line(DONE_LIMIT)).upper() != b"DONE":
        raise ProtocolError("DONE was awaited")
    return Ok("Waited.")
