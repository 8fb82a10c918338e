"""A client of a few lines over a blocking socket: sends what the grammar wrote, reads what it reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from tests.wire.said import streamed
from webmail.wire.buffer import ReplyReader
from webmail.wire.imap_commands import Command, encode, login
from webmail.wire.imap_line import LiteralStream, LiteralStyle, Synchronising
from webmail.wire.imap_replies import Condition, Continuation, Reply, Tagged

Kind = TypeVar("Kind")
LIMIT = 10  # seconds for an answer


class Talk:
    """`with Talk(host, port) as talk`: connected, the greeting read."""

    def __init__(self, host: str, port: int, *, literal: LiteralStyle = "sync", step: int = 65536) -> None:
        self._socket = socket.create_connection((host, port), timeout=LIMIT)
        self._reader = ReplyReader()
        self._replies: Iterator[Reply] = iter(())
        self._literal = literal
        self._step = step
        self._number = 0

    def __enter__(self) -> Self:
        greeting = self.reply()
        assert isinstance(greeting, Condition)
        assert greeting.status == "OK"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def reply(self) -> Reply:
        while (found := next(self._replies, None)) is None:
            data = self._socket.recv(self._step)
            assert data, "the server hung up"
            self._replies = self._reader.feed(data)
        return found

    def do(self, command: Command) -> tuple[Tagged, list[Reply]]:
        self._number += 1
        tag = f"T{self._number}"
        for piece in encode(tag, command, literal=self._literal, utf8=self._reader.utf8):
            self._socket.sendall(streamed(piece) if isinstance(piece, LiteralStream) else piece)
            if isinstance(piece, Synchronising):
                assert isinstance(self.reply(), Continuation)
        untagged: list[Reply] = []
        while not isinstance(reply := self.reply(), Tagged):
            untagged.append(reply)
        assert reply.tag == tag
        return reply, untagged

    def ok(self, command: Command) -> tuple[Tagged, list[Reply]]:
        tagged, untagged = self.do(command)
        assert tagged.status == "OK", (command.public, tagged)
        return tagged, untagged

    def all(self, kind: type[Kind], command: Command) -> list[Kind]:
        return [reply for reply in self.ok(command)[1] if isinstance(reply, kind)]


@contextmanager
def logged_in(
    host: str, port: int, name: str, password: str, *, literal: LiteralStyle = "sync", step: int = 65536
) -> Iterator[Talk]:
    with Talk(host, port, literal=literal, step=step) as talk:
        talk.ok(login(name, password))
        yield talk
