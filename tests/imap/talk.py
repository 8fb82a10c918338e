"""An IMAP client that says what a test writes and knows of the protocol only where an answer ends."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from typing import Self

LIMIT = 30  # seconds for one answer
_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class Answer(list[str]):
    """The untagged lines, each with its literals; `end` is the tagged one, without its tag."""

    def __init__(self, lines: list[str], end: str) -> None:
        super().__init__(lines)
        self.end = end

    def __repr__(self) -> str:
        return f"{super().__repr__()} {self.end!r}"

    @property
    def code(self) -> str:
        """What stands in brackets."""
        found = re.match(r"[A-Z]+ \[(.*?)\]( |\Z)", self.end)
        return found[1] if found else ""

    def like(self, *patterns: str) -> bool:
        """Whether these are the lines, one by one; `…` stands for anything."""
        return len(self) == len(patterns) and all(map(like, self, patterns))

    def among(self, pattern: str) -> str:
        """The one line that is like this."""
        (found,) = [line for line in self if like(line, pattern)]
        return found


def like(line: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), line, re.DOTALL) is not None


class Client:
    """One connection; `uid` is whose. Commands are text, without tag and CRLF, with literals where wanted."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.uid = ""
        self._socket = socket.create_connection(("127.0.0.1", port), LIMIT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number = 0
        if context is not None:
            self._encrypt(context)
        self._file = self._socket.makefile("rb")

    def _encrypt(self, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(self._socket, server_hostname="localhost")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    # What is said as it stands.

    def says(self, octets: str | bytes) -> None:
        """Send a line of text, or octets as they are."""
        self._socket.sendall(octets if isinstance(octets, bytes) else _octets(octets) + b"\r\n")

    def hears(self, seconds: float = LIMIT) -> str:
        """The next line with its literals; "" if the server has closed. TimeoutError."""
        self._socket.settimeout(seconds)
        line = self._file.readline()
        while found := _LITERAL.search(line):
            line += self._file.read(int(found[1])) + self._file.readline()
        return line.decode("utf-8", "surrogateescape").removesuffix("\r\n")

    def hears_nothing(self, seconds: float = 0.1) -> bool:
        """Whether nothing comes for so long."""
        self._socket.settimeout(seconds)
        try:
            return not self._socket.recv(1, socket.MSG_PEEK) and False
        except TimeoutError:
            return True

    def starts_tls(self, context: ssl.SSLContext) -> None:
        assert self.ok("STARTTLS") == []
        self._file.close()
        self._encrypt(context)
        self._file = self._socket.makefile("rb")

    # Commands.

    def begins(self, command: str | bytes) -> str:
        """Send a command; its tag."""
        self._number += 1
        tag = f"a{self._number}"
        octets = command if isinstance(command, bytes) else _octets(command)
        self.says(tag.encode() + b" " + octets + b"\r\n")
        return tag

    def ends(self, tag: str) -> Answer:
        """All up to the tagged line."""
        lines: list[str] = []
        while True:
            line = self.hears()
            assert line, f"closed after {lines}"
            if line.startswith(f"{tag} "):
                return Answer(lines, line.removeprefix(f"{tag} "))
            lines.append(line)

    def asks(self, command: str | bytes) -> Answer:
        return self.ends(self.begins(command))

    def ok(self, command: str | bytes) -> Answer:
        answer = self.asks(command)
        assert answer.end.startswith("OK "), (command, answer)
        return answer

    def no(self, command: str | bytes, code: str = "…") -> Answer:
        """Refused, with this response code."""
        answer = self.asks(command)
        assert answer.end.startswith("NO "), (command, answer)
        assert like(answer.code, code), (command, answer)
        return answer

    def bad(self, command: str | bytes) -> Answer:
        answer = self.asks(command)
        assert answer.end.startswith("BAD "), (command, answer)
        return answer

    def fills(self, mailbox: str, *messages: bytes, flags: str = "") -> Answer:
        """APPEND them one by one; the last answer."""
        given = f" ({flags})" if flags else ""
        for message in messages:
            answer = self.ok(b"APPEND %b%b %b" % (_octets(mailbox), given.encode(), literal(message)))
        return answer

    def number(self, mailbox: str, item: str) -> int:
        """One item of STATUS."""
        found = re.search(rf"\({item} (\d+)\)", self.ok(f"STATUS {mailbox} ({item})").among("* STATUS …"))
        assert found
        return int(found[1])


def signed_in(port: int, uid: str, authcid: str, password: str) -> Client:
    """Somebody whose connection an administrator has opened."""
    client = Client(port)
    client.uid = uid
    client.hears()
    client.ok(f"AUTHENTICATE PLAIN {plain(uid, authcid, password)}")
    return client


def plain(authzid: str, authcid: str, password: str) -> str:
    """RFC 4616."""
    return base64.b64encode(f"{authzid}\0{authcid}\0{password}".encode()).decode()


def literal(octets: bytes) -> bytes:
    """Sent without waiting (RFC 7888)."""
    return b"{%d+}\r\n%b" % (len(octets), octets)


def letter(subject: str = "Tea", text: str = "At five?", **fields: str) -> bytes:
    """A small message; `fields` are further ones of its header, `_` for `-`."""
    head = {"From": "Carol <carol@example.test>", "To": "alice@example.test", "Subject": subject} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return "\r\n".join([*lines, "", text, ""]).encode()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
