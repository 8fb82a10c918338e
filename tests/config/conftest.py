"""A configuration of its own for each test, and `configutil` upon it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from webmail.config.configutil import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str


Configutil = Callable[..., Said]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("WEBMAIL_CONF", raising=False)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return tmp_path / "webmail.conf"


@pytest.fixture
def configutil(conf: Path, capsys: pytest.CaptureFixture[str]) -> Configutil:
    """`configutil(option, …)`: runs the command on `conf`."""

    def run(*options: str) -> Said:
        status = main(["-f", str(conf), *options])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return run
