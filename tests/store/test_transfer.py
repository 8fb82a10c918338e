"""Maildir and mbox: what goes out comes back byte for byte, with flags and dates; and theirs come in."""

from __future__ import annotations

import mailbox as formats
import stat
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.accounts import NOON, contents, file_of, letter, mailbox, put, read, store_in, uids
from webmail.errors import AlreadyExists, BadRequest, NotFound
from webmail.notify import Event, Hint
from webmail.store import endings, mailboxes, maildir, mbox, quota
from webmail.store.account import Account, Store
from webmail.store.check import faults
from webmail.store.exporting import Message, Report, _write_message, to_maildir, to_mbox
from webmail.store.importing import Count, _kept, from_maildir, from_mbox
from webmail.store.transaction import Limits

LETTERS = (
    letter(),
    letter("From lines", "From here\r\n>From there\r\n>>From everywhere\r\nand From within\r\n"),
    letter("No end", "last line")[:-2],
    letter("Bare", "a\nb\r\nc\r\r\nd\re"),
    letter("Blank", "\r\n\r\n\r\n"),
    letter("Eight bit", "\xe9\x00 \u2026"),
    b"no header at all\r\n",
    b"\r\nnor here\r\n",
    b"From nobody Thu Nov  5 12:00:00 2026\r\n\r\nlooks like a line of the format\r\n",
    letter("Big", "0123456789abcdef" * 40_000),
)


def _nothing(_done: int, _whole: int) -> None: ...


@pytest.fixture
def full(alice: Account) -> Account:
    for number, octets in enumerate(LETTERS):
        put(alice, octets, marks=["\\Seen", "$Work"] if number % 2 else ["\\Flagged"], when=NOON + number)
    put(
        alice,
        letter("Below"),
        into="Köln/Früh.stück/&c",
        marks=["$Forwarded", "\\Answered", "\\Draft", "\\Deleted"],
    )
    return alice


@pytest.fixture
def bob(store: Store) -> Account:
    return store.opened("bob")


def _all(account: Account) -> dict[str, list[tuple[bytes, tuple[str, ...], int]]]:
    return {each.name: contents(account, each.name) for each in read(account, mailboxes.all_of)}


@pytest.mark.parametrize("crlf", [False, True])
def test_a_maildir_brings_back_everything(full: Account, bob: Account, tmp_path: Path, crlf: bool) -> None:
    assert to_maildir(full, tmp_path / "out", "", _nothing, crlf=crlf) == Report(len(LETTERS) + 1)
    assert (tmp_path / "out" / ".K&APY-ln.Fr&APw-h&AC4-st&APw-ck.&-c" / "cur").is_dir()
    (tmp_path / "out" / ".Empty" / "cur").mkdir(parents=True)
    counts = list(from_maildir(bob, tmp_path / "out", "", _nothing, crlf=crlf))
    assert mailbox(bob, "Empty").messages == 0
    assert Count("INBOX", len(LETTERS)) in counts
    assert Count("Köln/Früh.stück/&c", 1) in counts
    assert _all(bob).items() >= _all(full).items()
    assert "Köln/Früh.stück/&c" in read(bob, mailboxes.subscriptions)
    assert not list(faults(bob, parse_again=True))


@pytest.mark.parametrize("crlf", [False, True])
def test_an_mbox_brings_back_everything(full: Account, bob: Account, tmp_path: Path, crlf: bool) -> None:
    report = to_mbox(full, tmp_path / "out", "", _nothing, crlf=crlf, status=True)
    assert report == Report(len(LETTERS) + 1)
    assert (tmp_path / "out" / "Köln%2FFrüh.stück%2F&c.mbox").exists()
    list(from_mbox(bob, tmp_path / "out", "", _nothing, crlf=crlf))
    assert _all(bob).items() >= _all(full).items()
    assert not list(faults(bob, parse_again=True))


def test_one_mailbox_is_one_file_or_one_maildir(full: Account, bob: Account, tmp_path: Path) -> None:
    to_mbox(full, tmp_path / "file", "INBOX", _nothing)
    to_maildir(full, tmp_path / "dir", "INBOX", _nothing)
    assert list(from_mbox(bob, tmp_path / "file", "A", _nothing)) == [Count("A", len(LETTERS))]
    assert list(from_maildir(bob, tmp_path / "dir", "B/C", _nothing)) == [Count("B/C", len(LETTERS))]
    assert contents(bob, "B/C") == contents(full)
    assert [(octets, when) for octets, _, when in contents(bob, "A")] == [
        (octets, when) for octets, _, when in contents(full)
    ]
    assert mailbox(bob, "B").messages == 0


def test_files_have_lf_unless_asked_otherwise(full: Account, tmp_path: Path) -> None:
    to_mbox(full, tmp_path / "lf", "Köln/Früh.stück/&c", _nothing)
    to_mbox(full, tmp_path / "crlf", "Köln/Früh.stück/&c", _nothing, crlf=True)
    lf, crlf = (tmp_path / "lf").read_bytes(), (tmp_path / "crlf").read_bytes()
    assert b"\r" not in lf
    assert lf.replace(b"\n", b"\r\n") == crlf


