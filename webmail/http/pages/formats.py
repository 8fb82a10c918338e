"""How dates, sizes and people are written on a page."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

from webmail.i18n import N_
from webmail.mail.headers import Person

Translate = Callable[[str], str]

TONES = 6  # hues of the stamps; the stylesheet knows as many
_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"),
    N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
_SHORT_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May "), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip
_DAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
_SCALE = ((1_000_000_000, N_("{n} GB")), (1_000_000, N_("{n} MB")), (1_000, N_("{n} kB")))


def local(moment: datetime, zone: tzinfo) -> datetime:
    """The moment in this zone; at the ends of the calendar, where it can’t be moved, as it is."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment


def short_when(moment: datetime, now: datetime, _: Translate) -> str:
    """Today the time, this year day and month, else the date; both moments are local."""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    month = _(_SHORT_MONTHS[moment.month - 1]).strip()
    if moment.year == now.year:
        return _(N_("{day} {month}")).format(day=moment.day, month=month)
    return _(N_("{day} {month} {year}")).format(day=moment.day, month=month, year=moment.year)


def long_when(moment: datetime, _: Translate) -> str:
    """Weekday, date and time of a local moment, in full."""
    return _(N_("{weekday}, {day} {month} {year}, {time}")).format(
        weekday=_(_DAYS[moment.weekday()]),
        day=moment.day,
        month=_(_MONTHS[moment.month - 1]),
        year=moment.year,
        time=f"{moment:%H:%M}",
    )


def day_heading(day: date, today: date, _: Translate) -> str:
    """The heading under which a day’s messages stand in the list."""
    week = today - timedelta(days=today.weekday())
    if day >= today:
        return _(N_("Today"))
    if day == today - timedelta(days=1):
        return _(N_("Yesterday"))
    if day >= week:
        return _(N_("Earlier this week"))
    if day >= week - timedelta(days=7):
        return _(N_("Last week"))
    month = _(_MONTHS[day.month - 1])
    return month if day.year == today.year else _(N_("{month} {year}")).format(month=month, year=day.year)


def size(octets: int, _: Translate) -> str:
    """Octets as people read them, in steps of a thousand: `38 kB`, `2.1 MB`."""
    for unit, words in _SCALE:
        if octets >= unit:
            n = octets / unit
            return _(words).format(n=f"{n:.1f}" if n < 9.95 and unit > 1000 else f"{n:.0f}")
    return _(N_("{n} bytes")).format(n=octets)


def name(person: Person) -> str:
    """What a person is called in lists: the name, else the address."""
    return person.name or person.address


def names(people: tuple[Person, ...], limit: int = 3) -> str:
    """The first few names, with an ellipsis for the others."""
    shown = ", ".join(name(person) for person in people[:limit])
    return f"{shown}, …" if len(people) > limit else shown


def initials(text: str) -> str:
    """The first letters of the first and last word; one sign of a script that writes words in one sign."""
    letters = [word[0] for word in text.split()[:8] if word[0].isalnum()]
    if not letters:
        letters = [sign for sign in text if sign.isalnum()][:1]
    if not letters:
        return "?"
    if len(letters) == 1 or "\u2e80" <= letters[0] <= "\ud7ff":
        return letters[0].upper()
    return (letters[0] + letters[-1]).upper()


def tone(address: str) -> int:
    """A hue from 1 to TONES that stays with an address."""
    return zlib.crc32(address.lower().encode("utf-8", "surrogatepass")) % TONES + 1
