"""Messages accepted for sending, durable until the MTA has them and the mailbox shows it.

docs/outbox.md tells every state on disk and the order of writes.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from webmail.database import PRIVATE_DIRECTORY
from webmail.disk import FULL
from webmail.errors import BadRequest, Busy, NotAllowed, NotFound, OverQuota, TooBig
from webmail.http.outbox import transitions
from webmail.http.outbox.bodies import Bodies, Body
from webmail.http.outbox.entry import Entry, Filing, Origin, State, Submission, Trouble
from webmail.http.outbox.ledger import Ledger
from webmail.http.outbox.worker import Worker
from webmail.i18n import N_
from webmail.relay import Target
from webmail.wire.smtp import BadAddress, BadLines, path

__all__ = ["Entry", "Filing", "Origin", "Outbox", "State", "Submission", "Trouble"]

MAX_RECIPIENTS = 1000  # Postfix's smtpd_recipient_limit; RFC 5321 4.5.3.1.8 asks for 100
NEWS_STEP = 0.5  # seconds after which another process's news is looked for

_NO_RECIPIENT = N_("The message has nobody to go to.")
_TOO_MANY = N_("A message can go to at most {most} people at once.")
_NO_ADDRESS = N_("“{address}” is not an address that mail can be sent to.")
_MALFORMED = N_("The message cannot be sent as it is.")
_DISK_FULL = N_("The server has no room to send a message just now. Yours was not sent; it is kept here.")
_TAKEN_BACK = N_("You took it back before it was sent.")
_TOO_LATE = N_("It is too late to take this message back.")
_NO_ENTRY = N_("This message is no longer in the outbox.")


class Outbox:
    """Accepts messages durably and sees to it that they get sent, filed, or given back."""

    def __init__(self, directory: Path, target: Target, filing: Filing, log: logging.Logger) -> None:
        directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        self._bodies = Bodies(directory / "messages")
        self._ledger = Ledger(directory / "outbox.sqlite", self._bodies.path)
        self._worker = Worker(self._ledger, self._bodies, target, filing, log)

    async def accept(self, submission: Submission, blocks: Iterable[bytes]) -> Entry:
        """Take over a message: from the return on it is not lost. `blocks` are read in a thread.

        The second of two with the same user and compose gets the first one's entry, unless that
        came back. Raises BadRequest, TooBig (recipients), Busy, OverQuota (disk full); then
        nothing was accepted.
        """
        known = await self.find(submission.user.uid, submission.compose)
        if known is not None:
            return known
        _check(submission)
        with _problems_told(), self._bodies.create(secrets.token_hex(16)) as body:
            try:
                size = await body.write(blocks)
            except BaseException:
                body.discard()
                raise
            entry = await self._add(submission, size, body)
        self._worker.wake()
        return entry

    async def _add(self, submission: Submission, size: int, body: Body) -> Entry:
        now = time.time()
        entry = Entry(body.path.name, submission, size, body.path, created=now, due=now, changed=now)
        try:
            noted = await self._ledger.add(entry)
        except (Busy, OverQuota):
            body.discard()
            raise
        # After any other failure, a cancellation included, it may be noted: the sweep finds out.
        if noted.id != entry.id:
            body.discard()
        return noted

    async def find(self, user_uid: str, compose: str) -> Entry | None:
        """What was handed in under this compose id, unless it came back."""
        return await self._ledger.find_compose(user_uid, compose)

    async def entries(self, user_uid: str) -> tuple[Entry, ...]:
        """A person's messages that are not both sent and filed, the newest first.

        Those that came back, or could not be filed, are among them for two days.
        """
        return await self._ledger.of_person(user_uid)

    async def settled(self, entry_id: str, seconds: float) -> Entry:
        """The entry once there is something to tell (`Entry.is_settled`), or as it is after so long."""
        until = time.monotonic() + seconds
        while True:
            entry = await self._find(entry_id)
            rest = until - time.monotonic()
            if entry.is_settled or rest <= 0:
                return entry
            await self._ledger.news(entry_id, min(rest, NEWS_STEP))

    async def cancel(self, user_uid: str, entry_id: str) -> Entry:
        """Take a waiting message back into Drafts. Raises NotFound; NotAllowed if it is too late."""
        entry = await self._of(user_uid, entry_id)
        after = transitions.failed(entry, _TAKEN_BACK, time.time())
        if not entry.can_be_taken_back or not await self._ledger.store(after, State.WAITING):
            raise NotAllowed(_TOO_LATE)
        self._worker.wake()
        return after

    async def retry(self, user_uid: str, entry_id: str = "") -> None:
        """Try again now, one message or all of a person's (who may have signed in again)."""
        await self._ledger.hurry(time.time(), user_uid, entry_id)
        self._worker.wake()

    async def run(self) -> None:
        """The worker of this process; until cancelled."""
        await self._worker.run()

    async def close(self) -> None:
        await self._ledger.close()

    async def _of(self, user_uid: str, entry_id: str) -> Entry:
        entry = await self._find(entry_id)
        if entry.user.uid != user_uid:
            raise NotFound(_NO_ENTRY)
        return entry

    async def _find(self, entry_id: str) -> Entry:
        entry = await self._ledger.find(entry_id)
        if entry is None:
            raise NotFound(_NO_ENTRY)
        return entry


def _check(submission: Submission) -> None:
    if not submission.recipients:
        raise BadRequest(_NO_RECIPIENT)
    if len(submission.recipients) > MAX_RECIPIENTS:
        raise TooBig(_TOO_MANY, most=MAX_RECIPIENTS)
    try:
        for address in (submission.sender, *submission.recipients):
            path(address, utf8=submission.utf8)
    except BadAddress as error:
        raise BadRequest(_NO_ADDRESS, address=error.args[0]) from error


@contextmanager
def _problems_told() -> Iterator[None]:
    try:
        yield
    except BadLines as error:
        raise BadRequest(_MALFORMED, detail="a line of the message does not end in CR LF") from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OverQuota(_DISK_FULL, detail=f"outbox: {error.strerror}") from error
