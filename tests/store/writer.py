"""Somebody who writes into a mailbox through IMAP, and keeps a ledger of what was acknowledged."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from dataclasses import dataclass, field

from tests.imap.talk import Answer, Client, letter, literal
from tests.store.ledger import Key, Ledger, Message, Outcome

MAILBOXES = ("INBOX", "Archive", "Sent")
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "$Work")
DELETED = "\\Deleted"
MAX_OWN = 15  # messages of a writer; then it rather expunges
BIG = 300_000  # octets: goes to the disk while it is received


@dataclass(slots=True)
class Desk:
    """What the writers share."""

    port: int
    ledger: Ledger
    owners: dict[str, int] = field(default_factory=dict)  # digest → writer
    lock: threading.Lock = field(default_factory=threading.Lock)
    written: int = 0


class Writer:
    """Runs commands of its own messages until the connection breaks or it is told to stop."""

    def __init__(self, number: int, desk: Desk, chance: random.Random, stop: threading.Event) -> None:
        self.ready = threading.Event()
        self.acknowledged = 0
        self._number, self._desk, self._chance, self._stop = number, desk, chance, stop
        self._selected = ""

    def run(self) -> None:
        try:
            with connect(self._desk.port) as client:
                self.ready.set()
                while not self._stop.is_set():
                    self._act(client)
        except (Broken, OSError):
            pass
        finally:
            self.ready.set()

    def _act(self, client: Client) -> None:
        own = [(key, it) for key, it in self._ledger_items() if self._desk.owners[it.digest] == self._number]
        if not own or self._chance.random() < (0.4 if len(own) < MAX_OWN else 0.05):
            self._append(client)
            return
        key, message = self._chance.choice(own)
        if DELETED in message.flags:
            self._expunge(client, key)
        else:
            self._chance.choice((self._copy, self._move, self._store, self._delete))(client, key, message)

    def _ledger_items(self) -> list[tuple[Key, Message]]:
        with self._desk.lock:
            return list(self._desk.ledger.messages.items())

    def _append(self, client: Client) -> None:
        mailbox = self._chance.choice(MAILBOXES)
        octets = [self._letter() for _ in range(self._chance.choice((1, 1, 3)))]
        flags = [frozenset(self._chance.sample(FLAGS, self._chance.randrange(3))) for _ in octets]
        came = tuple(
            (mailbox, Message(_digest(each), marks)) for each, marks in zip(octets, flags, strict=True)
        )
        with self._desk.lock:
            self._desk.owners |= {message.digest: self._number for _, message in came}
        pieces = [
            b"(%b) %b" % (" ".join(marks).encode(), literal(each))
            for each, marks in zip(octets, flags, strict=True)
        ]
        command = b"APPEND %b %b" % (mailbox.encode(), b" ".join(pieces))
        self._do(client, command, Outcome(came=came))

    def _letter(self) -> bytes:
        with self._desk.lock:
            self._desk.written += 1
            number = self._desk.written
        size = BIG if self._chance.random() < 0.05 else self._chance.randrange(3000)
        return letter(f"Letter {number}", "x" * 70 + "\r\n" + "word " * (size // 5))

    def _copy(self, client: Client, key: Key, message: Message) -> None:
        target = self._chance.choice(MAILBOXES)
        self._select(client, key)
        self._do(client, f"UID COPY {key[1]} {target}", Outcome(came=((target, message),)))

    def _move(self, client: Client, key: Key, message: Message) -> None:
        target = self._chance.choice([mailbox for mailbox in MAILBOXES if mailbox != key[0]])
        self._select(client, key)
        outcome = Outcome(gone=frozenset({key}), came=((target, message),))
        self._do(client, f"UID MOVE {key[1]} {target}", outcome)

    def _store(self, client: Client, key: Key, message: Message) -> None:
        flags = frozenset(self._chance.sample(FLAGS, self._chance.randrange(4)))
        self._set(client, key, Message(message.digest, flags))

    def _delete(self, client: Client, key: Key, message: Message) -> None:
        self._set(client, key, Message(message.digest, message.flags | {DELETED}))

    def _set(self, client: Client, key: Key, message: Message) -> None:
        self._select(client, key)
        self._do(
            client, f"UID STORE {key[1]} FLAGS ({' '.join(message.flags)})", Outcome(changed={key: message})
        )

    def _expunge(self, client: Client, key: Key) -> None:
        self._select(client, key)
        self._do(client, f"UID EXPUNGE {key[1]}", Outcome(gone=frozenset({key})))

    def _select(self, client: Client, key: Key) -> None:
        if self._selected != key[0]:
            _answered(client, f"SELECT {key[0]}")
            self._selected = key[0]

    def _do(self, client: Client, command: bytes | str, outcome: Outcome) -> None:
        ledger = self._desk.ledger
        try:
            answer = _answered(client, command)
        except (Broken, OSError):
            with self._desk.lock:
                ledger.doubts.append(outcome)
            raise
        self.acknowledged += 1
        with self._desk.lock:
            ledger.apply(outcome, _uids(answer) if outcome.came else ())


class Broken(Exception):
    """The server is gone."""


def connect(port: int) -> Client:
    """Alice’s. Raises Broken, OSError."""
    client = Client(port)
    try:
        _come_in(client)
    except BaseException:
        client.close()
        raise
    return client


def _come_in(client: Client) -> None:
    if not client.hears():
        raise Broken
    _answered(client, "LOGIN alice secret")


def _answered(client: Client, command: bytes | str) -> Answer:
    """What the server says, which is OK. Raises Broken, OSError."""
    tag = client.begins(command)
    lines: list[str] = []
    while not (line := client.hears()).startswith(f"{tag} "):
        if not line:
            raise Broken
        lines.append(line)
    answer = Answer(lines, line.removeprefix(f"{tag} "))
    assert answer.end.startswith("OK "), (command, answer)
    return answer


def _uids(answer: Answer) -> list[int]:
    """Those of APPENDUID or COPYUID, in their order."""
    found = re.search(r"\[(?:APPENDUID|COPYUID) .*?([\d:,]+)\]", "\n".join([*answer, answer.end]))
    assert found, answer
    ranges = [[int(number) for number in each.split(":")] for each in found[1].split(",")]
    return [uid for each in ranges for uid in range(each[0], each[-1] + 1)]


_FETCHED = re.compile(r"\* \d+ FETCH \(UID (\d+) FLAGS \((.*?)\) BODY\[\] \{(\d+)\}\r\n")


def observe(client: Client, ledger: Ledger) -> dict[Key, Message]:
    """Everything that is there, byte for byte."""
    observed: dict[Key, Message] = {}
    for mailbox in MAILBOXES:
        for line in _answered(client, f"EXAMINE {mailbox}"):
            if found := re.search(r"\[UIDVALIDITY (\d+)\]", line):
                ledger.note_uidvalidity(mailbox, int(found[1]))
        for line in _answered(client, "UID FETCH 1:* (UID FLAGS BODY.PEEK[])"):
            if found := _FETCHED.match(line):
                octets = line[found.end() : found.end() + int(found[3])].encode()
                flags = frozenset(found[2].split()) - {"\\Recent"}
                observed[mailbox, int(found[1])] = Message(_digest(octets), flags)
    return observed


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
