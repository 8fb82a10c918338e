"""Tells Postfix whether a password is right, as Dovecot's auth service would, by asking somebody else.

The protocol: https://doc.dovecot.org/2.3/developer_manual/design/auth_protocol/
"""

from __future__ import annotations

import base64
import socketserver
from collections.abc import Callable

Right = Callable[[str, str], bool]  # name, password
GREETING = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n"


class Sasl(socketserver.ThreadingTCPServer):
    """SASL PLAIN with an initial response, which is what Postfix passes on."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], right: Right) -> None:
        super().__init__(address, _Conversation)
        self.right = right


class _Conversation(socketserver.StreamRequestHandler):
    server: Sasl

    def handle(self) -> None:
        self.wfile.write(GREETING.encode())
        for line in self.rfile:
            word, *values = line.decode().rstrip("\n").split("\t")
            if word == "AUTH":
                self.wfile.write(self._judged(values).encode())

    def _judged(self, values: list[str]) -> str:
        number, response = values[0], values[-1].removeprefix("resp=")
        _, name, password = base64.b64decode(response).decode().split("\0")
        return f"OK\t{number}\tuser={name}\n" if self.server.right(name, password) else f"FAIL\t{number}\n"
