"""Every legal change of an entry's state, as values; docs/outbox.md has them as a table."""

from __future__ import annotations

import secrets

from webmail.http.outbox.entry import Entry, State, Trouble

RETRY_MINUTES = (1, 2, 5, 10, 15, 30, 60)  # after the first, second … try; the last one from then on
JITTER = 0.2  # of that: many messages that failed together do not come back together
GIVE_UP = 2 * 86400.0  # seconds, RFC 5321 4.5.4.1 with a person waiting for the news
MAX_FILING_TRIES = 60  # about as long; after that a message that was sent stays unfiled


def ending(entry: Entry, now: float) -> Entry:
    """Waiting → sending, just before the final dot."""
    return entry.after(state=State.SENDING, changed=now)


def interrupted(entry: Entry, now: float) -> Entry:
    """Sending → waiting, for an entry whose process ended before it knew."""
    return entry.after(state=State.WAITING, unsure=True, changed=now)


def sent(entry: Entry, words: str, now: float) -> Entry:
    """Sending → sent: the MTA has it."""
    return entry.after(
        state=State.SENT, words=words, trouble=None, tries=0, due=now, changed=now, unsure=False
    )


def deferred(entry: Entry, words: str, now: float, *, unsure: bool) -> Entry:
    """Waiting or sending → waiting until later, or failed once it has been tried for too long."""
    if now >= entry.created + GIVE_UP:
        return failed(entry, words, now)
    return entry.after(
        state=State.WAITING,
        words=words,
        tries=entry.tries + 1,
        due=_later(entry, now),
        changed=now,
        unsure=entry.unsure or unsure,
    )


def failed(entry: Entry, words: str, now: float) -> Entry:
    """Waiting or sending → failed: refused, given up, or taken back."""
    return entry.after(state=State.FAILED, words=words, trouble=None, tries=0, due=now, changed=now)


def filed(entry: Entry, now: float) -> Entry:
    """Sent, and now in Sent too."""
    return entry.after(filed=True, trouble=None, changed=now)


def put_off(entry: Entry, trouble: Trouble, now: float) -> Entry:
    """Sent or failed, and the mailbox has to wait; sent → done if it has waited for too long."""
    if entry.state is State.SENT and entry.tries >= MAX_FILING_TRIES:
        return done(entry.after(trouble=trouble), now)
    return entry.after(trouble=trouble, tries=entry.tries + 1, due=_later(entry, now), changed=now)


def done(entry: Entry, now: float) -> Entry:
    """Sent → done."""
    return entry.after(state=State.DONE, changed=now)


def returned(entry: Entry, now: float) -> Entry:
    """Failed → returned: it is in Drafts."""
    return entry.after(state=State.RETURNED, trouble=None, changed=now)


def _later(entry: Entry, now: float) -> float:
    minutes = RETRY_MINUTES[min(entry.tries, len(RETRY_MINUTES) - 1)]
    spread = 1 - JITTER + 2 * JITTER * secrets.randbelow(1001) / 1000
    return now + 60 * minutes * spread
