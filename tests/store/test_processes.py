"""Several processes and threads on one account."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

from tests.store.accounts import letter, put, uids
from webmail.store.account import Account, Store
from webmail.store.layout import DATABASE


def _elsewhere(account: Account, statement: str) -> str:
    """What another process reads, which opens the database and closes it again."""
    program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1])
        print(connection.execute(sys.argv[2]).fetchall())
        connection.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(account.place / DATABASE), statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_another_process_leaves_the_log_of_who_has_the_account_open(store: Store) -> None:
    """Opening an account once more took its locks away: all that was stored from then on was lost."""
    alice = store.opened("alice")
    put(alice, letter())
    assert store.opened("alice").place == alice.place
    assert _elsewhere(alice, "SELECT uid FROM message") == "[(1,)]"
    put(alice, letter())
    assert _elsewhere(alice, "SELECT uid FROM message") == "[(1,), (2,)]"


def test_an_account_that_many_open_for_the_first_time_is_made_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        accounts = list(threads.map(lambda _: store.opened("carol"), range(8)))
        list(threads.map(lambda account: put(account, letter()), accounts))
    assert uids(accounts[0]) == list(range(1, 9))
    assert sorted(path.name for path in accounts[0].place.iterdir() if path.is_dir()) == [
        "bodies",
        "incoming",
    ]
    assert not [path for path in accounts[0].place.iterdir() if path.name.startswith(".")]
