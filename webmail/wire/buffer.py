"""Finds the replies in the octets that come from an IMAP server, however they are cut into pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webmail.wire import ProtocolError
from webmail.wire.imap_parse import parse
from webmail.wire.imap_replies import Reply
from webmail.wire.imap_tokens import literal_at

MAX_LINE = 1024 * 1024  # octets of one reply outside of literals: a SEARCH that found 150,000 messages
MAX_LITERAL = 8 * 1024 * 1024  # octets of all literals of one reply; larger parts are fetched in windows

# Their text is for people, so a {3} at its end announces nothing
_LINE_ONLY = re.compile(rb"(?!\* )|\* (?:OK|NO|BAD|BYE|PREAUTH)(?![^ \r\n])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    line: int = MAX_LINE  # with its CR, without its LF
    literal: int = MAX_LITERAL


class ReplyReader:
    """Octets in, replies out. After a ProtocolError it takes no more: close the connection.

    Each octet is looked at a bounded number of times, also if they come one by one. Set `utf8` once
    the server has answered ENABLE UTF8=ACCEPT.
    """

    def __init__(self, limits: Limits | None = None, *, utf8: bool = False) -> None:
        self.utf8 = utf8
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._start = 0  # of the line being read, behind the literals before it
        self._seen = 0  # up to here there is no line end
        self._literals = 0  # octets that the current reply announced
        self._broken = False

    @property
    def pending(self) -> int:
        """Octets held that are not yet a whole reply. Not zero at STARTTLS: somebody injects."""
        return len(self._buffer)

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Reply]:
        """Take the octets now; give the replies that are whole as the iterator is advanced."""
        if self._broken:
            raise ProtocolError("what came before was refused")
        self._buffer += data
        return self._replies()

    def _replies(self) -> Iterator[Reply]:
        try:
            while (raw := self._whole()) is not None:
                yield parse(raw, utf8=self.utf8)
        except ProtocolError:
            self._broken = True
            self._buffer.clear()
            raise

    def _whole(self) -> bytes | None:
        """The octets of the next reply, literals included."""
        while True:
            end = self._buffer.find(b"\n", self._seen)
            known = len(self._buffer) if end < 0 else end
            if known - self._literals > self._limits.line:
                raise ProtocolError(f"a line of more than {self._limits.line} octets")
            if end < 0:
                self._seen = max(self._seen, known)
                return None
            literal = self._announced(end)
            if literal is None:
                return self._take(end + 1)
            self._literals += literal
            if self._literals > self._limits.literal:
                raise ProtocolError(f"literals of more than {self._limits.literal} octets in one reply")
            self._start = self._seen = end + 1 + literal

    def _announced(self, end: int) -> int | None:
        found = literal_at(self._buffer, self._start, end)
        return None if found is None or _LINE_ONLY.match(self._buffer) else found[1]

    def _take(self, size: int) -> bytes:
        with memoryview(self._buffer) as view:
            raw = bytes(view[:size])
        del self._buffer[:size]
        self._start = self._seen = self._literals = 0
        return raw
