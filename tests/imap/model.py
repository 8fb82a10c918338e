r"""A mail account in plain Python: what the service is compared with.

Flags are sets without \Recent, in lower case; a message is its subject, from which its octets follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from tests.imap.talk import letter

Flags = frozenset[str]


@dataclass(slots=True, eq=False)
class Message:
    uid: int
    subject: str
    flags: Flags
    version: int = 0  # grows with each change of its flags
    modseqs: dict[int, int] = field(default_factory=dict)  # version → what clients were told

    @property
    def octets(self) -> bytes:
        return octets(self.subject)

    def told(self, modseq: int) -> None:
        """A client heard this MODSEQ: the same for the same flags, a higher one for newer ones."""
        known = self.modseqs.setdefault(self.version, modseq)
        assert known == modseq, (self, modseq)
        versions = sorted(self.modseqs)
        values = [self.modseqs[version] for version in versions]
        assert values == sorted(set(values)), self


@dataclass(slots=True, eq=False)
class Mailbox:
    """`modseq` is the highest that anybody heard of; a deleted one is empty and has no name."""

    name: str
    uidvalidity: int = 0
    uidnext: int = 1
    modseq: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def uids(self) -> list[int]:
        return [message.uid for message in self.messages]

    def among(self, uids: Collection[int]) -> list[Message]:
        return [message for message in self.messages if message.uid in uids]

    def add(self, messages: Iterable[tuple[str, Flags]]) -> list[int]:
        """Their uids."""
        first = self.uidnext
        for subject, flags in messages:
            self.messages.append(Message(self.uidnext, subject, flags))
            self.uidnext += 1
        return list(range(first, self.uidnext))

    def flag(self, uids: Collection[int], how: str, flags: Flags) -> None:
        for message in self.among(uids):
            after = changed(message.flags, how, flags)
            if after != message.flags:
                message.flags, message.version = after, message.version + 1

    def expunge(self, uids: Collection[int]) -> None:
        gone = {message.uid for message in self.among(uids) if "\\deleted" in message.flags}
        self.remove(gone)

    def remove(self, uids: Collection[int]) -> None:
        self.messages = [message for message in self.messages if message.uid not in uids]

    def counters(self) -> dict[str, int]:
        """Items of STATUS."""
        flags = [message.flags for message in self.messages]
        return {
            "MESSAGES": len(flags),
            "UIDNEXT": self.uidnext,
            "UNSEEN": sum("\\seen" not in each for each in flags),
            "DELETED": sum("\\deleted" in each for each in flags),
            "SIZE": sum(len(message.octets) for message in self.messages),
        }


class Account:
    """Mailboxes by name."""

    def __init__(self, *names: str) -> None:
        self.mailboxes = {name: Mailbox(name) for name in names}
        self.uidvalidities: set[int] = set()
        self.recent: dict[tuple[int, int], object] = {}  # UIDVALIDITY and UID → who was told first

    def create(self, name: str) -> None:
        """And those above it (RFC 9051, 6.3.4)."""
        parts = name.split("/")
        for length in range(1, len(parts) + 1):
            above = "/".join(parts[:length])
            self.mailboxes.setdefault(above, Mailbox(above))

    def delete(self, name: str) -> None:
        gone = self.mailboxes.pop(name)
        gone.name = ""
        gone.messages = []

    def rename(self, name: str, new: str) -> None:
        """With all below it; INBOX only gives its messages away (RFC 9051, 6.3.6)."""
        self.create(new)
        if name == "INBOX":
            inbox = self.mailboxes[name]
            self.mailboxes[new].add((message.subject, message.flags) for message in inbox.messages)
            inbox.remove(inbox.uids)
            return
        for old in [each for each in self.mailboxes if each == name or each.startswith(f"{name}/")]:
            moved = self.mailboxes.pop(old)
            moved.name = new + old.removeprefix(name)
            self.mailboxes[moved.name] = moved

    def heard_recent(self, mailbox: Mailbox, uid: int, player: object) -> None:
        """Only one client is told (RFC 3501, 2.3.2)."""
        assert self.recent.setdefault((mailbox.uidvalidity, uid), player) is player

    def heard_uidvalidity(self, mailbox: Mailbox, uidvalidity: int) -> None:
        """It never changes, and no other mailbox ever had it."""
        if not mailbox.uidvalidity:
            assert uidvalidity not in self.uidvalidities
            self.uidvalidities.add(uidvalidity)
            mailbox.uidvalidity = uidvalidity
        assert mailbox.uidvalidity == uidvalidity


def changed(before: Flags, how: str, flags: Flags) -> Flags:
    """What STORE makes of flags; `how` is what stands before FLAGS."""
    return {"": flags, "+": before | flags, "-": before - flags}[how]


def octets(subject: str) -> bytes:
    return letter(subject, text=f"This is about {subject}." + " tea" * (len(subject) % 7))
