"""How a FETCH is answered: one template for a line, and a column of values for each of its items.

What the store keeps ready for the wire goes through unchanged, so ten thousand envelopes cost little more
than reading them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webmail.imap.selected import Selected
from webmail.store import columns
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction
from webmail.wire.imap_ask_fetch import BinarySize, Item, Section
from webmail.wire.imap_print import date_time, nstring

Values = Iterable[Any]
Stored = Mapping[str, Sequence[Any]]  # for each column its values, in the order of the messages


@dataclass(frozen=True, slots=True)
class Batch:
    """Some messages: sequence numbers, where they stand in the snapshot, uids; flags if they are wanted."""

    numbers: Sequence[int]
    places: Sequence[int]
    uids: Sequence[int]
    flags: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class _Known:
    """An item whose values the snapshot has."""

    fragment: bytes
    values: Callable[[Batch, Snapshot], Values]


@dataclass(frozen=True, slots=True)
class _Stored:
    """An item whose values are made of columns of the store."""

    fragment: bytes
    columns: tuple[str, ...]
    make: Callable[..., object] | None = None  # from the columns' values; None: as it stands there


def _picked(column: array[int], places: Sequence[int]) -> Sequence[int]:
    if isinstance(places, range):
        return column[places.start : places.stop]
    return [column[place] for place in places]


_KNOWN = {
    "UID": _Known(b"UID %d", lambda batch, _: batch.uids),
    "FLAGS": _Known(b"FLAGS (%b)", lambda batch, _: batch.flags),
    "MODSEQ": _Known(b"MODSEQ (%d)", lambda batch, snapshot: _picked(snapshot.modseqs, batch.places)),
    "RFC822.SIZE": _Known(b"RFC822.SIZE %d", lambda batch, snapshot: _picked(snapshot.sizes, batch.places)),
}


def _preview(text: str) -> bytes:
    return nstring(text, utf8=False)


_STORED = {
    "INTERNALDATE": _Stored(b"INTERNALDATE %b", ("internaldate", "zone"), date_time),
    "ENVELOPE": _Stored(b"ENVELOPE %b", ("envelope",)),
    "BODYSTRUCTURE": _Stored(b"BODYSTRUCTURE %b", ("bodystructure",)),
    "BODY": _Stored(b"BODY %b", ("body",)),
    "SAVEDATE": _Stored(b"SAVEDATE %b", ("saved",), date_time),
    "EMAILID": _Stored(b"EMAILID (E%b)", ("file",), str.encode),
    "THREADID": _Stored(b"THREADID (T%d)", ("thread",)),
    "PREVIEW": _Stored(b"PREVIEW %b", ("preview",), _preview),
    "PREVIEW LAZY": _Stored(b"PREVIEW %b", ("preview",), _preview),
    "XSENDER": _Stored(b"XSENDER %b", ("submitter",), nstring),
}


_BULKY = frozenset({"envelope", "bodystructure", "body"})


class Plan:
    """Made once for a command. `sections` are the items that are octets of the message itself."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.sections = tuple(item for item in items if isinstance(item, Section | BinarySize))
        words = [item for item in items if isinstance(item, str)]
        self._known = [_KNOWN[word] for word in words if word in _KNOWN]
        self._stored = [_STORED[word] for word in words if word in _STORED]
        names = (name for item in self._stored for name in item.columns)
        self._columns = tuple(dict.fromkeys((*names, *self._of_sections())))
        fragments = [*(item.fragment for item in self._known), *(item.fragment for item in self._stored)]
        self.template = b"* %d FETCH (" + b" ".join(fragments)
        self._flags = "FLAGS" in words

    def _of_sections(self) -> tuple[str, ...]:
        """The columns that `octets.Message` is made of."""
        if not self.sections:
            return ()
        header = any(
            isinstance(item, Section) and item.what.startswith("HEADER") and not item.part
            for item in self.sections
        )
        return ("file", "size", "parts", *(("raw",) if header else ()))

    @property
    def light(self) -> bool:
        """Whether the snapshot has it all."""
        return not self._columns

    @property
    def bulky(self) -> bool:
        """Whether something is read that may be nearly as long as the message."""
        return not _BULKY.isdisjoint(self._columns)

    def batch(self, selected: Selected, places: Sequence[int]) -> Batch:
        """Messages by their places in the client's numbering, without those that are gone."""
        snapshot = selected.snapshot
        if selected.uids is snapshot.uids:
            at: Sequence[int] = places
            numbers = _numbers(places)
        else:
            pairs = [(place + 1, there) for place in places if (there := selected.place(place)) is not None]
            numbers, at = [number for number, _ in pairs], [there for _, there in pairs]
        flags = _flag_texts(selected, at) if self._flags else ()
        return Batch(numbers, at, _picked(snapshot.uids, at), flags)

    def lines(self, batch: Batch, snapshot: Snapshot) -> list[bytes]:
        """The answers of a light plan."""
        template = self.template + b")\r\n"
        known = [item.values(batch, snapshot) for item in self._known]
        return [template % values for values in zip(batch.numbers, *known, strict=True)]

    def read(self, transaction: Transaction, batch: Batch, snapshot: Snapshot) -> tuple[Batch, Stored]:
        """The messages that are still there, and what is stored of them."""
        rows = columns.rows(transaction, snapshot.mailbox, batch.uids, self._columns)
        if len(rows) < len(batch.uids):
            batch = _present(batch, {row[0] for row in rows})
        return batch, dict(zip(("uid", *self._columns), zip(*rows, strict=True), strict=False))

    def heads(self, batch: Batch, snapshot: Snapshot, stored: Stored) -> list[bytes]:
        """The answers up to where sections or the end come."""
        known = [item.values(batch, snapshot) for item in self._known]
        made = [_values(item, stored) for item in self._stored]
        template = self.template
        return [template % values for values in zip(batch.numbers, *known, *made, strict=True)]


def _numbers(places: Sequence[int]) -> Sequence[int]:
    if isinstance(places, range):
        return range(places.start + 1, places.stop + 1)
    return [place + 1 for place in places]


def _values(item: _Stored, stored: Stored) -> Values:
    columns_of = [stored[name] for name in item.columns]
    return columns_of[0] if item.make is None else map(item.make, *columns_of)


def _present(batch: Batch, there: set[int]) -> Batch:
    at = [place for place, uid in enumerate(batch.uids) if uid in there]
    return Batch(
        [batch.numbers[place] for place in at],
        [batch.places[place] for place in at],
        [batch.uids[place] for place in at],
        [batch.flags[place] for place in at] if batch.flags else (),
    )


def _flag_texts(selected: Selected, places: Sequence[int]) -> list[bytes]:
    if selected.recent:
        return [selected.flag_text(place) for place in places]
    keywords = selected.snapshot.keywords
    bits = _picked(selected.snapshot.flags, places)
    texts = {each: " ".join(keywords.flags(each)).encode() for each in set(bits)}
    return [texts[each] for each in bits]