def test_other_programs_read_what_is_written(full: Account, tmp_path: Path) -> None:
    to_maildir(full, tmp_path / "dir", "", _nothing)
    to_mbox(full, tmp_path / "file", "INBOX", _nothing)
    with closing(formats.Maildir(tmp_path / "dir", create=False)) as theirs:
        assert len(theirs) == len(LETTERS)
        assert {message.get_flags() for message in theirs} == {"F", "Sa"}
        below = theirs.get_folder(theirs.list_folders()[-1])
        assert [(message["subject"], message.get_flags()) for message in below] == [("Below", "DPRT")]
    with closing(formats.mbox(tmp_path / "file", create=False)) as theirs:
        assert len(theirs) == len(LETTERS)
        assert next(iter(theirs))["subject"] == "Lunch"


def test_what_other_programs_write_comes_in(bob: Account, tmp_path: Path) -> None:
    with closing(formats.mbox(tmp_path / "file")) as theirs:
        message = formats.mboxMessage(letter().replace(b"\r\n", b"\n"))
        message.set_from("bob@example.test", (2026, 11, 5, 12, 0, 0, 3, 309, 0))
        message.set_flags("RFA")
        message["X-Keywords"] = "$Work  Later"
        theirs.add(message)
        theirs.add(formats.mboxMessage(b"Subject: two\n\nFrom me\n"))
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 2)]
    first, second = contents(bob)
    assert first == (letter(), ("\\Answered", "\\Flagged", "\\Seen", "$Work", "Later"), 1793880000)
    assert second[0] == b"Subject: two\r\n\r\nFrom me\r\n"
    with closing(formats.Maildir(tmp_path / "dir")) as theirs:
        read = formats.MaildirMessage(letter().replace(b"\r\n", b"\n"))
        read.set_flags("SR")
        read.set_date(NOON)
        theirs.add(read)
        theirs.add_folder("Work").add(formats.MaildirMessage(b"Subject: two\n\nhello\n"))
    assert list(from_maildir(bob, tmp_path / "dir", "", _nothing)) == [Count("INBOX", 1), Count("Work", 1)]
    assert contents(bob)[2] == (letter(), ("\\Answered", "\\Seen"), NOON)


def test_a_second_run_imports_nothing_twice(full: Account, bob: Account, tmp_path: Path) -> None:
    put(full, LETTERS[0], when=NOON)  # twice there, so twice here
    to_mbox(full, tmp_path / "file", "INBOX", _nothing)
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", len(LETTERS) + 1)]
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 0, len(LETTERS) + 1)]
    assert len(uids(bob)) == len(LETTERS) + 1


def test_an_interrupted_import_leaves_whole_batches_and_goes_on_behind_them(
    bob: Account, tmp_path: Path
) -> None:
    with closing(formats.mbox(tmp_path / "file")) as theirs:
        for number in range(250):
            theirs.add(letter(number=number).replace(b"\r\n", b"\n"))

    def interrupted(done: int, whole: int) -> None:
        if done > 0.9 * whole:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(from_mbox(bob, tmp_path / "file", "", interrupted))
    assert len(uids(bob)) == 200
    assert not list(faults(bob))
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 50, 200)]
    assert [octets for octets, _, _ in contents(bob)] == [letter(number=number) for number in range(250)]


def test_an_import_is_hinted_at_and_asks_no_quota(tmp_path: Path) -> None:
    told: list[Hint] = []
    with closing(store_in(tmp_path, told)) as store:
        store.limits = lambda: Limits(messages=1)
        bob = store.opened("bob")
        (tmp_path / "file").write_bytes(
            b"From a Thu Nov  5 12:00:00 2026\n\na\n\nFrom a Thu Nov  5 12:00:00 2026\n\nb\n\n"
        )
        assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 2)]
        assert read(bob, quota.usage).messages == 2
    assert (told[-1].event, told[-1].user, told[-1].mailbox) == (Event.UpdateMsg, "bob", "INBOX")


def test_what_keywords_do_not_fit_is_counted(bob: Account, tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    (tmp_path / "file").write_bytes(
        f"From a Thu Nov  5 12:00:00 2026\nX-Keywords: {words}\n (odd {'x' * 65}\nSubject: a\n\na\n\n".encode()
    )
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 1, keywords=4)]
    assert contents(bob)[0][0] == b"Subject: a\r\n\r\na\r\n"


def test_more_keywords_than_letters_are_told(full: Account, tmp_path: Path) -> None:
    put(full, letter(), into="Many", marks=[f"word{number}" for number in range(28)])
    report = to_maildir(full, tmp_path / "dir", "Many", _nothing)
    assert report.notes == ["Many: no letter is left for word26", "Many: no letter is left for word27"]


