"""What people keep for themselves."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.conftest import Run
from webmail.http.profile import FRESH, MAX_KNOWN, Profile, Profiles


def test_a_profile_is_kept(run: Run, tmp_path: Path) -> None:
    async def conversation() -> None:
        profiles = Profiles(tmp_path / "profiles.sqlite")
        assert await profiles.find("mira") == Profile()
        await profiles.keep("mira", Profile("Mira 'O\" ☺", "Europe/Berlin"))
        await profiles.keep("mira", Profile("Mira", "UTC"))
        assert await profiles.find("mira") == Profile("Mira", "UTC")
        await profiles.close()
        again = Profiles(tmp_path / "profiles.sqlite")
        assert await again.find("mira") == Profile("Mira", "UTC")
        assert await again.find("jonas") == Profile()
        await again.close()

    run(conversation())
    assert stat.S_IMODE((tmp_path / "profiles.sqlite").stat().st_mode) == 0o600


def test_another_process_is_heard_after_a_while(run: Run, tmp_path: Path) -> None:
    async def conversation() -> None:
        now = 0.0
        one = Profiles(tmp_path / "profiles.sqlite", clock=lambda: now)
        two = Profiles(tmp_path / "profiles.sqlite")
        assert await one.find("mira") == Profile()
        await two.keep("mira", Profile("Mira"))
        assert await one.find("mira") == Profile()
        now = FRESH
        assert await one.find("mira") == Profile("Mira")
        await one.close()
        await two.close()

    run(conversation())


def test_memory_is_bounded(run: Run, tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "profiles.sqlite")
    for number in range(MAX_KNOWN + 5):
        profiles._remember(str(number), Profile())
    assert len(profiles._known) == MAX_KNOWN
    run(profiles.close())
