"""What a server has told of itself and of the selected mailbox, whenever it told it."""

from __future__ import annotations

from collections.abc import Iterable

from webmail.wire.imap_replies import Capability, Code, Condition, Exists, Expunge, Tagged, Untagged

# What every server of IMAP4rev2 can without saying so (RFC 9051, appendix E).
IN_REV2 = frozenset({
    "ENABLE", "ESEARCH", "IDLE", "LIST-EXTENDED", "LIST-STATUS", "LITERAL-", "MOVE", "NAMESPACE", "SASL-IR",
    "SPECIAL-USE", "UIDPLUS", "UNSELECT",
})  # fmt: skip


class Heard:
    """`ignored` are capabilities, in upper case, that the administrator knows to be lies."""

    def __init__(self, ignored: frozenset[str] = frozenset()) -> None:
        self.exists = 0  # messages in the selected mailbox
        self.changes = 0  # times that their numbers became others
        self.capabilities: frozenset[str] = frozenset()
        self._ignored = ignored

    def offers(self, name: str) -> bool:
        implied = name in IN_REV2 and "IMAP4REV2" in self.capabilities
        return name not in self._ignored and (implied or name in self.capabilities)

    def note(self, reply: Untagged | Tagged) -> None:
        match reply:
            case Exists(count):
                self.changes += count != self.exists  # some servers repeat it
                self.exists = count
            case Expunge():
                self.exists, self.changes = max(0, self.exists - 1), self.changes + 1
            case Capability(names):
                self._learn(names)
            case Condition(code=Code("CAPABILITY", names)) | Tagged(code=Code("CAPABILITY", names)):
                self._learn(names)

    def _learn(self, names: Iterable[object]) -> None:
        self.capabilities = frozenset(str(name).upper() for name in names)
