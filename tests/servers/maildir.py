"""Write messages straight into a Maildir; the fastest way, for mailboxes that are not open."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path

from tests.servers.backend import Mail
from tests.servers.system import mail_user

FLAGS = {
    "draft": "D",
    "flagged": "F",
    "answered": "R",
    "seen": "S",
    "deleted": "T",
}  # Maildir's letters, in order
_numbers = itertools.count(1)


def write(home: Path, mails: Iterable[Mail], folder: str) -> int:
    """Into a folder of Maildir++; how many. Dovecot numbers them by their file names, in the order given."""
    place = home if folder == "INBOX" else home / ("." + folder.replace("/", "."))
    user = mail_user()
    _folders(place, user.pw_uid, user.pw_gid)
    if place != home:
        _folders(home, user.pw_uid, user.pw_gid)
        (place / "maildirfolder").touch()
    count = 0
    for mail in mails:
        _write(place / "cur", mail, user.pw_uid, user.pw_gid)
        count += 1
    return count


def _folders(place: Path, uid: int, gid: int) -> None:
    for path in (place.parent, place, place / "cur", place / "new", place / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, uid, gid)


def _write(folder: Path, mail: Mail, uid: int, gid: int) -> None:
    when = mail.when or time.time()
    letters = "".join(letter for flag, letter in FLAGS.items() if flag in mail.flags)
    stored = mail.content.replace(b"\r\n", b"\n")
    number = next(_numbers)
    name = f"{1_700_000_000 + number}.M{number}P{os.getpid()}.test,S={len(stored)},W={len(mail.content)}:2,{letters}"
    path = folder / name
    path.write_bytes(stored)
    os.chown(path, uid, gid)
    os.utime(path, (when, when))
