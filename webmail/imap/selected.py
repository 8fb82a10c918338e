"""A mailbox as one client knows it: its own numbering, told step by step what became different.

A client counts messages by what it was told (RFC 9051, 2.3.1.2), so an expunge that may not be told yet
keeps its number until it may. The truth is a snapshot of the store; each look at it is compared with the
one before, and the difference is what the client hears.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from webmail.store import acl, flags
from webmail.store.account import Account
from webmail.store.snapshot import Snapshot
from webmail.wire import ProtocolError
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_sets import STAR, Numbers, Saved, SequenceSet, indexes

NONE: Mapping[int, int] = MappingProxyType({})  # of the messages is told quietly


@dataclass(frozen=True, slots=True)
class Manner:
    """What a client has enabled, as far as it changes how it is told."""

    uid: bool = False  # untagged FETCH carries UIDs
    modseq: bool = False  # CONDSTORE
    vanished: bool = False  # QRESYNC: VANISHED instead of EXPUNGE
    recent: bool = True  # IMAP4rev1 only


class Selected:
    """`uids` is the client's numbering: its message n is uids[n - 1]."""

    __slots__ = (
        "_pending",
        "account",
        "mailbox",
        "name",
        "readonly",
        "recent",
        "rights",
        "saved",
        "snapshot",
        "uids",
    )

    def __init__(
        self, account: Account, name: str, snapshot: Snapshot, *, readonly: bool, rights: str
    ) -> None:
        self.account = account
        self.name = name  # as this client calls it
        self.mailbox = snapshot.mailbox
        self.readonly = readonly
        self.rights = rights
        self.snapshot = snapshot
        self.uids: array[int] = snapshot.uids
        self.recent: set[int] = set()  # uids that this client alone is told of as \Recent
        self.saved: Sequence[int] = ()  # uids of the last SEARCH with SAVE (RFC 5182)
        self._pending: list[int] = []  # uids that are gone and not told, ascending

    @property
    def last(self) -> int:
        """The uid of the newest message that the client was told of; 0 if there is none."""
        return self.uids[-1] if self.uids else 0

    # Messages that a client names.

    def places(self, numbers: Numbers, *, uid: bool) -> list[range]:
        """Where in `uids` the messages stand that a command names, by sequence numbers or by uids.

        Raises ProtocolError for a sequence number that there is not.
        """
        if isinstance(numbers, Saved):
            at = [number - 1 for saved in self.saved if (number := self.number(saved)) is not None]
            return [range(place, place + 1) for place in at]
        return self._by_uid(numbers) if uid else self._by_number(numbers)

    # RFC 9051, 6.4.5
    def _by_number(self, numbers: SequenceSet) -> list[range]:
        count = len(self.uids)
        if numbers and numbers.ranges[0][0] != STAR and numbers.ranges[0][0] > count:
            raise ProtocolError("there is no message of that number")
        resolved = numbers.resolve(count)
        if resolved and resolved.ranges[-1][1] > count:
            raise ProtocolError("there is no message of that number")
        return [range(first - 1, last) for first, last in resolved.ranges]

    def _by_uid(self, uids: SequenceSet) -> list[range]:
        """Places of those of these uids that there are."""
        return indexes(uids.resolve(self.last), self.uids)

    def number(self, uid: int) -> int | None:
        """The sequence number of a message; None if the client does not know it."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else None

    def there(self, places: Iterable[range]) -> tuple[list[int], bool]:
        """The uids at these places whose messages are still there; whether all are."""
        uids = [uid for each in places for uid in self.uids[each.start : each.stop]]
        if self.uids is self.snapshot.uids:
            return uids, True
        kept = [uid for uid in uids if self.snapshot.index(uid) is not None]
        return kept, len(kept) == len(uids)

    def place(self, at: int) -> int | None:
        """Where in the snapshot's columns the message at a place of `uids` stands; None if it is gone."""
        return at if self.uids is self.snapshot.uids else self.snapshot.index(self.uids[at])

    # What is told.

    def move_on(
        self,
        new: Snapshot,
        manner: Manner,
        *,
        expunges: bool,
        quiet: Mapping[int, int] = NONE,
        loud: Iterable[int] = (),
    ) -> Iterator[bytes]:
        """Take up a newer snapshot; the lines that tell the client, made as they are asked for.

        `expunges`: whether messages may lose their numbers just now. `quiet`: uids whose flags the client
        has set itself, and what it expects them to be; `loud`: uids whose flags are told in any case.
        """
        old, self.snapshot = self.snapshot, new
        flagged: Sequence[int] = ()
        added = 0
        if new is not old:
            difference = new.since(old)
            added, flagged = difference.new, difference.flagged
            self._note(difference.expunged, new, added)
        recent = len(self.recent)
        gone, numbers = self._let_go() if expunges and self._pending else ([], [])
        told = sorted({*flagged, *loud}) if loud else flagged
        return chain(
            self.keywords() if new.keywords != old.keywords else (),
            _expunged(gone, numbers, manner),
            self.size(manner) if added else self.fewer(manner, recent),
            self.flag_lines(told, manner, quiet),
        )

    def _note(self, expunged: Sequence[int], new: Snapshot, added: int) -> None:
        """Go on with the newer numbering if nothing is pending; else keep what is gone in its place."""
        if expunged or self._pending:
            self._pending = sorted({*self._pending, *expunged})
            if added:
                self.uids = self.uids + new.uids[-added:]
        else:
            self.uids = new.uids

    def _let_go(self) -> tuple[list[int], list[int]]:
        """Uids that are gone, ascending, and the numbers that they lose now."""
        gone, self._pending = self._pending, []
        numbers = [number for uid in gone if (number := self.number(uid))]
        self.uids = self.snapshot.uids
        self.recent.difference_update(gone)
        return gone, numbers

    def size(self, manner: Manner) -> list[bytes]:
        lines = [said.exists(len(self.uids))]
        return [*lines, said.recent(len(self.recent))] if manner.recent else lines

    # RFC 3501, 7.3.2
    def fewer(self, manner: Manner, before: int) -> list[bytes]:
        r"""How many \Recent messages there are, if some of so many were expunged."""
        return [b"* %d RECENT\r\n" % len(self.recent)] if manner.recent and len(self.recent) < before else []

    def keywords(self) -> list[bytes]:
        """FLAGS and PERMANENTFLAGS (RFC 9051, 7.3.5 and 7.1)."""
        keywords = self.snapshot.keywords.names
        names = (*flags.SYSTEM, *keywords)
        more = ("\\*",) if len(keywords) < flags.MAX_KEYWORDS else ()
        kept = acl.settable((*names, *more), self.rights) if not self.readonly else ()
        return [
            said.flags(names),
            said.ok("Flags that are kept.", codes.permanentflags(kept)),
        ]

    def flag_lines(
        self, uids: Sequence[int], manner: Manner, quiet: Mapping[int, int] = NONE
    ) -> Iterator[bytes]:
        """FETCH with the flags of messages; of `quiet` ones that are as expected only the mod-sequence."""
        snapshot = self.snapshot
        for uid in uids:
            number, at = self.number(uid), snapshot.index(uid)
            if number is None or at is None:
                continue
            expected = quiet.get(uid) == snapshot.flags[at]
            if expected and not manner.modseq:
                yield b""  # a step like each other: after some of them others have their turn
                continue
            items = [] if expected else [b"FLAGS (%b)" % self.flag_text(at)]
            if manner.uid:
                items.insert(0, b"UID %d" % uid)
            if manner.modseq:
                items.append(b"MODSEQ (%d)" % snapshot.modseqs[at])
            yield b"* %d FETCH (%b)\r\n" % (number, b" ".join(items))

    def flag_text(self, at: int) -> bytes:
        """The flags of the message at a place of the snapshot, as they stand in parentheses."""
        names = self.snapshot.keywords.flags(self.snapshot.flags[at])
        if self.recent and self.snapshot.uids[at] in self.recent:
            names.append("\\Recent")
        return " ".join(names).encode()


def _expunged(gone: list[int], numbers: list[int], manner: Manner) -> Iterator[bytes]:
    """The highest number first, so that none changes before it is told."""
    if not gone:
        return
    if manner.vanished:
        yield said.vanished(SequenceSet.of(gone))
        return
    for number in reversed(numbers):
        yield said.expunge(number)
