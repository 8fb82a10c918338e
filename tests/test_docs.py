"""What the documents tell people to type works as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from webmail.config import configutil

ROOT = Path(__file__).parent.parent
SOURCES = ("README.md", "deploy/nginx.conf", "deploy/webmail.service")
COMMAND = re.compile(r"^(?:#\s+|    )(configutil -o .*)$", re.MULTILINE)
COMMANDS = [(name, line) for name in SOURCES for line in COMMAND.findall((ROOT / name).read_text())]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]+)")


@pytest.mark.parametrize(("source", "line"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_configutil_line_runs_as_printed(source: str, line: str, tmp_path: Path) -> None:
    _, *arguments = shlex.split(line)
    assert configutil.main(["-f", str(tmp_path / "webmail.conf"), *arguments]) == 0


def test_lines_of_the_first_page_are_found() -> None:
    assert len([source for source, _ in COMMANDS if source == "README.md"]) > 15


@pytest.mark.parametrize("page", sorted(path.name for path in ROOT.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    missing = [target for target in LINK.findall((ROOT / page).read_text()) if not (ROOT / target).exists()]
    assert not missing
