"""How dates, sizes and people are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from webmail.http.pages import formats, render
from webmail.mail.headers import Person

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


def same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (NOW.replace(hour=0, minute=5), "00:05"),
        (NOW - timedelta(days=1), "22 Nov"),
        (datetime(2026, 5, 3, tzinfo=UTC), "3 May"),
        (datetime(2025, 12, 31, tzinfo=UTC), "31 Dec 2025"),
        (datetime(1, 1, 1, tzinfo=UTC), "1 Jan 1"),
    ],
)
def test_short_when(moment: datetime, written: str) -> None:
    assert formats.short_when(moment, NOW, same) == written


def test_when_is_told_in_the_persons_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    there, now = formats.local(late, berlin), formats.local(NOW, berlin)
    assert formats.short_when(there, now, same) == "00:30"
    assert formats.long_when(there, same) == "Monday, 23 November 2026, 00:30"


def test_the_ends_of_the_calendar_do_not_overflow() -> None:
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        for hours in (-12, 14):
            moved = formats.local(moment, timezone(timedelta(hours=hours)))
            assert formats.short_when(moved, NOW, same)


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        (date(2026, 11, 26), "Today"),
        (date(2026, 11, 25), "Today"),
        (date(2026, 11, 24), "Yesterday"),
        (date(2026, 11, 23), "Earlier this week"),
        (date(2026, 11, 22), "Last week"),
        (date(2026, 11, 16), "Last week"),
        (date(2026, 11, 15), "November"),
        (date(2025, 11, 15), "November 2025"),
    ],
)
def test_day_heading(day: date, heading: str) -> None:
    assert formats.day_heading(day, date(2026, 11, 25), same) == heading


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (38_400, "38 kB"),
        (2_100_000, "2.1 MB"),
        (25_000_000, "25 MB"),
        (4_200_000_000, "4.2 GB"),
    ],
)
def test_size(octets: int, written: str) -> None:
    assert formats.size(octets, same) == written


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ines Caldeira", "IC"),
        ("Anna Maria von Bergen", "AB"),
        ("lena@harbour.example", "L"),
        ("田中 美咲", "田"),
        ("ليلى منصور", "لم"),
        ("«Ö» (x) 7", "7"),
        ("…", "?"),
        ("", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_tone_stays_with_an_address() -> None:
    assert formats.tone("A@x.example") == formats.tone("a@x.example")
    assert {formats.tone(f"{n}@x.example") for n in range(99)} == set(range(1, formats.TONES + 1))
    assert formats.tone("\udcff")


def test_names_are_few() -> None:
    people = tuple(Person(f"P{n}", "") for n in range(5))
    assert formats.names(people) == "P0, P1, P2, …"
    assert formats.names((Person("", "a@x.example"),)) == "a@x.example"


def test_the_first_known_zone_counts_and_the_system_s_stands_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(render.zone_of("", "Mars/Olympus", "Asia/Tokyo", "Europe/Paris")) == "Asia/Tokyo"
    there = tmp_path / "localtime"
    there.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    monkeypatch.setattr(render, "SYSTEM_ZONE", there)
    monkeypatch.delenv("TZ", raising=False)
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert summer.astimezone(render.zone_of("of no place")).utcoffset() == timedelta(hours=2)
