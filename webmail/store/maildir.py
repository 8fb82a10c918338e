"""The format Maildir++: a file for each message, its flags in its name, its date that of the file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webmail.store.mailboxes import DELIMITER, INBOX
from webmail.wire.imap_utf7 import decode_utf7, encode_utf7

KEYWORDS = "dovecot-keywords"  # a line for each letter from `a` on: its number and the keyword
MAX_KEYWORDS = 26  # letters
MAX_FILE = 65_536  # octets of a file of keywords; they have some hundreds
DIRECTORY = 0o700

_SEPARATOR = "."
_DOT = "&AC4-"  # a dot in a name, as other programs write it who have the same trouble
_LETTERS = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "P": "$Forwarded",
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message's file. `when` in seconds."""

    path: Path
    when: int
    flags: tuple[str, ...]


def directory_of(name: str) -> str:
    """The directory of a mailbox, below that of INBOX, which is itself the empty name."""
    if name == INBOX:
        return ""
    parts = [encode_utf7(part).decode("ascii").replace(_SEPARATOR, _DOT) for part in name.split(DELIMITER)]
    return _SEPARATOR + _SEPARATOR.join(parts)


def name_of(directory: str) -> str:
    """The mailbox of a directory, which is not INBOX's."""
    parts = directory.removeprefix(_SEPARATOR).split(_SEPARATOR)
    return DELIMITER.join(decode_utf7(os.fsencode(part.replace(_DOT, _SEPARATOR))) for part in parts)


def mailboxes(root: Path) -> Iterator[tuple[str, Path]]:
    """The mailboxes of a Maildir++ and their directories; INBOX first."""
    if is_one(root):
        yield INBOX, root
    for path in sorted(root.iterdir()):
        if path.name.startswith(_SEPARATOR) and is_one(path):
            yield name_of(path.name), path


def is_one(path: Path) -> bool:
    return (path / "cur").is_dir() or (path / "new").is_dir()


def entries(directory: Path) -> list[Entry]:
    """All messages, the oldest first."""
    keywords = read_keywords(directory)
    found = [
        Entry(Path(file.path), int(file.stat().st_mtime), tuple(_flags(file.name, keywords)))
        for part in ("cur", "new")
        if (directory / part).is_dir()
        for file in os.scandir(directory / part)
        if file.is_file() and not file.name.startswith(".")
    ]
    return sorted(found, key=lambda entry: (entry.when, entry.path.name))


def _flags(name: str, keywords: Mapping[str, str]) -> Iterator[str]:
    info = _INFO.search(name)
    for letter in dict.fromkeys(info[1] if info else ""):
        if flag := _LETTERS.get(letter) or keywords.get(letter):
            yield flag


def read_keywords(directory: Path) -> dict[str, str]:
    """Letters and their keywords."""
    try:
        with (directory / KEYWORDS).open("rb") as file:
            lines = file.read(MAX_FILE).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    numbered = [line.split(maxsplit=1) for line in lines]
    return {
        chr(ord("a") + int(pair[0])): pair[1]
        for pair in numbered
        if len(pair) == 2 and pair[0].isdecimal() and int(pair[0]) < MAX_KEYWORDS
    }


def create(directory: Path, keywords: Sequence[str]) -> dict[str, str]:
    """An empty Maildir; the letter of each flag that it can tell."""
    directory.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(mode=DIRECTORY)
    letters = {flag: letter for letter, flag in _LETTERS.items()}
    others = [keyword for keyword in keywords if keyword not in letters][:MAX_KEYWORDS]
    if others:
        lines = "".join(f"{number} {keyword}\n" for number, keyword in enumerate(others))
        (directory / KEYWORDS).write_text(lines, encoding="ascii")
    return letters | {keyword: chr(ord("a") + number) for number, keyword in enumerate(others)}


def file_name(unique: str, size: int, stored: int, flags: Sequence[str], letters: Mapping[str, str]) -> str:
    """`size`: octets of the file; `stored`: with CR LF."""
    told = "".join(sorted(letters[flag] for flag in flags if flag in letters))
    return f"{unique},S={size},W={stored}:2,{told}"
