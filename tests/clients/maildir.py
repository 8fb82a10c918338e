"""A Maildir as mail programs keep it on the person's own machine."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
_numbers = itertools.count(1)


class Maildir:
    """One folder; messages have CR LF to the outside. Flags are Maildir's letters."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for part in ("cur", "new", "tmp"):
            (place / part).mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        return len(self.paths())

    def paths(self) -> list[Path]:
        return sorted(path for part in ("cur", "new") for path in (self.place / part).iterdir())

    def names(self) -> list[str]:
        return [path.name for path in self.paths()]

    def contents(self) -> list[bytes]:
        """As `plain` has them."""
        return [plain(path.read_bytes()) for path in self.paths()]

    def add(self, contents: Iterable[bytes]) -> None:
        for content in contents:
            name = f"{1_700_000_000 + next(_numbers)}.1.here"
            (self.place / "new" / name).write_bytes(content.replace(b"\r\n", b"\n"))

    def flag(self, message_ids: Collection[bytes], letters: str) -> None:
        for path in self._of(message_ids):
            name, _, flags = path.name.partition(":2,")
            path.rename(self.place / "cur" / f"{name}:2,{''.join(sorted({*flags, *letters}))}")

    def flagged(self, letter: str) -> list[Path]:
        return [path for path in self.paths() if letter in path.name.partition(":2,")[2]]

    def remove(self, message_ids: Collection[bytes]) -> None:
        for path in self._of(message_ids):
            path.unlink()

    def _of(self, message_ids: Collection[bytes]) -> list[Path]:
        found = [path for path in self.paths() if _message_id(path) in message_ids]
        assert len(found) == len(message_ids)
        return found


def _message_id(path: Path) -> bytes:
    found = _MESSAGE_ID.search(path.read_bytes())
    return found[1] if found else b""


def plain(content: bytes) -> bytes:
    """A message without what mbsync marks those with that it uploads, with CR LF."""
    lines = [line for line in content.split(b"\n") if not line.startswith(b"X-TUID: ")]
    return b"\n".join(line.removesuffix(b"\r") for line in lines).replace(b"\n", b"\r\n")
