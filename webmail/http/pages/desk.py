"""What a request about a letter works with: who writes, what they may send, where their files lie."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from starlette.requests import Request

from webmail.errors import NotAllowed
from webmail.http.backend.mailbox import Box
from webmail.http.backend.pool import Identity
from webmail.http.ceiling import Limits
from webmail.http.gateway import Gateway, gateway, identity, session
from webmail.http.pages.composing import Letter, Recipients, message_id, outgoing
from webmail.http.pages.formats import Translate, local
from webmail.http.sessions import Session
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.mail.compose import Outgoing
from webmail.mail.headers import Person

SOMEBODY_ELSES = N_("{person} began this letter. Sign in with that name to go on with it.")


@dataclass(frozen=True, slots=True)
class Desk:
    here: Gateway
    session: Session
    who: Identity
    sender: Person
    limits: Limits
    zone: tzinfo
    translate: Translate

    def lease(self) -> AbstractAsyncContextManager[Box]:
        return self.here.pool.lease(self.who)

    def spooled(self, compose: str) -> tuple[File, ...]:
        """All files of this letter that lie in the spool."""
        return self.here.spool.files(self.session.key, compose)

    def files(self, letter: Letter) -> tuple[File, ...]:
        """The files that the page shows: nothing goes out that its writer did not see."""
        kept = {kept.id for kept in letter.kept}
        return tuple(file for file in self.spooled(letter.compose) if file.id in kept)

    def message(self, letter: Letter, whom: Recipients, files: Sequence[File]) -> Outgoing:
        return outgoing(letter, whom, self.sender, files, datetime.now(UTC).astimezone(self.zone))

    def message_id(self, letter: Letter) -> str:
        return message_id(letter.compose, self.sender.address)

    def clock(self) -> str:
        """The time of day, as the page says it."""
        return f"{local(datetime.now(UTC), self.zone):%H:%M}"


async def desk(request: Request) -> Desk:
    """The desk of whoever asks."""
    here = gateway(request)
    current = session(request)
    profile = request.state.profile  # the guard found it with the session
    return Desk(
        here=here,
        session=current,
        who=identity(request),
        sender=Person(profile.name or current.user.name, current.user.address),
        limits=await here.ceiling.limits(),
        zone=here.render.zone(request),
        translate=here.render.translate(request),
    )


def check_person(current: Session, person: str) -> None:
    """Refuse a letter that somebody else began before this sign-in."""
    if person and person != current.user.uid:
        raise NotAllowed(SOMEBODY_ELSES, person=person)
