"""Messages joined to threads: REFERENCES and ORDEREDSUBJECT, and the answer to THREAD (RFC 5256, 3 and 4)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

MAX_CLIMBED = 1_000_000  # steps up to see whether a link would close a circle, 0.1 s; then it is not made

_NOBODY = -1  # the parent of a root
_NEVER = -(2**62)  # when a message was sent that nobody knows it of: before all others


class Message(NamedTuple):
    """What threads are made from; plain tuples, such as rows of a database, do as well.

    Message-IDs are anything that can be hashed: numbers are quickest.
    """

    number: int  # what the answer calls it; of two that were sent at once the lower one comes first
    message_id: Hashable  # None if it has none
    references: Sequence[Hashable]  # the parent last
    sent: int | None
    base_subject: str | int  # what is false is no subject
    reply: bool


Tree = list[
    tuple[int, int]
]  # depth and number of each message, before its children; 0 for one that is missing


# RFC 5256, 3, ORDEREDSUBJECT
def thread_orderedsubject(messages: Sequence[Message]) -> Tree:
    """Messages of the same subject, all below the one that was sent first."""
    threads: dict[str | int, Tree] = {}
    for index in _by_date(messages):
        message = messages[index]
        thread = threads.setdefault(message[4], [])
        thread.append((1 if thread else 0, message[0]))
    return [node for thread in threads.values() for node in thread]


# RFC 5256, 3, REFERENCES
def thread_references(messages: Sequence[Message]) -> Tree:
    """The whole algorithm; circles, and what would take too long to tell from one, are not made."""
    forest = _Forest(messages)
    forest.gather(_linked(messages))
    forest.merge_subjects()
    return forest.flatten()


def _by_date(messages: Sequence[Message]) -> list[int]:
    """Indices in the order of RFC 5256, 2.2."""
    keys = [
        (_NEVER if message[3] is None else message[3], message[0], index)
        for index, message in enumerate(messages)
    ]
    keys.sort()
    return [index for _, _, index in keys]


# RFC 5256, 3, REFERENCES, (1)
def _linked(messages: Sequence[Message]) -> list[int]:
    """The parent of each message, then of each that is only referred to; -1 for none."""
    places: dict[Hashable, int] = {}
    for index, message in enumerate(messages):
        if message[1] is not None:
            places.setdefault(message[1], index)  # of two with the same Message-ID the second has none
    links = _Links(len(messages))
    parents = links.parents
    for index, message in enumerate(messages):
        last = _NOBODY
        for reference in message[2]:
            place = places.setdefault(reference, len(parents))
            if place == len(parents):
                links.add()
            if last != _NOBODY and parents[place] == _NOBODY:
                links.link(place, last)
            last = place
        parents[index] = _NOBODY
        if last != _NOBODY:
            links.link(index, last)
    return parents


class _Links:
    """Parents of places, in which there are no circles."""

    __slots__ = ("climbed", "holding", "parents")

    def __init__(self, count: int) -> None:
        self.parents = [_NOBODY] * count
        self.holding = bytearray(count)  # whether it ever had children: without them there is no circle
        self.climbed = 0

    def add(self) -> None:
        self.parents.append(_NOBODY)
        self.holding.append(0)

    def link(self, child: int, parent: int) -> None:
        if child == parent or (self.holding[child] and self._is_below(parent, child)):
            return
        self.parents[child] = parent
        self.holding[parent] = 1

    def _is_below(self, place: int, above: int) -> bool:
        while place != _NOBODY:
            self.climbed += 1
            if place == above or self.climbed > MAX_CLIMBED:
                return True
            place = self.parents[place]
        return False


class _Forest:
    """Threads under a root. Places from `count` on are dummies, which stand at the top only.

    Places are taken up in the order of their dates, so brothers and sisters are in it without being sorted.
    """

    __slots__ = ("children", "count", "messages", "order", "places", "roots")

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.count = self.places = len(messages)
        self.order = _by_date(messages)
        self.children: dict[int, list[int]] = {}
        self.roots: list[int] = []

    # RFC 5256, 3, REFERENCES, (2) to (4)
    def gather(self, parents: list[int]) -> None:
        """Children of a dummy below another move up to it; one at the top with one child gives way to it."""
        self.places = len(parents)
        for index in self.order:
            parent = parents[index]
            if parent >= self.count:
                parent = self._top(parents, parent)
            if parent == _NOBODY:
                self.roots.append(index)
            elif parent in self.children:
                self.children[parent].append(index)
            else:
                self.children[parent] = [index]
                if parent >= self.count:
                    self.roots.append(parent)
        self.roots = [self._alone(place) for place in self.roots]

    def _top(self, parents: list[int], place: int) -> int:
        """The message above, or the topmost dummy; those passed remember it, so that this stays linear."""
        passed = []
        while place >= self.count and parents[place] != _NOBODY:
            passed.append(place)
            place = parents[place]
        for dummy in passed:
            parents[dummy] = place
        return place

    def _alone(self, place: int) -> int:
        if place >= self.count and len(self.children[place]) == 1:
            return self.children.pop(place)[0]
        return place

    # RFC 5256, 3, REFERENCES, (5) and (6)
    def merge_subjects(self) -> None:
        table = self._subjects()
        kept: list[int] = []
        grown: set[int] = set()
        for place in self.roots:
            subject = self._subject(place)
            found = table.get(subject, place)
            if found == place:
                kept.append(place)
                continue
            if not self._takes(found, place):
                table[subject] = found = self._dummy_above(found)
                kept.append(found)
            self.children.setdefault(found, []).extend(self._taken(place))
            grown.add(found)
        self.roots = kept
        if grown:
            self._sort(grown)

    def _subjects(self) -> dict[str | int, int]:
        """(5) B: of each subject a dummy, else what is no answer, else the first."""
        table: dict[str | int, int] = {}
        for place in self.roots:
            subject = self._subject(place)
            if subject:
                found = table.setdefault(subject, place)
                if found < self.count and self._is_better(place, found):
                    table[subject] = place
        return table

    def _subject(self, place: int) -> str | int:
        return self.messages[self._first(place)][4]

    def _first(self, place: int) -> int:
        return place if place < self.count else self.children[place][0]

    def _is_better(self, place: int, found: int) -> bool:
        return place >= self.count or (self.messages[found][5] and not self.messages[place][5])

    def _takes(self, found: int, place: int) -> bool:
        return found >= self.count or (self.messages[place][5] and not self.messages[found][5])

    def _dummy_above(self, found: int) -> int:
        dummy, self.places = self.places, self.places + 1
        self.children[dummy] = [found]
        return dummy

    def _taken(self, place: int) -> list[int]:
        return [place] if place < self.count else self.children.pop(place)

    def _sort(self, grown: set[int]) -> None:
        ranks = [0] * self.count
        for rank, index in enumerate(self.order):
            ranks[index] = rank
        for place in grown:
            self.children[place].sort(key=ranks.__getitem__)
        below = {child for place in grown if place >= self.count for child in self.children[place]}
        self.roots = [place for place in self.roots if place not in below]
        self.roots.sort(key=lambda place: ranks[self._first(place)])

    def flatten(self) -> Tree:
        tree: Tree = []
        waiting = [(0, place) for place in reversed(self.roots)]
        while waiting:
            depth, place = waiting.pop()
            tree.append((depth, self.messages[place][0] if place < self.count else 0))
            below = self.children.get(place)
            if below:
                waiting.extend([(depth + 1, child) for child in reversed(below)])
        return tree


# RFC 5256, 4: thread-list
def print_threads(tree: Tree) -> bytes:
    """`(2)(3 6 (4 23)(44 7 96))`; of a missing message only the brackets around its children are seen."""
    children = _children(tree)
    printed: list[str] = []
    path: list[int] = []  # how many children each message above has
    opened: list[int] = []  # the depths at which a bracket is open
    for (depth, number), count in zip(tree, children, strict=True):
        del path[depth:]
        while opened and opened[-1] >= depth:
            opened.pop()
            printed.append(")")
        if depth == 0 or path[-1] > 1:
            opened.append(depth)
            printed.append("(" if not printed or printed[-1] in {")", "("} else " (")
        elif printed[-1] != "(":
            printed.append(" ")
        if number:
            printed.append(str(number))
        path.append(count)
    return ("".join(printed) + ")" * len(opened)).encode("ascii")


def _children(tree: Tree) -> list[int]:
    """How many each message has."""
    counts = [0] * len(tree)
    path: list[int] = []
    for index, (depth, _) in enumerate(tree):
        del path[depth:]
        if path:
            counts[path[-1]] += 1
        path.append(index)
    return counts
