"""How a conversation ends before its protocol says so.

StreamError
├─ Gone         the client closed, or the network did
├─ Silent       nothing came in time, or too slowly
├─ Stalled      the client does not take what we send
├─ Ending       the service stops: say goodbye and return
├─ TooMany      over a limit of connections
└─ LineTooLong  skipped to its end; the conversation may go on
"""

from __future__ import annotations


class StreamError(Exception):
    """The root; its text is for the log."""

    default = "the conversation ended"

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.default)


class Gone(StreamError):
    default = "closed by the client"


class Silent(StreamError):
    default = "nothing came in time"


class Stalled(StreamError):
    default = "does not take what we send"


class Ending(StreamError):
    default = "the service stops"


class TooMany(StreamError):
    default = "too many connections"


class LineTooLong(StreamError):
    """`head` and `tail` are its first and last octets: a tag, and a literal announced at its end."""

    default = "a line too long"

    def __init__(self, head: bytes, tail: bytes) -> None:
        super().__init__()
        self.head = head
        self.tail = tail
