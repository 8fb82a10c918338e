"""Takes what is due from the outbox to the MTA and into the person's mailbox."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial

from webmail.directory import User
from webmail.errors import MailError, NotFound, Unavailable
from webmail.http.outbox import transitions
from webmail.http.outbox.bodies import Bodies, Body
from webmail.http.outbox.entry import TO_FILE, Entry, Filing, State, Trouble
from webmail.http.outbox.ledger import Due, Ledger
from webmail.i18n import N_
from webmail.log import NOTICE
from webmail.relay import Refused, RelayError, Target, relay
from webmail.wire.smtp import BadAddress, BadLines

MAX_AT_ONCE = 8  # messages in each process; an MTA here takes more, but others use it too
PAGE = 200  # due entries read at once: more than all processes of a host work on together
POLL = 10.0  # seconds after which another process's entries are noticed; ours are at once
SWEEP_EVERY = 3600.0
KEPT = 2 * 86400.0  # seconds for which a message that is over is remembered, lest it is handed in again
GRACE = 10.0  # seconds that a stop gives the MTA to answer the final dot
NOTE_AGAIN = 5.0  # seconds: what the MTA has must get noted, however full the disk is
FILING_TIME = 600.0  # seconds for one step in the mailbox; its connections have limits of their own
FAULT_PAUSE = 60.0  # seconds after an error of ours

_GONE = N_("The message is no longer on the server’s disk.")
_MALFORMED = N_("The message cannot be sent as it is.")


class TakenBack(Exception):
    """Its writer took the message back before the final dot."""


class Worker:
    """Works on due entries, a few at a time; every process has one, the lock on a file decides."""

    def __init__(
        self, ledger: Ledger, bodies: Bodies, target: Target, filing: Filing, log: logging.Logger
    ) -> None:
        self._ledger = ledger
        self._bodies = bodies
        self._target = target
        self._filing = filing
        self._log = log
        self._network = log.getChild("Network")
        self._wake = asyncio.Event()
        self._resting: dict[str, float] = {}  # entry → when to try again after an error of ours
        self._working: set[str] = set()

    def wake(self) -> None:
        """Something is due now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; then stop what has not reached its final dot."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep_now_and_then())
            while True:
                self._wake.clear()
                await self._start_due(group)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(await self._rest()):
                        await self._wake.wait()

    async def _rest(self) -> float:
        if len(self._working) >= MAX_AT_ONCE:
            return POLL
        now = time.time()
        try:
            # What is due already and was not started is another process's, or rests.
            first = await self._ledger.next_due(now)
        except MailError:
            return POLL
        return POLL if first is None else min(POLL, first - now)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        """Page by page: what only another process can go on with may be much, and hinders nothing."""
        now, last = time.time(), None
        try:
            while len(self._working) < MAX_AT_ONCE:
                page = await self._ledger.due(now, PAGE, last)
                for due in page:
                    await self._start(group, due)
                if len(page) < PAGE:
                    return
                last = page[-1]
        except MailError as error:
            self._log.error("outbox: %s", error)

    async def _start(self, group: asyncio.TaskGroup, due: Due) -> None:
        """Work on the entry, if there is room, it does not rest, and nobody else does."""
        if len(self._working) >= MAX_AT_ONCE or due.id in self._working:
            return
        if self._resting.get(due.id, 0.0) > time.monotonic() or not self._can_do(due.state, due.user):
            return
        if body := await self._claim(due.id):
            self._begin(group, due.id, body)

    def _can_do(self, state: State, user: User) -> bool:
        return state not in TO_FILE or self._filing.can_file(user)

    def _begin(self, group: asyncio.TaskGroup, entry_id: str, body: Body) -> None:
        self._working.add(entry_id)
        task = group.create_task(self._work(entry_id, body))
        # Not at the end of the task itself: one that is stopped before it began has no end.
        task.add_done_callback(partial(self._let_go, entry_id, body))

    def _let_go(self, entry_id: str, body: Body, _task: asyncio.Task[None]) -> None:
        body.close()
        self._working.discard(entry_id)
        self._wake.set()

    async def _claim(self, entry_id: str) -> Body | None:
        try:
            return self._bodies.claim(entry_id)
        except FileNotFoundError:
            await self._lost(entry_id)
        except OSError:
            self._log.exception("outbox: %s", entry_id)
        return None

    async def _lost(self, entry_id: str) -> None:
        entry = await self._ledger.find(entry_id)
        if entry is not None and not entry.is_final:
            self._log.critical("outbox: %s of %s is gone from the disk", entry_id, entry.user.uid)
            over = transitions.done if entry.is_sent else transitions.returned
            await self._ledger.store(over(entry.after(words=_GONE), time.time()), entry.state)

    async def _work(self, entry_id: str, body: Body) -> None:
        try:
            await self._advance(entry_id, body)
            self._resting.pop(entry_id, None)
        except MailError as error:
            self._log.error("outbox: %s: %s", entry_id, error)
            self._resting[entry_id] = time.monotonic() + FAULT_PAUSE
        except Exception:  # noqa: BLE001  one message is not to stop the others
            self._log.exception("outbox: %s", entry_id)
            self._resting[entry_id] = time.monotonic() + FAULT_PAUSE

    async def _advance(self, entry_id: str, body: Body) -> None:
        """Take the entry, whose lock we hold, as far as it goes now."""
        entry = await self._ledger.find(entry_id)
        if entry is not None:
            entry = entry.after(again=entry.state in TO_FILE)
        steps = {
            State.WAITING: self._send,
            State.SENDING: self._resume,
            State.SENT: self._file,
            State.FAILED: self._return,
        }
        while entry is not None and self._goes_on(entry):
            entry = await steps[entry.state](entry)
        if entry is None or entry.is_final:
            body.discard()

    def _goes_on(self, entry: Entry) -> bool:
        due = not entry.is_final and entry.due <= time.time()
        return due and self._can_do(entry.state, entry.user)

    async def _resume(self, entry: Entry) -> Entry | None:
        self._log.warning(
            "outbox: %s of %s, %s: a process ended before the MTA's answer; it may be sent a second time",
            entry.id,
            entry.user.uid,
            entry.message_id,
        )
        return await self._note(transitions.interrupted(entry, time.time()), State.SENDING)

    async def _send(self, entry: Entry) -> Entry | None:
        attempt = _Attempt(entry)
        task = asyncio.ensure_future(self._attempt(attempt))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # A stop: what is past its final dot gets a moment, so that it need not be sent again.
            await asyncio.wait({task}, timeout=GRACE if attempt.ended else 0)
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
            raise

    async def _attempt(self, attempt: _Attempt) -> Entry | None:
        entry = attempt.entry

        async def before_end() -> None:
            if not await self._ledger.store(transitions.ending(entry, time.time()), State.WAITING):
                raise TakenBack
            attempt.ended = True

        try:
            words = await relay(self._target, entry.envelope, entry.blocks, before_end)
        except TakenBack:
            return await self._ledger.find(entry.id)
        except RelayError as error:
            after = self._not_taken(attempt, error)
        except (BadAddress, BadLines) as error:
            after = transitions.failed(entry, _MALFORMED, time.time())
            self._log.error("outbox: %s: %r", entry.id, error)
        else:
            after = transitions.sent(entry, words, time.time())
            self._network.info(
                "sent: %s %s %d bytes: %s", entry.user.uid, entry.message_id, entry.size, words
            )
        return await self._note(after, State.SENDING if attempt.ended else State.WAITING)

    def _not_taken(self, attempt: _Attempt, error: RelayError) -> Entry:
        entry, now = attempt.entry, time.time()
        what = "refused" if isinstance(error, Refused) else "deferred"
        self._network.log(
            NOTICE, "%s: %s %s: %s %s", what, entry.user.uid, entry.message_id, error.words, error.detail
        )
        if isinstance(error, Refused):
            return transitions.failed(entry, error.words, now)
        return transitions.deferred(entry, error.words, now, unsure=attempt.ended and not error.answered)

    async def _file(self, entry: Entry) -> Entry | None:
        trouble = None if entry.filed else await self._asked(entry, self._filing.file_sent(entry))
        if not trouble and not entry.filed:
            entry = transitions.filed(entry, time.time())
            await self._note(entry, State.SENT)
        if not trouble and entry.submission.origin:
            trouble = await self._asked(entry, self._filing.mark_origin(entry))
        now = time.time()
        after = transitions.put_off(entry, trouble, now) if trouble else transitions.done(entry, now)
        return await self._note(after, State.SENT)

    async def _return(self, entry: Entry) -> Entry | None:
        if await self._ledger.find_compose(entry.user.uid, entry.submission.compose):
            # Its writer mended it and handed it in again; an old draft of it would confuse.
            return await self._note(transitions.returned(entry, time.time()), State.FAILED)
        trouble = await self._asked(entry, self._filing.return_to_drafts(entry, entry.words))
        now = time.time()
        after = transitions.put_off(entry, trouble, now) if trouble else transitions.returned(entry, now)
        return await self._note(after, State.FAILED)

    async def _asked(self, entry: Entry, work: Awaitable[None]) -> Trouble | None:
        """Let the mailbox do its part; what hindered it."""
        try:
            async with asyncio.timeout(FILING_TIME):
                await work
        except NotFound as error:
            if entry.filed:  # there is nothing left to mark
                return None
            hindrance: Exception = error
        except (MailError, TimeoutError) as error:
            hindrance = error
        except Exception as error:  # noqa: BLE001  whatever it is, the message is not to be lost for it
            self._log.exception("outbox: %s", entry.id)
            hindrance = error
        else:
            return None
        self._log.warning("outbox: %s %s of %s: %s", entry.id, entry.state, entry.user.uid, hindrance)
        return Trouble.of(hindrance if isinstance(hindrance, MailError) else Unavailable())

    async def _note(self, entry: Entry, before: State) -> Entry | None:
        """Store what happened, however long that takes; what is stored now."""
        while True:
            try:
                stored = await self._ledger.store(entry, before)
            except MailError as error:
                self._log.error("outbox: %s is %s, which cannot be noted: %s", entry.id, entry.state, error)
                await asyncio.sleep(NOTE_AGAIN)
            else:
                return entry if stored else await self._ledger.find(entry.id)

    async def _sweep_now_and_then(self) -> None:
        while True:
            try:
                await self._sweep()
            except (MailError, OSError) as error:
                self._log.error("outbox: %s", error)
            await asyncio.sleep(SWEEP_EVERY)

    async def _sweep(self) -> None:
        """Remove files that no entry needs, and entries that are long over."""
        for entry_id in await asyncio.to_thread(self._bodies.settled):
            if await self._needed(entry_id):
                continue
            for body in self._bodies.claim_leftovers(entry_id):
                with body:
                    # Asked again under the lock: only now nobody can be about to note it.
                    if not await self._needed(entry_id):
                        body.discard()
                        self._log.info("outbox: removed what was left of %s", entry_id)
        await self._ledger.purge(time.time() - KEPT)
        now = time.monotonic()
        self._resting = {entry_id: until for entry_id, until in self._resting.items() if until > now}

    async def _needed(self, entry_id: str) -> bool:
        entry = await self._ledger.find(entry_id)
        return entry is not None and not entry.is_final


@dataclass(slots=True)
class _Attempt:
    entry: Entry
    ended: bool = False  # the final dot may be out
