"""Three clients play random commands on one account; everything that they are told is compared with a model.

The seed of a game is in the name of its test, and what was said is printed when it is lost.
GAMES=500 in the environment plays as many.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.imap.model import Account
from tests.imap.moves import Game
from tests.imap.player import Player
from tests.imap.service import Service
from webmail.store.layout import BODIES, DATABASE, INCOMING, Layout

SEEDS = range(int(os.environ.get("GAMES", "3")))
STEPS = 250
SWEPT_SECONDS = 5  # after the last expunge no file of it is left
FIRST = ("INBOX", "Drafts", "Sent")
WRONG_COUNTERS = """
SELECT name FROM mailbox AS m WHERE (messages, bytes, unseen, deleted) IS NOT (
    SELECT count(*), ifnull(sum(size), 0), ifnull(sum(NOT flags & 8), 0), ifnull(sum(flags >> 2 & 1), 0)
    FROM message WHERE mailbox = m.id)
UNION ALL SELECT 'account' FROM account WHERE (messages, bytes) IS NOT (
    SELECT count(*), ifnull(sum(size), 0) FROM message)
UNION ALL SELECT file FROM body WHERE id NOT IN (SELECT body FROM message)
UNION ALL SELECT name FROM mailbox AS m WHERE modseq < (SELECT max(modseq) FROM message WHERE mailbox = m.id)
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_game_of_three_clients(imap: Service, seed: int) -> None:
    uid = imap.newcomer("player")
    account = Account(*FIRST)
    with imap.signed_in(uid) as one, imap.signed_in(uid) as two, imap.signed_in(uid) as three:
        players = [
            Player(one, account),
            Player(two, account, "IMAP4rev2"),
            Player(three, account, "QRESYNC"),
        ]
        game = Game(players, account, seed)
        place = place_of(imap, uid)
        with closing(sqlite3.connect(f"file:{place / DATABASE}?mode=ro", uri=True)) as database:
            for _ in range(STEPS):
                game.step()
                assert database.execute(WRONG_COUNTERS).fetchall() == []
                assert named(database) <= files_below(place / BODIES)
            until = time.monotonic() + SWEPT_SECONDS
            while files_below(place / BODIES) != named(database):
                assert time.monotonic() < until
        assert files_below(place / INCOMING) == set()


def named(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT file FROM body")}


def place_of(service: Service, uid: str) -> Path:
    config = service.config
    return Layout(config.partitions, config.store.defaultpartition).place(uid)


def files_below(directory: Path) -> set[str]:
    return {path.name for path in directory.rglob("*") if path.is_file()}
