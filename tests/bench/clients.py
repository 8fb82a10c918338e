"""The barest clients that can be: one request, the whole answer, nothing parsed that need not be."""

from __future__ import annotations

import re
import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

BLOCK = 65536
TAG = "Q7"  # begins no line of the mailbox’s prose
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
TOKEN = re.compile(rb'name="token"[^>]*value="([^"]+)"')
MESSAGE = re.compile(rb'href="(/mail/\d+/\d+\?[^"]+)"')


class _Connection:
    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def _more(self) -> None:
        block = self._socket.recv(BLOCK)
        if not block:
            raise ConnectionError("the server closed the connection")
        self._held += block

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


class Imap(_Connection):
    """An open connection in a selected mailbox."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        super().__init__(host, port)
        self._line()
        self.ask(f'LOGIN "{user}" "{password}"')
        self.ask("SELECT INBOX")

    def ask(self, command: str) -> bytes:
        """One command and all that comes until its tagged OK."""
        self._socket.sendall(f"{TAG} {command}\r\n".encode())
        answer = self._until(b"\r\n%b " % TAG.encode())
        end = self._line()
        if not end.startswith(b"OK"):
            raise ConnectionError(f"{command}: {end!r}")
        return answer

    def _line(self) -> bytes:
        """The rest of a line; its end stays, as the mark that the next tag is found by."""
        line = self._until(b"\r\n")
        self._held = b"\r\n" + self._held
        return line

    def _until(self, mark: bytes) -> bytes:
        """Read up to and with this mark; no answer here has it inside a literal."""
        place = self._held.find(mark)
        while place < 0:
            self._more()
            place = self._held.find(mark)
        answer, self._held = self._held[: place + len(mark)], self._held[place + len(mark) :]
        return answer


class Web(_Connection):
    """A browser's open connection with its cookies."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._host = f"{host}:{port}"
        self._cookies: dict[bytes, bytes] = {}

    def sign_in(self, user: str, password: str) -> None:
        status, _head, body = self.send(
            "POST", "/signin", urlencode({"user": user, "password": password}).encode()
        )
        if status != 303:
            raise ConnectionError(f"sign-in of {user}: {status} {body[-500:]!r}")

    def get(self, path: str) -> bytes:
        """The page, followed through one redirect. Raises ConnectionError for any status but 200."""
        status, head, body = self.send("GET", path)
        if status == 303 and (place := LOCATION.search(head)):
            status, head, body = self.send("GET", place[1].decode())
        if status != 200:
            raise ConnectionError(f"GET {path}: {status} {body[-500:]!r}")
        return body

    def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        cookies = b"; ".join(b"%s=%s" % pair for pair in self._cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: text/html\r\n".encode()
        if cookies:
            head += b"Cookie: " + cookies + b"\r\n"
        if method == "POST":
            head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body)
        self._socket.sendall(head + b"\r\n" + body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes, bytes]:
        while b"\r\n\r\n" not in self._held:
            self._more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        for cookie in COOKIE.findall(head):
            name, _, value = cookie.partition(b"=")
            self._cookies[name] = value
        length = LENGTH.search(head)
        if length is None:
            raise ConnectionError(f"no length: {head!r}")
        size = int(length[1])
        while len(self._held) < size:
            self._more()
        body, self._held = self._held[:size], self._held[size:]
        return int(head.split(b" ", 2)[1]), head, body
