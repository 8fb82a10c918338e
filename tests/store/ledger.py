"""What writers were told is in an account, and what may be there besides because they were not told."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Key = tuple[str, int]  # mailbox and uid


@dataclass(frozen=True, slots=True)
class Message:
    """Its octets as a digest, and its flags."""

    digest: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: messages that went, that came with a uid nobody was told, that changed."""

    gone: frozenset[Key] = frozenset()
    came: tuple[tuple[str, Message], ...] = ()
    changed: Mapping[Key, Message] = field(default_factory=dict)


NOTHING = Outcome()


@dataclass(slots=True)
class Ledger:
    """All that was acknowledged. `doubts`: commands whose answer never came, of which all or nothing is done."""

    messages: dict[Key, Message] = field(default_factory=dict)
    uidvalidity: dict[str, int] = field(default_factory=dict)
    given: set[Key] = field(default_factory=set)  # ever
    doubts: list[Outcome] = field(default_factory=list)

    def apply(self, outcome: Outcome, uids: Iterable[int] = ()) -> None:
        """The command was acknowledged, and said these uids of what came."""
        for key in outcome.gone:
            del self.messages[key]
        self.messages |= outcome.changed
        for (mailbox, message), uid in zip(outcome.came, uids, strict=True):
            self._note_given((mailbox, uid))
            self.messages[mailbox, uid] = message

    def _note_given(self, key: Key) -> None:
        assert key not in self.given, f"{key} was given before"
        self.given.add(key)

    def note_uidvalidity(self, mailbox: str, uidvalidity: int) -> None:
        known = self.uidvalidity.setdefault(mailbox, uidvalidity)
        assert known == uidvalidity, f"{mailbox}: uidvalidity was {known} and is {uidvalidity}"

    def settle(self, observed: dict[Key, Message]) -> int:
        """What is there has to be what was acknowledged, with each doubt done or not done; how many were."""
        choices = itertools.product(*([NOTHING, doubt] for doubt in self.doubts))
        chosen = next((chosen for chosen in choices if self._explains(chosen, observed)), None)
        assert chosen is not None, self._difference(observed)
        for key in observed.keys() - self.messages.keys():
            self._note_given(key)
        self.messages = dict(observed)
        self.doubts.clear()
        return sum(outcome is not NOTHING for outcome in chosen)

    def _explains(self, chosen: Iterable[Outcome], observed: dict[Key, Message]) -> bool:
        expected = dict(self.messages)
        came: Counter[tuple[str, Message]] = Counter()
        for outcome in chosen:
            for key in outcome.gone:
                del expected[key]
            expected |= outcome.changed
            came.update(outcome.came)
        new = Counter((key[0], message) for key, message in observed.items() if key not in expected)
        return new == came and all(observed.get(key) == message for key, message in expected.items())

    def _difference(self, observed: dict[Key, Message]) -> str:
        lost = {key: message for key, message in self.messages.items() if observed.get(key) != message}
        other = {key: message for key, message in observed.items() if self.messages.get(key) != message}
        return (
            f"acknowledged and not so: {lost}\nthere and not acknowledged: {other}\nin doubt: {self.doubts}"
        )
