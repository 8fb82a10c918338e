"""Reads a command back with the product's own tokenizer: what was said, however it was said."""

from __future__ import annotations

from webmail.wire.imap_commands import Command, encode
from webmail.wire.imap_line import Line
from webmail.wire.imap_tokens import Value, values
from webmail.wire.imap_values import Argument, LiteralStream, LiteralStyle


def wire(command: Command, *, literal: LiteralStyle = "sync", utf8: bool = False) -> bytes:
    """All of the command in one piece, its streams as well."""
    return joined(encode("A1", command, literal=literal, utf8=utf8))


def joined(pieces: list[bytes | LiteralStream]) -> bytes:
    return b"".join(streamed(piece) if isinstance(piece, LiteralStream) else piece for piece in pieces)


def streamed(stream: LiteralStream) -> bytes:
    assert isinstance(stream.blocks, list)
    return b"".join(stream.blocks)


def read_back(argument: Argument, *, literal: LiteralStyle = "sync", utf8: bool = False) -> list[Value]:
    """The values that a server reads where the argument stands."""
    line = Line(literal, utf8=utf8)
    line.text(b"x ")
    argument.write(line)
    return values(joined(line.finish()))[1:]
