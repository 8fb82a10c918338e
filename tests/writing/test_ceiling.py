"""The limit of a message: ours, or what the MTA says."""

from __future__ import annotations

import asyncio

import pytest

from webmail.http import ceiling
from webmail.http.ceiling import Ceiling, Limits


class Mta:
    """Says a size, or nothing; counts how often it was asked."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> int | None:
        self.asked += 1
        return self.answers.pop(0)


def limits_of(mta: Mta, message: int = 1000) -> Limits:
    return asyncio.run(Ceiling(message=message, upload=700, probe=mta).limits())


@pytest.mark.parametrize("size", [None, 1000, 5000])
def test_ours_holds_where_the_mta_sets_no_smaller(size: int | None) -> None:
    assert limits_of(Mta(size)) == Limits(1000, "ours", 700)


def test_the_mtas_holds_where_it_is_smaller() -> None:
    assert limits_of(Mta(999)) == Limits(999, "mta", 700)


def test_the_mta_is_asked_now_and_then() -> None:
    now = 0.0
    mta = Mta(500, None, 600)
    known = Ceiling(message=1000, upload=700, probe=mta, clock=lambda: now)

    async def walk() -> list[int]:
        nonlocal now
        seen = [(await known.limits()).message, (await known.limits()).message]
        now += ceiling.KNOWN_SECONDS
        seen += [(await known.limits()).message]
        now += ceiling.UNKNOWN_SECONDS
        return [*seen, (await known.limits()).message]

    assert asyncio.run(walk()) == [500, 500, 1000, 600]
    assert mta.asked == 3


def test_a_silent_mta_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "PROBE_SECONDS", 0.01)

    async def silent() -> int | None:
        await asyncio.sleep(60)
        return 1

    async def three() -> list[Limits]:
        known = Ceiling(message=1000, upload=700, probe=silent)
        return await asyncio.gather(*(known.limits() for _ in range(3)))

    assert {limits.whose for limits in asyncio.run(three())} == {"ours"}
