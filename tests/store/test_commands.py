"""`webmail store …` as an administrator types it, beside a service that runs."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.imap.service import Service
from tests.imap.talk import Client, letter, literal
from tests.store.accounts import file_of, spoil
from webmail.cli import main
from webmail.commands.transfer import Bar
from webmail.config.configutil import main as configutil
from webmail.store import opening
from webmail.store.account import Account, Store
from webmail.store.layout import DATABASE, Layout
from webmail.store.shares import Shares


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def store_command(service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """`store_command("list")`: runs `webmail store list` with the configuration of the service."""
    file = tmp_path / "webmail.conf"
    for name in ("local.datadir", "store.partition.second.path"):
        value = str(service.directory / "second") if "second" in name else service.settings[name]
        assert configutil(["-f", str(file), "-o", name, "-v", value]) == 0

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        status = main(["-f", str(file), "store", *map(str, arguments)])
        told = capsys.readouterr()
        return Said(status, told.out, told.err)

    return run


@pytest.fixture
def alice(service: Service) -> Iterator[Client]:
    with service.signed_in(service.newcomer("alice")) as client:
        yield client


@pytest.fixture
def account(service: Service, alice: Client) -> Iterator[Account]:
    """Alice’s account past the service; it is made when she first comes in."""
    places = opening.layout(service.config)
    with closing(Store(places)) as store:
        yield Account(alice.uid, places.place(alice.uid), store)


def test_check_finds_nothing_wrong_while_everybody_works(alice: Client, store_command: Command) -> None:
    alice.fills("INBOX", letter(), letter("Supper"))
    assert store_command("check") == Said(0, "", "")
    assert store_command("check", "--bodies", alice.uid) == Said(0, "", "")


def test_repair_makes_good_what_check_tells(alice: Client, account: Account, store_command: Command) -> None:
    alice.fills("INBOX", letter())
    spoil(account, "UPDATE account SET messages = 9")
    told = f"{alice.uid}: the account is counted as 9 messages, "
    checked = store_command("check", alice.uid)
    assert (checked.status, checked.out.startswith(told)) == (1, True)
    repaired = store_command("repair", "--bodies", "--index", alice.uid)
    assert (repaired.status, repaired.err) == (0, "")
    assert f"{alice.uid}: put right: the account is counted as" in repaired.out
    assert store_command("check", alice.uid) == Said(0, "", "")


def test_a_lost_message_is_told_to_who_has_the_mailbox_open(
    alice: Client, account: Account, store_command: Command
) -> None:
    alice.fills("INBOX", letter(), letter("Supper"))
    alice.ok("SELECT INBOX")
    file_of(account, 1).unlink()
    assert (
        f"{alice.uid}: LOST: INBOX: message 1 (carol: 'tea') had no body"
        in store_command("repair", alice.uid).out
    )
    assert alice.ok("NOOP").like("* 1 EXPUNGE", "* 1 RECENT")


def test_an_account_without_its_database_gets_its_messages_back(
    service: Service, store_command: Command, tmp_path: Path
) -> None:
    uid = service.newcomer()
    (tmp_path / "file").write_bytes(b"From a Thu Nov  5 12:00:00 2026\nSubject: a\n\na\n\n" * 2)
    store_command("import", uid, tmp_path / "file", "--format", "mbox")
    place = opening.layout(service.config).place(uid)
    (place / DATABASE).unlink()
    assert f"{uid}: has messages and no database in {place}" in store_command("check").out
    assert f"but there is {place}: webmail store repair {uid}" in store_command("quota", uid).err
    repaired = store_command("repair", uid)
    assert repaired.status == 0
    assert repaired.out.startswith(f"{uid}: made a new database")
    assert store_command("check", uid) == Said(0, "", "")
    with service.signed_in(uid) as person:
        assert person.number("Recovered", "MESSAGES") == 2


def test_shares_that_the_index_does_not_know_are_told_and_noted(
    alice: Client, account: Account, store_command: Command
) -> None:
    alice.ok("SETACL INBOX bob lr")
    assert store_command("check", alice.uid) == Said(0, "", "")
    spoil(account, "UPDATE acl SET identifier = 'carol'")
    assert "the index of shared mailboxes" in store_command("check", alice.uid).out
    assert store_command("repair", alice.uid).status == 0
    assert store_command("check", alice.uid) == Said(0, "", "")


def test_one_damaged_account_keeps_nobody_from_hearing_of_the_others(
    service: Service, store_command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    store_command("import", "broken", tmp_path / "file", "--format", "mbox")
    database = opening.layout(service.config).place("broken") / DATABASE
    database.write_bytes(b"no database" * 1000)
    asyncio.run(_give_rights(service, "ghost"))
    checked = store_command("check")
    assert checked.status == 1
    assert checked.out.startswith("broken: the database cannot be read: ")
    assert checked.out.endswith("\nghost: has no account, but shares\n")
    assert store_command("repair").status == 1
    listed = store_command("list")
    assert (listed.status, listed.err.startswith("webmail: broken: ")) == (1, True)
    assert len(listed.out.splitlines()) > 1
    assert store_command("delete", "broken", "--yes").status == 1
    database.unlink()
    assert store_command("repair", "broken").out == "broken: made a new database\n"
    assert store_command("delete", "broken", "--yes").status == 0
    assert store_command("check") == Said(0, "", "")


async def _give_rights(service: Service, owner: str) -> None:
    shares = Shares(opening.shares_file(service.config))
    await shares.record(owner, {"bob"})
    await shares.close()


def test_what_is_imported_is_told_to_who_is_idle(
    alice: Client, store_command: Command, tmp_path: Path
) -> None:
    alice.ok("SELECT INBOX")
    tag = alice.begins("IDLE")
    assert alice.hears().startswith("+")
    (tmp_path / "file").write_bytes(b"From a Thu Nov  5 12:00:00 2026\nSubject: a\n\na\n\n")
    assert store_command("import", alice.uid, tmp_path / "file", "--format", "mbox") == Said(
        0, "INBOX: 1 messages imported\n", ""
    )
    assert alice.hears(2).endswith("1 EXISTS")
    alice.says("DONE")
    alice.ends(tag)
    again = store_command("import", alice.uid, tmp_path / "file", "--format", "mbox")
    assert again.out == "INBOX: 0 messages imported, 1 were there already\n"


@pytest.mark.parametrize("how", ["maildir", "mbox"])
def test_a_mailbox_goes_from_one_person_to_another(
    service: Service, alice: Client, store_command: Command, tmp_path: Path, how: str
) -> None:
    alice.fills("Archive", letter(), letter("Supper"), flags="\\Seen $Work")
    written = store_command("export", alice.uid, tmp_path / "out", "--format", how)
    assert written == Said(0, "2 messages written\n", "")
    assert store_command("export", alice.uid, tmp_path / "out", "--format", how).status == 1
    bob = service.newcomer("bob")
    assert store_command("import", bob, tmp_path / "out", "--format", how).status == 0
    fetch = "UID FETCH 1:* (FLAGS INTERNALDATE BODY[])"
    with service.signed_in(bob) as client:
        client.ok("EXAMINE Archive")
        alice.ok("EXAMINE Archive")
        client.ok("NOOP")
        theirs, ours = client.ok(fetch), alice.ok(fetch)
        without = [line.replace("\\Recent ", "").replace(" \\Recent", "") for line in theirs]
        assert [line.split("INTERNALDATE")[0] for line in without] == [
            line.replace("\\Recent ", "").replace(" \\Recent", "").split("INTERNALDATE")[0] for line in ours
        ]
        assert [line.split("BODY")[1] for line in theirs] == [line.split("BODY")[1] for line in ours]


def test_old_messages_expire_and_others_are_told(
    alice: Client, account: Account, store_command: Command
) -> None:
    alice.fills("Trash", letter(), letter("Supper"), letter("Tea"))
    spoil(account, "UPDATE message SET saved = saved - 864000 WHERE uid < 3")
    spoil(account, "UPDATE message SET flags = 8 WHERE uid = 1")
    spoil(account, "UPDATE mailbox SET unseen = 2 WHERE name = 'Trash'")
    alice.ok("SELECT Trash")
    old = ["expire", alice.uid, "--mailbox", "Trash", "--days", "7"]
    assert store_command(*old, "--dry-run").out == f"{alice.uid}: Trash: 2 messages would go\n"
    assert store_command(*old, "--seen").out == f"{alice.uid}: Trash: 1 messages removed\n"
    assert alice.ok("NOOP").like("* 1 EXPUNGE", "* 2 RECENT")
    alice.ok('SETMETADATA Trash (/shared/vendor/webmail/expire "7")')
    assert store_command("expire").out == f"{alice.uid}: Trash: 1 messages removed\n"
    assert alice.ok("NOOP").like("* 1 EXPUNGE", "* 1 RECENT")
    alice.ok('SETMETADATA Trash (/shared/vendor/webmail/expire "soon")')
    assert "is no number of days" in store_command("expire", alice.uid).err
    alice.ok(f'SETMETADATA INBOX (/shared/vendor/webmail/expire "{"9" * 1000}")')
    alice.ok('SETMETADATA Junk (/shared/vendor/webmail/expire "7")')
    said = store_command("expire", alice.uid)
    assert (said.status, said.out) == (1, f"{alice.uid}: Junk: 0 messages removed\n")
    assert store_command("check", alice.uid) == Said(0, "", "")


def test_limits_are_told_and_set(alice: Client, store_command: Command) -> None:
    alice.fills("INBOX", letter())
    size = len(letter())
    assert store_command("quota", alice.uid).out == f"bytes\t{size}\tof none\nmessages\t1\tof none\n"
    store_command("quota", alice.uid, "--bytes", "2G", "--messages", "1")
    assert store_command("quota", alice.uid, "--bytes", "1M").out.endswith("of 1048576\nmessages\t1\tof 1\n")
    alice.no(b"APPEND INBOX %b" % literal(letter()), "OVERQUOTA")
    assert store_command("quota", alice.uid, "--messages", "default").out.endswith("of none\n")
    assert store_command("quota", alice.uid, "--messages", "many").status == 1
    assert f"{alice.uid}\t1\t{size}\t1048576\tnone\tprimary\n" in store_command("list").out


def test_an_account_in_use_is_neither_moved_nor_deleted(alice: Client, store_command: Command) -> None:
    alice.fills("INBOX", letter())
    for command in (["delete", alice.uid, "--yes"], ["move", alice.uid, "second"]):
        said = store_command(*command)
        assert (said.status, "in use" in said.err) == (1, True)
    assert alice.number("INBOX", "MESSAGES") == 1


def test_a_deleted_account_is_gone_after_it_was_asked_for(store_command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store_command("import", "nobody", tmp_path / "file", "--format", "mbox")
    assert "nobody\t0\t0\t" in store_command("list").out
    assert store_command("delete", "nobody").status == 1
    assert store_command("move", "nobody", "second").out.startswith("nobody: now in ")
    assert store_command("delete", "nobody", "--yes") == Said(0, "nobody: removed\n", "")
    assert "nobody" not in store_command("list").out
    assert store_command("quota", "nobody").status == 1


def test_a_backup_of_everybody_can_be_put_back(
    service: Service, alice: Client, store_command: Command, tmp_path: Path
) -> None:
    alice.fills("INBOX", letter(), letter("Supper"))
    assert f"{alice.uid}: 2 messages, 2 of them new" in store_command("backup", tmp_path / "copy").out
    assert (
        f"{alice.uid}: 2 messages, 0 of them new" in store_command("backup", tmp_path / "copy", alice.uid).out
    )
    restored = Store(Layout({"primary": tmp_path / "copy"}, "primary"))
    assert file_of(restored.opened(alice.uid), 2).read_bytes() == letter("Supper")
    restored.close()


def test_mailboxes_of_a_backup_that_was_put_back_are_new_to_mail_programs(
    service: Service, store_command: Command, tmp_path: Path
) -> None:
    """Uids that clients knew as other messages were given again, under the same UIDVALIDITY."""
    uid = service.newcomer()
    with service.signed_in(uid) as client:
        client.fills("INBOX", letter())
        before = {name: client.number(name, "UIDVALIDITY") for name in ("INBOX", "Sent")}
    assert f"{uid}: gave 6 mailboxes a new UIDVALIDITY" in store_command("repair", "--restored", uid).out
    assert store_command("check", uid) == Said(0, "", "")
    with service.signed_in(uid) as client:
        after = {name: client.number(name, "UIDVALIDITY") for name in ("INBOX", "Sent")}
        assert min(after.values()) > max(before.values())
        assert client.number("INBOX", "MESSAGES") == 1


def test_people_of_the_default_domain_are_the_same_with_and_without_it(
    service: Service, store_command: Command, tmp_path: Path
) -> None:
    """An import to alice@example.test made an account that nobody could sign in to."""
    uid = service.newcomer()
    assert (
        configutil(["-f", str(tmp_path / "webmail.conf"), "-o", "service.defaultdomain", "-v", "a.test"]) == 0
    )
    (tmp_path / "file").write_bytes(b"From a Thu Nov  5 12:00:00 2026\nSubject: a\n\na\n\n")
    assert store_command("import", f"{uid.upper()}@A.test", tmp_path / "file", "--format", "mbox").status == 0
    assert store_command("quota", uid).out.splitlines()[1] == "messages\t1\tof none"
    assert store_command("check", f"{uid}@a.test") == Said(0, "", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_who_is_not_the_owner_changes_nothing(service: Service, store_command: Command) -> None:
    data = Path(service.settings["local.datadir"])
    shutil.chown(data, 12345)
    try:
        assert "belongs to 12345: run this as 12345" in store_command("list").err
    finally:
        shutil.chown(data, os.geteuid())


def test_a_bar_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Bar()(5, 10)
    assert not capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = Bar()
    bar(5, 10)
    bar(6, 10)  # too soon after the one before
    assert capsys.readouterr().err == f"\r[{'#' * 20}{' ' * 20}] 50 %"
    bar.clear()
    assert capsys.readouterr().err == "\r\x1b[K"
    bar(10, 10)
    assert capsys.readouterr().err.endswith("] 100 %\r\x1b[K")
