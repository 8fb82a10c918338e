r"""One client of a random game: what it was told of its mailbox, line by line, as a mail program keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.imap.model import Account, Flags, Mailbox
from tests.imap.talk import Answer, Client
from webmail.wire.imap_sets import SequenceSet

_EXISTS = re.compile(r"\* (\d+) EXISTS")
_EXPUNGE = re.compile(r"\* (\d+) EXPUNGE")
_VANISHED = re.compile(r"\* VANISHED (\(EARLIER\) )?([\d:,]+)")
_FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)", re.DOTALL)
_FLAGS = re.compile(r"FLAGS \(([^)]*)\)")
_UID = re.compile(r"UID (\d+)")
_MODSEQ = re.compile(r"MODSEQ \((\d+)\)")
_HIGHEST = re.compile(r"\[HIGHESTMODSEQ (\d+)\]")
_BODY = re.compile(r"BODY\[\] \{\d+\}\r\n(.*)", re.DOTALL)

# Where no message may lose its number (RFC 9051, 7.5.1)
NUMBERED = re.compile(r"(FETCH|STORE|SEARCH|SORT|THREAD) ")


class Player:
    r"""`uids` is the numbering that was told, `flags` those that were told by uid; \Recent is kept apart."""

    def __init__(self, client: Client, account: Account, *enabled: str) -> None:
        self.client = client
        self.account = account
        self.enabled = enabled
        self.recent: set[tuple[int, int]] = set()
        self.leave()
        if enabled:
            client.ok("ENABLE " + " ".join(enabled))

    def leave(self) -> None:
        self.box = Mailbox("")
        self.selected = self.readonly = False
        self.uids: list[int] = []
        self.flags: dict[int, Flags] = {}
        self.bodies: dict[int, str] = {}

    def enter(self, mailbox: Mailbox, *, readonly: bool) -> None:
        self.leave()
        self.box, self.selected, self.readonly = mailbox, True, readonly
        answer = self.client.ok(f"{'EXAMINE' if readonly else 'SELECT'} {mailbox.name}")
        self.account.heard_uidvalidity(mailbox, int(re.findall(r"UIDVALIDITY (\d+)", str(answer))[0]))
        self.learn(answer)
        self.asks("FETCH 1:* FLAGS" if mailbox.messages else "NOOP")
        assert self.flags.keys() == set(mailbox.uids)

    def asks(self, command: str, end: str = "OK") -> Answer:
        """Ask, take in what is told, and look whether it is true."""
        print(f"{self.client.uid}#{id(self) % 1000} {command}")
        answer = self.client.asks(command)
        print("   ", answer)
        self.heard(answer, end, numbered=NUMBERED.match(command) is not None)
        return answer

    def heard(self, answer: Answer, end: str, *, numbered: bool) -> None:
        assert re.match(end, answer.end), (end, answer)
        if numbered:
            assert not any(_EXPUNGE.fullmatch(line) or _VANISHED.fullmatch(line) for line in answer)
        self.learn(answer)
        self.check(numbered=numbered)

    def check(self, *, numbered: bool) -> None:
        """What was told is the truth, but for messages that may not lose their numbers just now."""
        there = self.box.uids
        known = [uid for uid in self.uids if uid in set(there)] if numbered else self.uids
        assert known == there, (self.uids, there)
        for message in self.box.messages:
            assert self.flags.get(message.uid, message.flags) == message.flags, message

    def learn(self, answer: Answer) -> None:
        for line in answer:
            self._line(line)
        self._highest(answer.end)

    def _line(self, line: str) -> None:
        if found := _EXISTS.fullmatch(line):
            self._exists(int(found[1]))
        elif found := _EXPUNGE.fullmatch(line):
            assert "QRESYNC" not in self.enabled
            self._gone(self.uids[int(found[1]) - 1])
        elif found := _VANISHED.fullmatch(line):
            assert "QRESYNC" in self.enabled
            self._vanished(SequenceSet.parse(found[2]), earlier=found[1] is not None)
        elif found := _FETCH.fullmatch(line):
            self._fetched(int(found[1]), found[2])
        self._highest(line)

    def _exists(self, count: int) -> None:
        """More at the end: those of the mailbox that are newer than all that were told."""
        last = self.uids[-1] if self.uids else 0
        self.uids += [uid for uid in self.box.uids if uid > last]
        assert len(self.uids) == count, (count, self.uids)

    def _gone(self, uid: int) -> None:
        self.uids.remove(uid)
        self.flags.pop(uid, None)
        assert uid not in self.box.uids

    def _vanished(self, gone: SequenceSet, *, earlier: bool) -> None:
        for uid in _each(gone):
            if not earlier or uid in self.uids:
                self._gone(uid)

    def _fetched(self, number: int, items: str) -> None:
        uid = self.uids[number - 1]
        if told := _UID.search(items.partition("BODY[")[0]):
            assert int(told[1]) == uid
        (message,) = self.box.among({uid}) or [None]
        if body := _BODY.search(items):
            assert message is None or message.octets.decode() in body[1]
        if modseq := _MODSEQ.search(items):
            self._modseq(int(modseq[1]))
        if flags := _FLAGS.search(items):
            self._flagged(uid, flags[1])
        if message and modseq:
            message.told(int(modseq[1]))

    def _flagged(self, uid: int, text: str) -> None:
        flags = frozenset(text.lower().split())
        self.flags[uid] = flags - {"\\recent"}
        if "\\recent" in flags and not self.readonly:
            self.recent.add((self.box.uidvalidity, uid))

    def _highest(self, line: str) -> None:
        if found := _HIGHEST.search(line):
            assert int(found[1]) >= self.box.modseq
            self._modseq(int(found[1]))

    def _modseq(self, modseq: int) -> None:
        self.box.modseq = max(self.box.modseq, modseq)


def _each(numbers: SequenceSet) -> Iterator[int]:
    for first, last in numbers.ranges:
        yield from range(first, last + 1)
