"""Names, the embedded directory, and the one that asks the backend."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import time
from pathlib import Path

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Run
from webmail.config import of
from webmail.directory import User
from webmail.directory.imap import ImapDirectory
from webmail.directory.local import (
    MAX_WAITING,
    LocalDirectory,
    add_user,
    delete_user,
    list_users,
    set_password,
)
from webmail.directory.names import BadName, Name, Rules, canonical
from webmail.directory.opening import opened
from webmail.directory.remembered import Remembered
from webmail.errors import AlreadyExists, AuthFailed, BadRequest, Busy, NotFound, Unavailable

RULES = Rules("@+", "example.test")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("anyone@other.test", Name("anyone", "other.test")),
        ("alice", Name("alice")),
        ("Alice", Name("alice")),
        (" alice ", Name("alice")),
        ("alice@example.test", Name("alice")),
        ("alice@EXAMPLE.test", Name("alice")),
        ("alice+example.test", Name("alice")),
        ("alice@other.test", Name("alice", "other.test")),
        ("alice+other.test", Name("alice", "other.test")),
        ("a.b-c_d=e~f@other.test", Name("a.b-c_d=e~f", "other.test")),
        ("+4912345@other.test", Name("+4912345", "other.test")),
        ("ÄGIR@bücher.example", Name("ägir", "bücher.example")),
        ("ａｌｉｃｅ", Name("alice")),
    ],
)
def test_one_spelling(typed: str, name: Name) -> None:
    assert canonical(typed, RULES) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "@example.test",
        "alice@",
        "alice*admin",
        "alice%n",
        "a/b",
        "../alice",
        ".alice",
        "a..b",
        "-alice",
        "al ice",
        "alice\r\nbob",
        "alice\0",
        'a"b',
        "a'b",
        "a\\b",
        "a:b",
        "(alice)",
        "alice@exa mple",
        "alice@-x.test",
        "alice@x..test",
        "alice@.test",
        "x" * 256,
        "a@b@c*d",
        "\ud800",
        "al\u200bice",
        "alice\u202e",
        "anyone",
        "Anonymous@example.test",
    ],
)
def test_no_such_name(typed: str) -> None:
    with pytest.raises(BadName):
        canonical(typed, RULES)


def test_separator_that_is_not_one_here() -> None:
    with pytest.raises(BadName):
        canonical("alice@example.test", Rules("+", ""))


@given(st.text())
def test_any_text_is_a_clean_name_or_none(typed: str) -> None:
    try:
        name = canonical(typed, RULES)
    except BadName:
        return
    assert canonical(name.uid, RULES) == name
    assert not set(name.uid) & set("*%/\\\"' \r\n\0:;()<>")


def test_users_live_in_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "pässword", RULES, name="Alice")
    add_user(
        path,
        "bob@other.test",
        "b",
        RULES,
        mailhost="Store2.example.com",
        address="robert@other.test",
        backend_login="bob.other",
    )

    async def talk() -> None:
        directory = LocalDirectory(path, RULES, defaulthost="store1", maildomain="ignored.test")
        alice = User("alice", "alice", "store1", "alice@example.test", "Alice")
        for typed in ("alice", "ALICE@example.test", "alice+example.test"):
            assert await directory.verify(typed, "pässword") == alice
        assert await directory.verify("alice", "pa\u0308ssword") == alice
        bob = User("bob@other.test", "bob.other", "store2.example.com", "robert@other.test")
        assert await directory.verify("bob+other.test", "b") == bob
        for login, password in (
            ("alice", ""),
            ("alice", "password"),
            ("bob", "b"),
            ("alice@other.test", "pässword"),
            ("nobody", "pässword"),
            ("*", "pässword"),
            ("alice", "x" * 1_000_000),
        ):
            with pytest.raises(AuthFailed):
                await directory.verify(login, password)
        await directory.close()

    run(talk())


def test_changes_count_at_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "old", RULES)

    async def talk() -> None:
        directory = LocalDirectory(path, RULES)
        await directory.verify("alice", "old")
        set_password(path, "alice@example.test", "new", RULES)
        with pytest.raises(AuthFailed):
            await directory.verify("alice", "old")
        await directory.verify("alice", "new")
        delete_user(path, "alice", RULES)
        with pytest.raises(AuthFailed):
            await directory.verify("alice", "new")
        await directory.close()

    run(talk())


def test_what_the_command_line_tells(tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "bob", "b", RULES)
    add_user(path, "alice", "a", RULES, mailhost="store2")
    assert list_users(path) == (User("alice", "", "store2", ""), User("bob", "", "", ""))
    with pytest.raises(AlreadyExists):
        add_user(path, "Bob@example.test", "c", RULES)
    with pytest.raises(NotFound):
        set_password(path, "carol", "c", RULES)
    with pytest.raises(NotFound):
        delete_user(path, "carol", RULES)
    for login, password in (("b*b", "x"), ("carol", ""), ("carol", "a\0b"), ("carol", "x" * 1025)):
        with pytest.raises(BadRequest):
            add_user(path, login, password, RULES)
    assert len(list_users(path)) == 2


def test_passwords_are_hashed(tmp_path: Path) -> None:
    add_user(tmp_path / "users.sqlite", "alice", "open sesame", RULES)
    assert b"sesame" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    connection = sqlite3.connect(tmp_path / "users.sqlite")
    ((hashed,),) = connection.execute("SELECT hash FROM users").fetchall()
    connection.close()
    assert hashed.startswith("$argon2id$")


def test_old_hash_is_renewed_at_sign_in(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "a", RULES)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=64).hash("a")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE users SET hash = ?", (weak,))
    connection.commit()

    async def talk() -> None:
        directory = LocalDirectory(path, RULES)
        await directory.verify("alice", "a")
        await directory.verify("alice", "a")
        await directory.close()

    run(talk())
    ((renewed,),) = connection.execute("SELECT hash FROM users").fetchall()
    connection.close()
    assert renewed != weak
    assert not argon2.PasswordHasher().check_needs_rehash(renewed)


def test_unknown_name_takes_as_long_as_a_wrong_password(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "a", RULES)

    async def talk() -> tuple[float, ...]:
        directory = LocalDirectory(path, RULES)
        medians = []
        for login in ("alice", "nobody", "*"):
            times = []
            for _ in range(7):
                before = time.perf_counter()
                with pytest.raises(AuthFailed):
                    await directory.verify(login, "wrong")
                times.append(time.perf_counter() - before)
            medians.append(statistics.median(times))
        await directory.close()
        return tuple(medians)

    known, unknown, impossible = run(talk())
    assert unknown > known / 2
    assert impossible > known / 2


def test_a_name_is_found_without_a_password(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "a", RULES, name="Alice")

    async def talk() -> None:
        directory = LocalDirectory(path, RULES, defaulthost="store1")
        alice = await directory.verify("alice", "a")
        assert await directory.find("ALICE+example.test") == alice
        assert [await directory.find(login) for login in ("bob", "", "b*b", "x" * 300)] == [None] * 4
        await directory.close()

    run(talk())


def test_a_remembered_sign_in_takes_a_moment(run: Run, tmp_path: Path) -> None:
    """Under a millisecond, where hashing takes a hundred; a wrong password is hashed each time."""
    path = tmp_path / "users.sqlite"
    add_user(path, "alice", "right", RULES)

    async def talk() -> None:
        directory = LocalDirectory(path, RULES, remembered=Remembered(10, 900))

        async def timed(password: str) -> float:
            began = time.perf_counter()
            with contextlib.suppress(AuthFailed):
                assert (await directory.verify("Alice", password)).uid == "alice"
            return time.perf_counter() - began

        first = await timed("right")
        again = statistics.median([await timed("right") for _ in range(50)])
        wrong = statistics.median([await timed("wrong") for _ in range(3)])
        assert again < 0.001
        assert min(first, wrong) > 10 * again
        assert await timed("right") < first / 10
        await directory.close()

    run(talk())


def test_a_changed_password_is_not_remembered(run: Run, tmp_path: Path) -> None:
    """Not the old one, not that of somebody deleted, nor one that somebody else has."""
    path = tmp_path / "users.sqlite"
    for uid in ("alice", "bob"):
        add_user(path, uid, "old", RULES)

    async def talk() -> None:
        directory = LocalDirectory(path, RULES, remembered=Remembered(10, 900))
        for login in ("alice", "alice", "bob"):
            await directory.verify(login, "old")
        set_password(path, "alice", "new", RULES)
        for login, password in (("alice", "old"), ("bob", "new")):
            with pytest.raises(AuthFailed):
                await directory.verify(login, password)
        await directory.verify("alice", "new")
        delete_user(path, "alice", RULES)
        with pytest.raises(AuthFailed):
            await directory.verify("alice", "new")
        await directory.close()

    run(talk())


def test_what_is_remembered_is_bounded_and_ends() -> None:
    now = [0.0]
    remembered = Remembered(2, 900, lambda: now[0])
    for uid in ("a", "b"):
        remembered.note(uid, "hash", b"secret")
    assert remembered.knows("a", "hash", b"secret")
    remembered.note("c", "hash", b"secret")
    known = [remembered.knows(uid, "hash", b"secret") for uid in "abc"]
    assert known == [True, False, True]
    for uid, stored, password in (
        ("a", "hash", b"Secret"),
        ("a", "hush", b"secret"),
        ("ah", "ash", b"secret"),
    ):
        assert not remembered.knows(uid, stored, password)
    now[0] = 900.0
    assert not remembered.knows("a", "hash", b"secret")
    assert b"secret" not in repr(vars(remembered)).encode()
    nothing = Remembered(0, 900)
    nothing.note("a", "hash", b"secret")
    assert not nothing.knows("a", "hash", b"secret")


def test_the_directory_that_is_configured(run: Run, tmp_path: Path) -> None:
    async def attempt(host: str, login: str, password: str) -> bool:
        return (host, login, password) == ("store1", "alice@example.test", "right")

    async def talk() -> None:
        common = {
            "local.datadir": str(tmp_path),
            "service.defaultdomain": "example.test",
            "service.loginseparator": "@+",
            "local.service.proxy.defaulthost": "store1",
        }
        asking = opened(of(common | {"local.directory.type": "imap"}), attempt)
        assert (await asking.verify("alice", "right")).login == "alice@example.test"
        add_user(tmp_path / "users.sqlite", "alice", "right", RULES)
        local = opened(of(common), attempt)
        assert await local.verify("alice+example.test", "right") == User(
            "alice", "alice", "store1", "alice@example.test"
        )
        for directory in (asking, local):
            await directory.close()

    run(talk())


def test_a_crowd_of_guesses_is_told_to_come_back_and_does_not_pile_up(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    add_user(path, "ann", "right", RULES)

    async def crowd() -> None:
        directory = LocalDirectory(path, RULES)
        guesses = [directory.verify("ann", f"guess {number}") for number in range(MAX_WAITING + 20)]
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(answer, Busy) for answer in answers) == 20
        assert sum(isinstance(answer, AuthFailed) for answer in answers) == MAX_WAITING
        assert (await directory.verify("ann", "right")).uid == "ann"
        await directory.close()

    run(crowd())


def test_backend_is_asked(run: Run) -> None:
    asked: list[tuple[str, str, str]] = []

    async def attempt(host: str, login: str, password: str) -> bool:
        asked.append((host, login, password))
        return password == "right"

    async def talk() -> None:
        directory = ImapDirectory(attempt, RULES, host="store1", maildomain="ignored.test")
        alice = User("alice", "alice@example.test", "store1", "alice@example.test")
        assert await directory.verify("Alice", "right") == alice
        assert await directory.verify("alice+example.test", "right") == alice
        assert (await directory.verify("bob@other.test", "right")).uid == "bob@other.test"
        for login, password in (("alice", "wrong"), ("al*ce", "right"), ("alice", ""), ("alice", "a\0b")):
            with pytest.raises(AuthFailed):
                await directory.verify(login, password)
        assert len(asked) == 4
        bare = ImapDirectory(attempt, Rules("@", ""), host="store1", maildomain="host.test")
        assert await bare.verify("alice", "right") == User("alice", "alice", "store1", "alice@host.test")
        with pytest.raises(Unavailable):
            await ImapDirectory(attempt, RULES, host="").verify("alice", "right")

    run(talk())


def test_name_of_marks_without_end_holds_up_nobody() -> None:
    began = time.monotonic()
    with pytest.raises(BadName):
        canonical("a" + "\u0315\u0300" * 100_000, RULES)
    assert time.monotonic() - began < 0.1
