"""The last step of delivery for a backend that speaks IMAP only: an LMTP server that hands on each message."""

from __future__ import annotations

import re
import socketserver
from collections.abc import Callable

Deliver = Callable[[str, bytes], None]  # recipient's name without the domain, and the message; raises OSError
EXTENSIONS = (b"here", b"8BITMIME", b"PIPELINING", b"ENHANCEDSTATUSCODES")
_PATH = re.compile(rb"<([^>]*)>")


class Lmtp(socketserver.ThreadingTCPServer):
    """RFC 2033, for MTAs that behave: an answer for each recipient, and Return-Path on top (RFC 5321, 4.4)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], deliver: Deliver) -> None:
        super().__init__(address, _Conversation)
        self.deliver = deliver


class _Conversation(socketserver.StreamRequestHandler):
    server: Lmtp
    sender = b""

    def setup(self) -> None:
        super().setup()
        self.recipients: list[bytes] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here LMTP\r\n")
        while (line := self.rfile.readline()) and line.upper() != b"QUIT\r\n":
            answer = getattr(self, f"_{line[:4].decode('ascii', 'replace').lower()}", self._unknown)
            answer(line)
        self.wfile.write(b"221 2.0.0 Bye\r\n")

    def _unknown(self, _line: bytes) -> None:
        self.wfile.write(b"500 5.5.1 What?\r\n")

    def _lhlo(self, _line: bytes) -> None:
        self.wfile.write(b"".join(b"250-%b\r\n" % each for each in EXTENSIONS) + b"250 SIZE\r\n")

    def _rset(self, _line: bytes) -> None:
        self.recipients = []
        self.wfile.write(b"250 2.0.0 Ok\r\n")

    def _mail(self, line: bytes) -> None:
        self.sender = _path(line)
        self._rset(line)

    def _rcpt(self, line: bytes) -> None:
        self.recipients.append(_path(line))
        self.wfile.write(b"250 2.1.5 Ok\r\n")

    def _data(self, line: bytes) -> None:
        self.wfile.write(b"354 Go on\r\n")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        message = b"Return-Path: <%b>\r\n" % self.sender + b"".join(lines)
        self.wfile.write(b"".join(self._delivered(each, message) for each in self.recipients))

    def _delivered(self, recipient: bytes, message: bytes) -> bytes:
        try:
            self.server.deliver(recipient.partition(b"@")[0].decode(), message)
        except OSError as error:
            return b"451 4.3.0 %b\r\n" % str(error).encode()
        return b"250 2.0.0 Delivered\r\n"


def _path(line: bytes) -> bytes:
    found = _PATH.search(line)
    return found[1] if found else b""
