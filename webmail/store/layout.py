"""Where accounts lie: partitions, and in each a directory per account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from webmail.database import PRIVATE_DIRECTORY
from webmail.disk import sync_directory

SPREAD = "*"  # store.defaultpartition: by a hash of the account's name
DATABASE = "account.sqlite"
BODIES = "bodies"
INCOMING = "incoming"
SHELVES = "0123456789abcdef"  # directories of bodies, by the first digit of their names
MAX_FILE = 255  # octets of a file's name; a mailbox's may have 1,000
ASIDE = ".aside-"  # how directories begin that are coming or going, and are no account

_ESCAPED = str.maketrans({"%": "%25", "/": "%2F", "\0": "%00"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The partitions by name, and the one that new accounts go to (`*`: spread over all)."""

    partitions: Mapping[str, Path]
    default: str

    def find(self, uid: str) -> Path | None:
        """The directory of an account; None if there is none."""
        inner = _inner(uid)
        places = (partition / inner for partition in self.partitions.values())
        return next((place for place in places if (place / DATABASE).exists()), None)

    def remains(self, uid: str) -> Path | None:
        """The directory of an account that has lost its database."""
        places = (partition / _inner(uid) for partition in self.partitions.values())
        return next((place for place in places if (place / BODIES).is_dir()), None)

    def place(self, uid: str) -> Path:
        """The directory of an account, or where it is to be made."""
        return self.find(uid) or self.within(self._new(uid), uid)

    def within(self, partition: str, uid: str) -> Path:
        """Where the account would lie in a partition, which there is."""
        return self.partitions[partition] / _inner(uid)

    def _new(self, uid: str) -> str:
        if self.default != SPREAD:
            return self.default
        names = sorted(self.partitions)
        return names[int.from_bytes(_digest(uid)[:4], "big") % len(names)]

    def accounts(self) -> Iterator[tuple[str, Path]]:
        """Every account and its directory, sorted within each partition."""
        for partition in self.partitions.values():
            for database in sorted(partition.glob(f"??/[!.]*/{DATABASE}")):
                yield unescaped(database.parent.name), database.parent

    def without_database(self) -> Iterator[tuple[str, Path]]:
        """Those who have bodies, and have lost their database."""
        for partition in self.partitions.values():
            for bodies in sorted(partition.glob(f"??/[!.]*/{BODIES}")):
                if not (bodies.parent / DATABASE).exists() and any(bodies.glob("?/*")):
                    yield unescaped(bodies.parent.name), bodies.parent

    def left_aside(self) -> Iterator[Path]:
        """What an interrupted removal or move left; never the only copy of an account."""
        for partition in self.partitions.values():
            yield from partition.glob(f"??/{ASIDE}*")


def aside(place: Path) -> Path:
    """A name beside an account’s that no account has."""
    return place.with_name(ASIDE + secrets.token_hex(8))


def make(place: Path) -> None:
    """The directories of an account, all of them for our own eyes only, their names on the disk.

    Those for bodies too: whoever delivers need not ask whether another has made and synced one just now.
    """
    partition = place.parent.parent
    partition.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    shelves = (place / BODIES / digit for digit in SHELVES)
    for directory in (place.parent, place, place / BODIES, place / INCOMING, *shelves):
        directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    for parent in (partition, place.parent, place, place / BODIES):
        sync_directory(parent)


def _inner(uid: str) -> Path:
    return Path(_digest(uid).hex()[:2]) / escaped(uid)


def _digest(uid: str) -> bytes:
    return hashlib.sha256(uid.encode()).digest()


def escaped(text: str) -> str:
    """A uid, or the name of a mailbox, as one name of a file; none leads out of the directory."""
    name = text.translate(_ESCAPED)
    return "%2E" + name[1:] if name.startswith(".") else name


def fitting(name: str, suffix: str = "") -> str:
    """The name of a file; of one that no file system takes its beginning, and what tells it from others."""
    octets, room = name.encode(), MAX_FILE - len(suffix.encode())
    if len(octets) <= room:
        return name + suffix
    mark = "~" + hashlib.sha256(octets).hexdigest()[:16]
    return octets[: room - len(mark)].decode("utf-8", "ignore") + mark + suffix


def unescaped(name: str) -> str:
    return unquote(name)
