"""When a message was sent, and which messages it goes back to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.mail.keys import MAX_REFERENCES, Sent, message_ids, references, sent


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]


DATES = [
    (b"Mon, 7 Feb 1994 21:52:25 -0800 (PST)", at(1994, 2, 8, 5, 52, 25), (1994, 2, 7)),
    (b"7 Feb 1994 21:52 +0000", at(1994, 2, 7, 21, 52), (1994, 2, 7)),
    (b"Mon,07 Feb 94 21:52:25 EST", at(1994, 2, 8, 2, 52, 25), (1994, 2, 7)),
    (b"1 Jan 49 00:00:00 Z", at(2049, 1, 1), (2049, 1, 1)),
    (b"1 Jan 101 00:00:00 UT", at(2001, 1, 1), (2001, 1, 1)),
    (b"Thu Sep  9 12:00:00 2021", at(2021, 9, 9, 12), (2021, 9, 9)),
    (b"2020-01-02T03:04:05Z", at(2020, 1, 2, 3, 4, 5), (2020, 1, 2)),
    (b"1 Jan 2020 25:00:00 +0100", at(2019, 12, 31, 23), (2020, 1, 1)),
    (b"1 Jan 2020 10:00:00 +9999", at(2020, 1, 1, 10), (2020, 1, 1)),
    (b"1 Jan 2020 10:00:00 XYZ", at(2020, 1, 1, 10), (2020, 1, 1)),
    (b"1 Jan 2020", at(2020, 1, 1), (2020, 1, 1)),
    (b"31 Dec 2016 23:59:60 +0000", at(2017, 1, 1), (2016, 12, 31)),
]


@pytest.mark.parametrize(("raw", "moment", "day"), DATES)
def test_dates(raw: bytes, moment: int, day: tuple[int, int, int]) -> None:
    assert sent(raw) == Sent(moment, at(*day) // 86_400)


@pytest.mark.parametrize(
    "raw", [None, b"", b"yesterday", b"31 Feb 2020 00:00:00 +0000", b"1 Foo 2020 00:00", b"\xff" * 300]
)
def test_what_is_no_date(raw: bytes | None) -> None:
    assert sent(raw) is None


@given(st.integers(-2_000_000_000, 7_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_every_date_that_can_be_written_is_read(moment: int, minutes: int) -> None:
    written = datetime.fromtimestamp(moment, timezone(timedelta(minutes=minutes)))
    assert sent(format_datetime(written).encode()) == Sent(moment, (moment + minutes * 60) // 86_400)


IDS = [
    (b"<a@b>", ["<a@b>"]),
    (b"<a@b>\t<c@d> (x) <e@f>", ["<a@b>", "<c@d>", "<e@f>"]),
    (b'<"a"@b>', ["<a@b>"]),
    (b'<"a \\"b"@c>', ['<a "b@c>']),
    (b"< a@b >", ["<a@b>"]),
    (b"<a b@c> <d@e>", ["<d@e>"]),
    (b"Your message of today <a@b>", ["<a@b>"]),
    (b"a@b", []),
    (b"<<a@b>>", ["<a@b>"]),
    (b"<" + b"a" * 2_000 + b"@b>", []),
    (b"<\xc3\xbc@b>", ["<ü@b>"]),
    (b"<no-at-sign>", ["<no-at-sign>"]),
]


@pytest.mark.parametrize(("raw", "ids"), IDS)
def test_message_ids(raw: bytes, ids: list[str]) -> None:
    assert message_ids(raw) == ids


def test_in_reply_to_counts_where_references_tell_nothing() -> None:
    assert references(b"<a@b> <c@d>", b"<e@f>") == ("<a@b>", "<c@d>")
    assert references(b"nothing", b"<e@f> <g@h>") == ("<e@f>",)
    assert references(None, None) == ()


def test_of_too_many_references_the_first_and_the_last_are_kept() -> None:
    """CVE-2026-40014, CVE-2026-40017: what a References field costs in THREAD."""
    found = references(b" ".join(b"<%d@x>" % number for number in range(10_000)), None)
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[1], found[-1]) == ("<0@x>", "<9901@x>", "<9999@x>")


def test_long_references_are_its_thread_s_first_and_as_many_of_the_last_as_have_room() -> None:
    """A mailbox of ten thousand messages had a gigabyte of them, which THREAD read at once."""
    ids = [f"<{'x' * 900}@{number}>" for number in range(100)]
    found = references(" ".join(ids).encode(), None)
    assert found == (ids[0], *ids[-18:])
    assert references(" ".join(ids[:18]).encode(), None) == tuple(ids[:18])
