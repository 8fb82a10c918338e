"""SEARCH: which messages of a snapshot a key holds of (RFC 9051, 6.4.4).

Every key becomes a set of uids. Flags, sizes and numbers are decided from the snapshot; fields and dates by a
scan of small rows; texts by an index of trigrams that names candidates, of which the text itself decides.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from webmail.errors import Busy
from webmail.i18n import N_
from webmail.mail.fold import fold
from webmail.store import texts
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Interrupted, Transaction
from webmail.wire import imap_search as keys
from webmail.wire import imap_search_extensions as more
from webmail.wire.imap_search import Key
from webmail.wire.imap_sets import SequenceSet, indexes

SECONDS = 30.0  # that one search may take; a person would have given up
FEW = 500  # messages whose texts are looked at one by one, without the index
DAY = 86_400
MAX_DIGITS = 19  # of a number that SQLite can hold, and one more

Uids = set[int]


@dataclass(frozen=True, slots=True)
class Viewer:
    r"""What a key may ask about the client itself: its numbering, its \Recent messages, its saved result."""

    uids: Sequence[int]
    recent: Collection[int] = ()
    saved: Collection[int] = ()


def search(transaction: Transaction, snapshot: Snapshot, viewer: Viewer, key: Key) -> list[int]:
    """The uids of the messages that the key holds of, ascending. Raises Busy if it takes too long."""
    until = time.monotonic() + SECONDS
    try:
        with transaction.interrupted_at(until):
            found = _Search(transaction, snapshot, viewer, until).holding(key)
    except Interrupted:
        raise Busy(N_("This search takes too long. Please ask for less.")) from None
    return sorted(found)


class _Search:
    """One evaluation. `within` are the messages that still matter: what is dear looks at these alone."""

    def __init__(self, transaction: Transaction, snapshot: Snapshot, viewer: Viewer, until: float) -> None:
        self._transaction = transaction
        self._snapshot = snapshot
        self._viewer = viewer
        self._until = until
        self._all = set(snapshot.uids)

    def holding(self, key: Key, within: Uids | None = None) -> Uids:
        """Those of the messages that the key holds of."""
        within = self._all if within is None else within
        if not within:
            return set()
        if time.monotonic() > self._until:
            raise Interrupted
        match key:
            case keys.All() | more.SaveDateSupported():
                return within
            case keys.And(keys=several):
                return self._and(several, within)
            case keys.Or(keys=several):
                return self._or(several, within)
            case keys.Not(key=inner):
                return within - self.holding(inner, within)
            case _:
                return within.intersection(self._leaf(key, within))

    def _and(self, several: Sequence[Key], within: Uids) -> Uids:
        for key in sorted(several, key=_cost):
            within = self.holding(key, within)
        return within

    def _or(self, several: Sequence[Key], within: Uids) -> Uids:
        found: Uids = set()
        for key in sorted(several, key=_cost):
            found |= self.holding(key, within - found)
        return found

    def _leaf(self, key: Key, within: Uids) -> Collection[int]:
        answer = self._from_snapshot(key)
        if answer is None:
            answer = self._from_rows(key)
        return answer if answer is not None else self._from_texts(key, within)

    def _from_snapshot(self, key: Key) -> Collection[int] | None:
        snapshot, viewer = self._snapshot, self._viewer
        uids = snapshot.uids
        match key:
            case keys.Flagged(flag=flag):
                bits = snapshot.keywords.bits((flag,))
                return set(compress(uids, map(bits.__and__, snapshot.flags))) if bits else ()
            case keys.Recent():
                return viewer.recent
            case more.Result():
                return viewer.saved
            case keys.Seq(numbers=numbers):
                return _numbered(numbers, viewer.uids)
            case keys.Uid(uids=wanted):
                return [
                    uids[at]
                    for places in indexes(wanted.resolve(uids[-1] if uids else 0), uids)
                    for at in places
                ]
            case keys.Modseq(value=value):
                return set(compress(uids, map(value.__le__, snapshot.modseqs)))
            case keys.Larger(octets=octets):
                return set(compress(uids, map(octets.__lt__, snapshot.sizes)))
            case keys.Smaller(octets=octets):
                return set(compress(uids, map(octets.__gt__, snapshot.sizes)))
        return None

    def _from_rows(self, key: Key) -> Collection[int] | None:
        match key:
            case keys.DayKey(day=day):
                column, compare = _DAYS[type(key)]
                return self._rows(f"{column} {compare} ?", calendar.timegm(day.timetuple()) // DAY)
            case more.Younger(seconds=seconds):
                return self._rows("m.internaldate >= ?", int(time.time()) - seconds)
            case more.Older(seconds=seconds):
                return self._rows("m.internaldate <= ?", int(time.time()) - seconds)
            case more.EmailId(id=known):
                return self._rows("b.file = ?", known.removeprefix("E"), table="body")
            case more.ThreadId(id=known):
                digits = known.removeprefix("T")
                return (
                    self._rows("h.thread = ?", int(digits))
                    if digits.isdecimal() and len(digits) < MAX_DIGITS
                    else ()
                )
            case keys.Header(field=name, text=text) if name.lower() in _FIELDS and text:
                return self._holding_field(_FIELDS[name.lower()], fold(text))
            case keys.From() | keys.To() | keys.Cc() | keys.Bcc() | keys.Subject():
                return (
                    self._holding_field(_FIELDS[key.word.lower()], fold(key.text)) if key.text else self._all
                )
        return None

    def _holding_field(self, column: str, wanted: str) -> Uids:
        return self._rows(f"{texts.looking_for(wanted)}(h.{column}, ?)", wanted)

    def _rows(self, condition: str, *parameters: object, table: str = "header") -> Uids:
        letter = table[0]
        key = "id" if table == "body" else "body"
        return self._uids(
            f"SELECT m.uid FROM message m JOIN {table} {letter} ON {letter}.{key} = m.body"
            f" WHERE m.mailbox = ? AND {condition}",
            self._snapshot.mailbox,
            *parameters,
        )

    def _from_texts(self, key: Key, within: Uids) -> Collection[int]:
        match key:
            case keys.Body(text=text):
                return self._holding_text(within, texts.Where.BODY, text)
            case keys.Text(text=text):
                return self._holding_text(within, texts.Where.ANYWHERE, text)
            case keys.Header(field=name, text=text):
                return self._bodies(within, self._with_field(name.lower(), fold(text)))
        raise AssertionError(key)

    def _with_field(self, name: str, wanted: str) -> Collection[int]:
        return texts.with_field(self._transaction, name, wanted, self._until)

    def _holding_text(self, within: Uids, where: texts.Where, text: str) -> Collection[int]:
        if not text:
            return within
        wanted = fold(text)
        mailbox, few = self._snapshot.mailbox, len(within) <= FEW
        candidates = {self._body_of(uid) for uid in within} if few else None
        return self._bodies(
            within, texts.holding(self._transaction, mailbox, wanted, where, candidates, self._until)
        )

    def _body_of(self, uid: int) -> int:
        at = self._snapshot.index(uid)
        return self._snapshot.bodies[at] if at is not None else 0

    def _bodies(self, within: Uids, bodies: Collection[int]) -> Uids:
        wanted = set(bodies)
        here = compress(self._snapshot.uids, map(wanted.__contains__, self._snapshot.bodies))
        return within.intersection(here)

    def _uids(self, statement: str, *parameters: object) -> Uids:
        return {uid for (uid,) in self._transaction.all(statement, *parameters)}


def _numbered(numbers: SequenceSet, uids: Sequence[int]) -> list[int]:
    """The uids of sequence numbers; those that there are not name nothing."""
    count = len(uids)
    resolved = numbers.resolve(count)
    return [uid for first, last in resolved.ranges for uid in uids[first - 1 : min(last, count)]]


_FIELDS = {"from": "sender", "to": "recipients", "cc": "cc", "bcc": "bcc", "subject": "subject"}

_INTERNAL = "((m.internaldate + m.zone * 60) / 86400)"  # the day in the zone that it was given in
_SAVED = "(m.saved / 86400)"
_DAYS: Mapping[type[Key], tuple[str, str]] = {
    keys.Before: (_INTERNAL, "<"),
    keys.On: (_INTERNAL, "="),
    keys.Since: (_INTERNAL, ">="),
    keys.SentBefore: ("h.sent_day", "<"),
    keys.SentOn: ("h.sent_day", "="),
    keys.SentSince: ("h.sent_day", ">="),
    more.SavedBefore: (_SAVED, "<"),
    more.SavedOn: (_SAVED, "="),
    more.SavedSince: (_SAVED, ">="),
}


def _cost(key: Key) -> int:
    """What is cheap to decide comes first, so that what is dear has less to look at."""
    match key:
        case keys.And(keys=several) | keys.Or(keys=several):
            return max(map(_cost, several), default=0)
        case keys.Not(key=inner):
            return _cost(inner)
        case keys.Body() | keys.Text():
            return 3
        case keys.Header(field=name):
            return 1 if name.lower() in _FIELDS else 2
        case keys.TextKey() | keys.DayKey() | more.AgeKey() | more.IdKey():
            return 1
    return 0
