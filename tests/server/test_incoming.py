"""Lines out of octets, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.server.errors import Gone, LineTooLong
from webmail.server.incoming import HEAD, MAX_SKIPPED, TAIL, Incoming

LINES = st.lists(
    st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b"")), max_size=8
)


def drained(incoming: Incoming, limit: int) -> list[bytes | None]:
    """The lines that are there; None for each that was too long."""
    lines: list[bytes | None] = []
    while True:
        try:
            line = incoming.line(limit)
        except LineTooLong:
            lines.append(None)
        else:
            if line is None:
                return lines
            lines.append(line)


@given(LINES, st.lists(st.integers(0, 300), max_size=10), st.booleans())
def test_lines_are_the_same_however_the_octets_are_cut(
    lines: list[bytes], cuts: list[int], crlf: bool
) -> None:
    octets = b"".join(line + (b"\r\n" if crlf else b"\n") for line in lines)
    incoming, found, at = Incoming(), [], 0
    for cut in [*sorted(cuts), len(octets)]:
        incoming.add(octets[at:cut])
        at = max(at, cut)
        found += drained(incoming, 20)
    assert found == [line if len(line) <= 20 else None for line in lines]
    assert not incoming


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    for octets, expected in ((b"12345\r\n", [b"12345"]), (b"123456\r\n", [None]), (b"12345\n", [b"12345"])):
        for size in (1, 2, len(octets)):
            incoming = Incoming()
            found: list[bytes | None] = []
            for at in range(0, len(octets), size):
                incoming.add(octets[at : at + size])
                found += drained(incoming, 5)
            assert found == expected


def test_of_a_line_too_long_both_ends_are_told() -> None:
    """The tag for the answer; the literal that may follow it, which must not be read as commands."""
    incoming = Incoming()
    for _ in range(100):
        incoming.add(b"a1 LOGIN " + b"x" * 1000)
        assert incoming.line(5000) is None or pytest.fail("no line ends here")
        assert len(incoming) <= 7000
    incoming.add(b" {12+}\r\nnext\r\n")
    with pytest.raises(LineTooLong) as told:
        incoming.line(5000)
    assert told.value.head.startswith(b"a1 LOGIN x")
    assert len(told.value.head) == HEAD
    assert told.value.tail.endswith(b"xx {12+}")
    assert len(told.value.tail) <= TAIL
    assert incoming.line(5000) == b"next"


def test_a_line_without_end_is_given_up() -> None:
    incoming = Incoming()

    def flood() -> None:
        for _ in range(MAX_SKIPPED // 1000 + 10):
            incoming.add(b"x" * 1000)
            incoming.line(100)

    with pytest.raises(Gone, match="without end"):
        flood()
    assert len(incoming) <= TAIL + 1


def test_lines_and_counted_octets_take_turns() -> None:
    incoming = Incoming()
    incoming.add(b"first {4}\r\nab\ncsecond\r\n")
    assert incoming.line(100) == b"first {4}"
    assert incoming.take(4) == b"ab\nc"
    assert incoming.line(100) == b"second"
    assert incoming.take(4) == b""