def test_what_is_not_there_or_in_the_way_is_told(full: Account, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello\n")
    (tmp_path / "empty").touch()
    with pytest.raises(BadRequest):
        list(from_mbox(full, tmp_path / "file", "", _nothing))
    with pytest.raises(BadRequest):
        list(from_mbox(full, tmp_path / "empty", "a//b", _nothing))
    assert list(from_mbox(full, tmp_path / "empty", "", _nothing)) == [Count("INBOX")]
    with pytest.raises(NotFound):
        list(from_maildir(full, tmp_path, "INBOX", _nothing))
    with pytest.raises(AlreadyExists):
        to_mbox(full, tmp_path / "file", "INBOX", _nothing)
    with pytest.raises(AlreadyExists):
        to_maildir(full, tmp_path, "", _nothing)
    with pytest.raises(NotFound):
        to_maildir(full, tmp_path / "dir", "Nowhere", _nothing)


def test_a_message_that_lost_its_body_is_told_and_the_rest_is_written(full: Account, tmp_path: Path) -> None:
    file_of(full, 1).unlink()
    report = to_mbox(full, tmp_path / "file", "INBOX", _nothing)
    assert report == Report(len(LETTERS) - 1, ["INBOX: message 1 has lost its body"])


def test_the_pseudo_message_of_other_programs_stays_out(bob: Account, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(
        b"From MAILER-DAEMON Thu Nov  5 12:00:00 2026\nSubject: DON'T DELETE THIS MESSAGE\nX-IMAP: 17 3\n\nData\n\n"
        b"From a Thu Nov  5 12:00:00 2026 +0100\nX-UID: 3\nSubject: a\n\na\n\n"
    )
    assert list(from_mbox(bob, tmp_path / "file", "", _nothing)) == [Count("INBOX", 1)]
    assert contents(bob) == [(b"Subject: a\r\n\r\na\r\n", (), 1793880000 - 3600)]


@given(st.text("/.&-é \U0001f600aB%", min_size=1, max_size=20))
def test_names_of_directories_go_round(name: str) -> None:
    if all(name.split("/")) and name != "INBOX":
        assert maildir.name_of(maildir.directory_of(name)) == name
        assert not maildir.directory_of(name).count("/")


LINES = st.lists(
    st.sampled_from([b"From ", b">", b">From x", b"\r", b"\n", b"\r\n", b"a", b"Status: R", b" "])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.lists(LINES.map(b"".join).filter(bool), min_size=1, max_size=4), st.booleans())
def test_any_octets_go_round(tmp_path: Path, messages: list[bytes], crlf: bool) -> None:
    """As long as no field of theirs tells flags; with bare LF only if ends of lines are kept."""
    octets = b""
    for message in messages:
        if b"Status" in message or (not crlf and not endings.reversible(message)):
            return
        file = tmp_path / "part"
        with file.open("wb") as out:
            _write_message(out, Message(1, "", (), NOON, 0), message, crlf=crlf, status=False)
        octets += file.read_bytes()
    found = [_read(octets, each, crlf=crlf) for each in mbox.messages(octets)]
    assert found == messages


def _read(octets: bytes, found: mbox.Found, *, crlf: bool) -> bytes:
    text = b"".join(octets[first:last] for first, last in _kept(found.start, found.end, found.cuts))
    return text if crlf else endings.crlf(text)


def test_dates_of_files_are_those_of_messages(full: Account, tmp_path: Path) -> None:
    to_maildir(full, tmp_path / "dir", "INBOX", _nothing)
    times = sorted(int(file.stat().st_mtime) for file in (tmp_path / "dir" / "cur").iterdir())
    assert times == [NOON + number for number in range(len(LETTERS))]


def test_what_is_exported_is_for_our_own_eyes(full: Account, tmp_path: Path) -> None:
    """Mail in an mbox could be read by everybody on the host."""
    to_mbox(full, tmp_path / "inbox.mbox", "INBOX", _nothing)
    to_mbox(full, tmp_path / "all", "", _nothing)
    to_maildir(full, tmp_path / "maildir", "", _nothing)
    for path in (tmp_path / "inbox.mbox", tmp_path / "all", tmp_path / "maildir"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize("name", ["n" * 1000, "ä" * 400, "a/" + "b." * 400, "%" * 300])
def test_a_name_that_no_file_can_have_holds_no_export_up(
    alice: Account, bob: Account, tmp_path: Path, name: str
) -> None:
    """Whoever made one kept what came behind it from being exported."""
    put(alice, letter("Long"), into=name)
    put(alice, letter("Twin"), into=name[:-1] + "x")
    put(alice, letter("Last"), into="zz")
    to_maildir(alice, tmp_path / "maildir", "", _nothing)
    to_mbox(alice, tmp_path / "mbox", "", _nothing)
    list(from_maildir(bob, tmp_path / "maildir", "", _nothing))
    list(from_mbox(bob, tmp_path / "mbox", "", _nothing))
    kept = [each.name for each in read(bob, mailboxes.all_of) if each.messages]
    assert len(kept) == 2 + 1 + 2
    assert sum(mailbox(bob, each).messages for each in kept) == 2 + 1 + 2
