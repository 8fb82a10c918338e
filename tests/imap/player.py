r"""One client of a random game: what it was told of its mailbox, line by line, as a mail program keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.imap.model import Account, Flags, Mailbox, changed
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
_NUMBERED = re.compile(r"(FETCH|STORE|SEARCH|SORT|THREAD) ")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a client keeps of a mailbox that it has left, for QRESYNC."""

    modseq: int
    flags: dict[int, Flags]


@dataclass(frozen=True, slots=True)
class Own:
    """A silent STORE: of which uids, `+`, `-` or nothing, and which flags."""

    uids: set[int]
    how: str
    flags: Flags


class Player:
    r"""`uids` is the numbering that was told, `flags` those that were told by uid, without \Recent."""

    def __init__(self, client: Client, account: Account, *enabled: str) -> None:
        self.client = client
        self.account = account
        self.enabled = enabled
        self.memories: dict[Mailbox, Memory] = {}
        self.box = Mailbox("")
        self.leave()
        if enabled:
            client.ok("ENABLE " + " ".join(enabled))

    def leave(self) -> None:
        if self.box.name and "QRESYNC" in self.enabled and self.flags.keys() == set(self.uids):
            self.memories[self.box] = Memory(self.modseq, self.flags)
        self.box = Mailbox("")
        self.selected = self.readonly = False
        self.modseq: int = 0  # the newest change that this client heard of
        self.uids: list[int] = []
        self.last = 0  # the newest that was ever told
        self.before: list[int] = []  # what the mailbox held before the last command
        self.flags: dict[int, Flags] = {}

    def enter(self, mailbox: Mailbox, *, readonly: bool) -> None:
        """With QRESYNC what was kept is brought up to date; without, all flags are fetched."""
        if self.selected:
            self.asks("NOOP")  # what was not told yet would be missed later
        self.leave()
        memory = self.memories.get(mailbox)
        known = f" (QRESYNC ({mailbox.uidvalidity} {memory.modseq}))" if memory else ""
        self.box, self.selected, self.readonly = mailbox, True, readonly
        self.flags = dict(memory.flags) if memory else {}
        answer = self.says(f'{"EXAMINE" if readonly else "SELECT"} "{mailbox.name}"{known}')
        self.account.heard_uidvalidity(mailbox, int(re.findall(r"UIDVALIDITY (\d+)", str(answer))[0]))
        self.heard(answer, "OK", numbered=False)
        if not memory and mailbox.messages:
            self.asks("FETCH 1:* FLAGS")
        assert self.flags.keys() == set(mailbox.uids)

    def says(self, command: str | bytes) -> Answer:
        print(f"{'/'.join(self.enabled) or 'rev1'}: {command!r}")
        answer = self.client.asks(command)
        print("   ", answer)
        return answer

    def asks(self, command: str | bytes, end: str = "OK") -> Answer:
        """Ask, take in what is told, and look whether it is true."""
        answer = self.says(command)
        numbered = isinstance(command, str) and _NUMBERED.match(command) is not None
        self.heard(answer, end, numbered=numbered)
        return answer

    def heard(self, answer: Answer, end: str, *, numbered: bool, own: Own | None = None) -> None:
        """`own`: flags that it has set itself and need not be told of."""
        assert re.match(end, answer.end), (end, answer)
        if numbered:
            assert not any(_EXPUNGE.fullmatch(line) or _VANISHED.fullmatch(line) for line in answer)
        for line in [*answer, answer.end]:
            self._line(line)
        if own is not None:
            own_flags = {uid: self.flags[uid] for uid in own.uids & self.flags.keys()}
            self.flags |= {uid: changed(flags, own.how, own.flags) for uid, flags in own_flags.items()}
        if answer.end.startswith("OK") or answer.code == "EXPUNGEISSUED":
            self.check(numbered=numbered)

    def check(self, *, numbered: bool) -> None:
        """What was told is the truth, but for messages that may not lose their numbers just now."""
        there = self.box.uids
        known = [uid for uid in self.uids if uid in set(there)] if numbered else self.uids
        assert known == there, (self.uids, there)
        for message in self.box.messages:
            assert self.flags.get(message.uid, message.flags) == message.flags, message

    def forgets(self, uids: list[int]) -> None:
        """Messages that CLOSE expunges without telling."""
        self.uids = [uid for uid in self.uids if uid not in uids]
        self.flags = {uid: flags for uid, flags in self.flags.items() if uid not in uids}

    def number(self, number: int) -> int:
        """The uid of a message that was told by its number."""
        return self.uids[number - 1]

    def _line(self, line: str) -> None:
        if found := _EXISTS.fullmatch(line):
            self._exists(int(found[1]))
        elif found := _EXPUNGE.fullmatch(line):
            assert "QRESYNC" not in self.enabled
            self._gone(self.number(int(found[1])))
        elif found := _VANISHED.fullmatch(line):
            assert "QRESYNC" in self.enabled
            for uid in each(SequenceSet.parse(found[2])):
                self._gone(uid)
        elif found := _FETCH.fullmatch(line):
            self._fetched(int(found[1]), found[2])
        elif found := _HIGHEST.search(line):
            assert int(found[1]) >= self.modseq
            self._changed(int(found[1]))

    def _exists(self, count: int) -> None:
        """More at the end: those newer than all that were told, also if the command itself took them away."""
        last = self.last
        more = count - len(self.uids)
        before, there = ([uid for uid in uids if uid > last] for uids in (self.before, self.box.uids))
        fits = [uids for uids in (before, there) if len(uids) == more]
        self.uids += fits[0] if fits else sorted({*before, *there})[:more]
        self.last = max([last, *self.uids])
        assert len(self.uids) == count, (count, self.uids)

    def _gone(self, uid: int) -> None:
        assert uid not in self.box.uids
        self.flags.pop(uid, None)
        if uid in self.uids:
            self.uids.remove(uid)

    def _fetched(self, number: int, items: str) -> None:
        uid = self.number(number)
        if told := _UID.search(items.partition("BODY[")[0]):
            assert int(told[1]) == uid
        message = next(iter(self.box.among({uid})), None)
        if body := _BODY.search(items):
            assert message is None or message.octets.decode() in body[1]
        if flags := _FLAGS.search(items):
            self._flagged(uid, flags[1])
        if modseq := _MODSEQ.search(items):
            self._changed(int(modseq[1]))
            if message is not None and self.flags.get(uid) == message.flags:
                message.told(int(modseq[1]))

    def _flagged(self, uid: int, text: str) -> None:
        flags = frozenset(text.lower().split())
        self.flags[uid] = flags - {"\\recent"}
        if "\\recent" in flags and not self.readonly:
            self.account.heard_recent(self.box, uid, self)

    def _changed(self, modseq: int) -> None:
        self.modseq = max(self.modseq, modseq)
        self.box.modseq = max(self.box.modseq, modseq)


def each(numbers: SequenceSet) -> list[int]:
    return [number for first, last in numbers.ranges for number in range(first, last + 1)]
