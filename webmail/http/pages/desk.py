"""What a request about a letter works with: who writes, what they may send, where their files lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from webmail.disk import in_thread
from webmail.errors import NotAllowed
from webmail.http.backend.mailbox import Box
from webmail.http.backend.pool import Identity
from webmail.http.ceiling import Limits
from webmail.http.gateway import Gateway, gateway, identity, session
from webmail.http.pages.composing import Letter, Recipients, message_id, outgoing
from webmail.http.pages.formats import Translate, local
from webmail.http.pages.weighing import Scale
from webmail.http.sessions import Session
from webmail.http.spool import File
from webmail.i18n import N_
from webmail.mail.compose import Encoded, Outgoing, encoded
from webmail.mail.headers import Person

INLINE = 16_384  # characters: a longer letter is worked on in a thread, the others must not wait for it
P = ParamSpec("P")
T = TypeVar("T")

SOMEBODY_ELSES = N_("{person} began this letter. Sign in with that name to go on with it.")


def _encode_once() -> Callable[[str], Encoded]:
    return lru_cache(maxsize=1)(encoded)


@dataclass(frozen=True, slots=True)
class Desk:
    here: Gateway
    session: Session
    who: Identity
    sender: Person
    limits: Limits
    zone: tzinfo
    translate: Translate
    encode: Callable[[str], Encoded] = field(default_factory=_encode_once)  # a request has one letter

    def lease(self) -> AbstractAsyncContextManager[Box]:
        return self.here.pool.lease(self.who)

    async def spooled(self, compose: str) -> tuple[File, ...]:
        """All files of this letter that lie in the spool."""
        return await in_thread(self.here.spool.files, self.session.key, compose)

    async def files(self, letter: Letter) -> tuple[File, ...]:
        """The files that the page shows: nothing goes out that its writer did not see."""
        kept = {kept.id for kept in letter.kept}
        return tuple(file for file in await self.spooled(letter.compose) if file.id in kept)

    async def forget(self, compose: str) -> None:
        """Drop the letter's files from the spool."""
        await in_thread(self.here.spool.drop, self.session.key, compose)

    async def make_room(self, compose: str) -> bool:
        """Drop what was only copied for other letters and can be copied again; whether there was any."""
        return await in_thread(self.here.spool.drop_copies, self.session.key, compose)

    def message(self, letter: Letter, whom: Recipients, files: Sequence[File]) -> Outgoing:
        """The message as it goes out. ValueError for a text that can't; `aside` keeps it off the loop."""
        now = datetime.now(UTC).astimezone(self.zone)
        return outgoing(letter, self.encode(letter.text), whom, self.sender, files, now)

    async def scale(self, letter: Letter, files: Sequence[File]) -> Scale:
        """The letter and these files, weighed; whom it goes to is not known yet."""
        return await aside(letter, lambda: Scale.of(self.message(letter, Recipients(), files)))

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


async def aside(letter: Letter, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Work through a letter, in a thread if it is long."""
    if letter.bulk <= INLINE:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


def check_person(current: Session, person: str) -> None:
    """Refuse a letter that somebody else began before this sign-in."""
    if person and person != current.user.uid:
        raise NotAllowed(SOMEBODY_ELSES, person=person)
