"""What a client sent and nobody has read yet: knows everything about lines and nothing about sockets."""

from __future__ import annotations

from webmail.server.errors import Gone, LineTooLong

MAX_SKIPPED = 1024 * 1024  # of a line too long; one that goes on is no mistake of a mail program
HEAD = 256  # octets of a line too long that are told: a tag is shorter
TAIL = 64  # the same of its end: an announced literal is shorter


class Incoming:
    """Octets in, lines and blocks out; an empty one holds no memory."""

    __slots__ = ("_buffer", "_head", "_scanned", "_skipped")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0  # octets known to hold no line end
        self._head = b""  # of a line too long
        self._skipped = 0  # octets of it; above 0 while it is being skipped

    def __len__(self) -> int:
        return len(self._buffer)

    def add(self, octets: memoryview | bytes) -> None:
        self._buffer += octets

    def clear(self) -> None:
        self._buffer.clear()
        self._scanned = self._skipped = 0
        self._head = b""

    def take(self, size: int) -> bytes:
        """The first `size` octets, or all there are."""
        with memoryview(self._buffer) as view:
            taken = bytes(view[:size])
        del self._buffer[:size]
        self._scanned = 0
        return taken

    def line(self, limit: int) -> bytes | None:
        """The first line without its CRLF or LF; None if its end is not there yet.

        Raises LineTooLong when the end of such a line has been skipped; Gone if it does not end.
        """
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._skipped or self._scanned > limit + 1:  # 1: a CR whose LF is under way
                self._skip()
            return None
        line = self.take(end + 1)[:end].removesuffix(b"\r")
        if self._skipped or len(line) > limit:
            head, self._head, self._skipped = self._head or line[:HEAD], b"", 0
            raise LineTooLong(head, line[-TAIL:])
        return line

    def _skip(self) -> None:
        self._head = self._head or bytes(self._buffer[:HEAD])
        surplus = max(len(self._buffer) - TAIL - 1, 0)  # 1: a CR
        self._skipped += surplus or 1
        del self._buffer[:surplus]
        self._scanned = len(self._buffer)
        if self._skipped > MAX_SKIPPED:
            raise Gone("sent a line without end")
