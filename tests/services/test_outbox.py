"""The outbox with a real disk and a real MTA, which is there, away, refuses, defers and stalls."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.services.mailbox import FileMailbox
from tests.services.mta import Mta
from webmail.directory import User
from webmail.errors import BadRequest, Busy, NotAllowed, NotFound, OverQuota, TooBig, Unavailable
from webmail.http.outbox import Entry, Origin, Outbox, State, Submission, ledger, transitions
from webmail.relay import Target

ALICE = User("alice", "alice", "store1", "alice@example.test", "Alice")
BCC = b"Bcc: secret@example.test\r\n"
LOG = logging.getLogger("test-outbox")


def _message(number: int = 1, body: bytes = b"Hello\r\n") -> list[bytes]:
    return [f"Message-ID: <{number}@example.test>\r\nSubject: {number}\r\n\r\n".encode(), body]


def _submission(number: int = 1, recipient: str = "bob@example.test") -> Submission:
    return Submission(
        user=ALICE,
        compose=f"{number:032x}",
        sender="alice@example.test",
        recipients=(recipient, "secret@example.test"),
        message_id=f"<{number}@example.test>",
        subject=str(number),
        bcc=BCC,
        origin=Origin("INBOX", 7, 11, "\\Answered"),
    )


@pytest.fixture
def mta() -> Iterator[Mta]:
    with Mta() as made:
        yield made


@pytest.fixture
def mailbox(tmp_path: Path) -> FileMailbox:
    return FileMailbox(tmp_path / "mailbox")


@asynccontextmanager
async def _outbox(tmp_path: Path, target: Target, mailbox: FileMailbox) -> AsyncIterator[Outbox]:
    """An outbox with its worker, as a process has it; stopped at the end."""
    outbox = Outbox(tmp_path / "outbox", target, mailbox, LOG)
    worker = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        worker.cancel()
        await asyncio.wait({worker})
        await outbox.close()


def _files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "outbox" / "messages").iterdir())


async def _until(outbox: Outbox, entry: Entry, state: State) -> Entry:
    while True:
        found = await outbox.settled(entry.id, 0)
        if found.state is state:
            return found
        await asyncio.sleep(0.01)


def test_message_is_sent_filed_and_its_original_marked(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            accepted = await outbox.accept(_submission(), _message())
            assert accepted.state is State.WAITING
            entry = await outbox.settled(accepted.id, 10)
            assert (entry.state, entry.filed, entry.words) == (State.DONE, True, "250 2.0.0 queued as 42")
            assert await outbox.entries("alice") == ()

    run(talk())
    (taken,) = mta.taken
    assert taken.content == b"".join(_message())
    assert taken.recipients == ["bob@example.test", "secret@example.test"]
    assert mailbox.contents("sent") == [BCC + b"".join(_message())]
    assert mailbox.marked == {"11\\Answered"}
    assert _files(tmp_path) == []


def test_handed_in_twice_is_sent_once(run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox) -> None:
    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entries = await asyncio.gather(*(outbox.accept(_submission(), _message()) for _ in range(5)))
            assert len({entry.id for entry in entries}) == 1
            done = await outbox.settled(entries[0].id, 10)
            late = await outbox.accept(_submission(), _message())
            assert (late.id, late.state) == (done.id, State.DONE)

    run(talk())
    assert len(mta.taken) == 1
    assert _files(tmp_path) == []


def test_mta_away_then_there(run: Run, tmp_path: Path, mailbox: FileMailbox) -> None:
    async def talk() -> None:
        with Mta() as away:
            port = away.port
        async with _outbox(tmp_path, Target("127.0.0.1", port), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            assert (entry.state, entry.tries) == (State.WAITING, 1)
            assert entry.words == "The mail server cannot be reached."
            assert 40 < entry.due - time.time() < 80
            with Mta(port=port) as there:
                await outbox.retry("alice", entry.id)
                await _until(outbox, entry, State.DONE)
                assert len(there.taken) == 1

    run(talk())
    assert len(mailbox.contents("sent")) == 1


def test_deferred_recipient_waits(run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox) -> None:
    mta.verdicts["bob@example.test"] = "451 4.2.1 mailbox busy"

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            assert entry.state is State.WAITING
            assert entry.words == "bob@example.test: 451 4.2.1 mailbox busy"
            assert not entry.unsure
            assert [one.id for one in await outbox.entries("alice")] == [entry.id]
            assert await outbox.entries("bob") == ()

    run(talk())
    assert mta.taken == []


def test_refused_goes_back_to_drafts_and_may_be_handed_in_again(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.verdicts["bbo@example.test"] = "550 5.1.1 no such person"

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            first = await outbox.accept(_submission(recipient="bbo@example.test"), _message())
            entry = await outbox.settled(first.id, 10)
            assert entry.state is State.RETURNED
            assert mailbox.words == entry.words == "bbo@example.test: 550 5.1.1 no such person"
            assert await outbox.find("alice", first.submission.compose) is None
            second = await outbox.accept(_submission(), _message())
            assert second.id != first.id
            await _until(outbox, second, State.DONE)

    run(talk())
    assert mailbox.contents("drafts") == [BCC + b"".join(_message())]
    assert len(mta.taken) == 1
    assert _files(tmp_path) == []


def test_sent_but_not_filed_is_told_and_filed_later(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mailbox.fails["sent"] = Unavailable("The backend is {how}.", how="away")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            assert (entry.state, entry.filed) == (State.SENT, False)
            assert entry.trouble is not None
            assert entry.trouble.said() == "The backend is away."
            said = entry.trouble.said({"The backend is {how}.": "Der Server ist {how}."}.__getitem__)
            assert said == "Der Server ist away."
            assert entry.is_sent
            mailbox.fails.clear()
            await outbox.retry("alice")
            await _until(outbox, entry, State.DONE)

    run(talk())
    assert len(mta.taken) == 1
    assert mailbox.ids("sent") == {"<1@example.test>": 1}


def test_original_that_is_gone_is_no_trouble(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    async def talk() -> None:
        gone = replace(_submission(), origin=Origin("INBOX", 7, 404, "\\Answered"))
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(gone, _message())).id, 10)
            assert (entry.state, entry.trouble) == (State.DONE, None)

    run(talk())


def test_taken_back_while_the_mta_dawdles(run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox) -> None:
    mta.stalls.add("rcpt")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.accept(_submission(), _message())
            await asyncio.to_thread(mta.wait_for, "rcpt")
            with pytest.raises(NotFound):
                await outbox.cancel("bob", entry.id)
            assert (await outbox.cancel("alice", entry.id)).state is State.FAILED
            mta.release()
            await _until(outbox, entry, State.RETURNED)

    run(talk())
    assert mta.taken == []
    assert len(mailbox.contents("drafts")) == 1
    assert _files(tmp_path) == []


def test_too_late_to_take_back_after_the_final_dot(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.stalls.add("data")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.accept(_submission(), _message())
            await asyncio.to_thread(mta.wait_for, "data")
            with pytest.raises(NotAllowed):
                await outbox.cancel("alice", entry.id)
            mta.release()
            await _until(outbox, entry, State.DONE)

    run(talk())
    assert len(mta.taken) == 1


def test_given_up_after_two_days(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transitions, "GIVE_UP", 0.0)
    mta.verdicts["mail"] = "451 4.3.0 later"

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            assert (entry.state, entry.words) == (State.RETURNED, "451 4.3.0 later")

    run(talk())
    assert len(mailbox.contents("drafts")) == 1


def test_tries_are_further_and_further_apart() -> None:
    now = time.time()
    entry = Entry("0" * 32, _submission(), 1, Path("x"), created=now)
    minutes = []
    for _ in range(9):
        entry = transitions.deferred(entry, "later", now, unsure=False)
        minutes.append((entry.due - now) / 60)
    for waited, planned in zip(minutes, (1, 2, 5, 10, 15, 30, 60, 60, 60), strict=True):
        assert planned * 0.79 < waited < planned * 1.21
    assert transitions.deferred(entry, "no", now + 2 * 86400, unsure=False).state is State.FAILED


def test_few_at_once(run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox) -> None:
    mta.stalls.add("rcpt")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entries = [await outbox.accept(_submission(n), _message(n)) for n in range(20)]
            await asyncio.to_thread(mta.wait_for, "rcpt", 8)
            await asyncio.sleep(0.2)
            assert mta.seen["rcpt"] == 8
            mta.release()
            for entry in entries:
                await _until(outbox, entry, State.DONE)

    run(talk())
    assert mailbox.ids("sent") == {f"<{n}@example.test>": 1 for n in range(20)}
    assert len(mta.taken) == 20


def test_several_workers_send_each_message_once(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webmail.http.outbox.worker.POLL", 0.02)

    async def talk() -> None:
        one, two, three = (_outbox(tmp_path, mta.target(), mailbox) for _ in range(3))
        async with one as first, two, three as third:
            entries = [await first.accept(_submission(n), _message(n)) for n in range(30)]
            for entry in entries:
                assert (await third.settled(entry.id, 20)).state is State.DONE

    run(talk())
    assert len(mta.taken) == 30
    assert mailbox.ids("sent") == {f"<{n}@example.test>": 1 for n in range(30)}
    assert _files(tmp_path) == []


def test_sent_by_one_process_and_filed_by_another_that_can(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is signed in at one process only was told "sent, but not filed" when another took the message."""
    monkeypatch.setattr("webmail.http.outbox.worker.POLL", 0.05)
    monkeypatch.setattr("webmail.http.outbox.worker.PAGE", 2)
    mta.verdicts["bbo@example.test"] = "550 5.1.1 no such person"
    elsewhere = FileMailbox(tmp_path / "mailbox", opens=False)

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), elsewhere) as relaying:
            entries = [await relaying.accept(_submission(n), _message(n)) for n in range(10)]
            bad = await relaying.accept(_submission(10, "bbo@example.test"), _message(10))
            for entry in entries:
                left = await _until(relaying, entry, State.SENT)
                assert (left.tries, left.trouble) == (0, None)
            await _until(relaying, bad, State.FAILED)
            async with _outbox(tmp_path, mta.target(), mailbox) as filing:
                for entry in entries:
                    assert (await _until(filing, entry, State.DONE)).filed
                await _until(filing, bad, State.RETURNED)

    run(talk())
    assert len(mta.taken) == 10
    assert mailbox.ids("sent") == {f"<{n}@example.test>": 1 for n in range(10)}
    assert mailbox.ids("drafts") == {"<10@example.test>": 1}
    assert _files(tmp_path) == []


def test_two_processes_of_which_one_can_file(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webmail.http.outbox.worker.POLL", 0.02)
    elsewhere = FileMailbox(tmp_path / "mailbox", opens=False)

    async def talk() -> None:
        one, two = (_outbox(tmp_path, mta.target(), it) for it in (elsewhere, mailbox))
        async with one as first, two as second:
            entries = [await (first, second)[n % 2].accept(_submission(n), _message(n)) for n in range(30)]
            for entry in entries:
                done = await _until(first, entry, State.DONE)
                assert (done.filed, done.trouble) == (True, None)

    run(talk())
    assert len(mta.taken) == 30
    assert mailbox.ids("sent") == {f"<{n}@example.test>": 1 for n in range(30)}


def test_what_nobody_can_file_waits_without_a_try_and_hinders_nothing(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webmail.http.outbox.worker.PAGE", 2)
    mailbox.opens = False
    looks = 0
    real = ledger.Ledger.due

    async def counted(*args: Any) -> list[ledger.Due]:
        nonlocal looks
        looks += 1
        return await real(*args)

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            first = [await outbox.accept(_submission(n), _message(n)) for n in range(9)]
            for entry in first:
                await _until(outbox, entry, State.SENT)
            last = await outbox.accept(_submission(9), _message(9))
            await _until(outbox, last, State.SENT)
            await asyncio.sleep(0.1)
            monkeypatch.setattr(ledger.Ledger, "due", counted)
            await asyncio.sleep(0.5)
            assert looks == 0  # it waits for the next look, or for news
            assert {(one.state, one.tries) for one in await outbox.entries("alice")} == {(State.SENT, 0)}
            mailbox.opens = True  # a sign-in
            await outbox.retry("alice")
            for entry in (*first, last):
                await _until(outbox, entry, State.DONE)

    run(talk())
    assert mailbox.ids("sent") == {f"<{n}@example.test>": 1 for n in range(10)}


def test_stop_lets_the_mta_answer_the_final_dot(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.stalls.add("taken")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.accept(_submission(), _message())
            await asyncio.to_thread(mta.wait_for, "taken")
            asyncio.get_running_loop().call_later(0.3, mta.release)
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            assert (await _until(outbox, entry, State.DONE)).filed

    run(talk())
    assert len(mta.taken) == 1


def test_stop_before_the_final_dot_leaves_it_waiting(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.stalls.add("rcpt")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.accept(_submission(), _message())
            await asyncio.to_thread(mta.wait_for, "rcpt")
        mta.release()
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            found = await _until(outbox, entry, State.DONE)
            assert not found.unsure

    run(talk())
    assert len(mta.taken) == 1


def test_cut_after_the_final_dot_is_tried_again_and_known_to_be_unsure(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.cuts.add("data")

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            assert (entry.state, entry.unsure) == (State.WAITING, True)
            with pytest.raises(NotAllowed):
                await outbox.cancel("alice", entry.id)
            mta.cuts.clear()
            await outbox.retry("alice", entry.id)
            await _until(outbox, entry, State.DONE)

    run(talk())


@pytest.mark.parametrize(
    ("submission", "blocks", "error"),
    [
        (replace(_submission(), recipients=()), _message(), BadRequest),
        (replace(_submission(), recipients=("bob> SIZE=1",)), _message(), BadRequest),
        (replace(_submission(), recipients=("bób@example.test",)), _message(), BadRequest),
        (replace(_submission(), sender="alice"), _message(), BadRequest),
        (replace(_submission(), recipients=("bob@example.test",) * 1001), _message(), TooBig),
        (_submission(), [b"Subject: x\r\n\r\nbare\nline\r\n"], BadRequest),
        (_submission(), [b"Subject: x\r\n\r\n\0\r\n"], BadRequest),
    ],
)
def test_what_cannot_be_sent_is_not_accepted(
    run: Run, tmp_path: Path, mailbox: FileMailbox, submission: Submission, blocks: list[bytes], error: type
) -> None:
    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            with pytest.raises(error):
                await outbox.accept(submission, blocks)
            assert await outbox.entries("alice") == ()

    run(talk())
    assert _files(tmp_path) == []


def test_full_disk_is_told_and_leaves_nothing(run: Run, tmp_path: Path, mailbox: FileMailbox) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"Subject: x\r\n\r\n"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            with pytest.raises(OverQuota, match="it is kept here"):
                await outbox.accept(_submission(), blocks())

    run(talk())
    assert _files(tmp_path) == []


def test_one_person_cannot_fill_the_outbox(
    run: Run, tmp_path: Path, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MAX_ACTIVE", 3)

    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            for number in range(3):
                await outbox.accept(_submission(number), _message(number))
            with pytest.raises(Busy):
                await outbox.accept(_submission(3), _message(3))

    run(talk())
    assert len(_files(tmp_path)) == 3


def test_writer_who_leaves_while_handing_in_leaves_nothing(
    run: Run, tmp_path: Path, mailbox: FileMailbox
) -> None:
    def slow() -> Iterator[bytes]:
        yield b"Subject: x\r\n\r\n"
        for _ in range(1000):
            time.sleep(0.001)
            yield b"x" * 5000 + b"\r\n"

    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            handing_in = asyncio.create_task(outbox.accept(_submission(), slow()))
            await asyncio.sleep(0.1)
            handing_in.cancel()
            with pytest.raises(asyncio.CancelledError):
                await handing_in
            assert await outbox.entries("alice") == ()

    run(talk())
    assert _files(tmp_path) == []


def test_leftovers_go_at_start_and_nothing_else_does(
    run: Run, tmp_path: Path, mailbox: FileMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mta() as away:
        port = away.port

    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", port), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
        messages = tmp_path / "outbox" / "messages"
        old, fresh = "0" * 32, "1" * 32
        for name in (old, f"{old}.new", f"{fresh}.new"):
            (messages / name).write_bytes(b"half a mess")
        for name in (old, f"{old}.new", entry.id):
            os.utime(messages / name, (time.time() - 3600,) * 2)
        async with _outbox(tmp_path, Target("127.0.0.1", port), mailbox):
            await asyncio.sleep(0.3)
        assert _files(tmp_path) == sorted([f"{fresh}.new", entry.id])

    run(talk())


def test_message_that_vanished_from_the_disk_is_told(run: Run, tmp_path: Path, mailbox: FileMailbox) -> None:
    async def talk() -> None:
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            entry = await outbox.settled((await outbox.accept(_submission(), _message())).id, 10)
            (tmp_path / "outbox" / "messages" / entry.id).unlink()
            await outbox.retry("alice", entry.id)
            found = await _until(outbox, entry, State.RETURNED)
            assert found.words == "The message is no longer on the server’s disk."

    run(talk())


def test_mended_and_handed_in_again_leaves_no_old_draft(
    run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox
) -> None:
    mta.verdicts["bbo@example.test"] = "550 5.1.1 no such person"
    mailbox.fails["drafts"] = Unavailable()

    async def talk() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox) as outbox:
            first = await outbox.accept(_submission(recipient="bbo@example.test"), _message())
            assert (await outbox.settled(first.id, 10)).state is State.FAILED
            second = await outbox.accept(_submission(), _message())
            await _until(outbox, second, State.DONE)
            mailbox.fails.clear()
            await outbox.retry("alice")
            await _until(outbox, first, State.RETURNED)

    run(talk())
    assert mailbox.contents("drafts") == []
    assert len(mailbox.contents("sent")) == 1


def test_25_megabytes_do_not_stall_the_loop(run: Run, tmp_path: Path, mailbox: FileMailbox) -> None:
    block = (b"z" * 76 + b"\r\n") * 800

    async def talk() -> float:
        worst = 0.0
        async with _outbox(tmp_path, Target("127.0.0.1", 1), mailbox) as outbox:
            big = [*_message(), *[block] * (25_000_000 // len(block))]
            handing_in = asyncio.create_task(outbox.accept(_submission(), big))
            while not handing_in.done():
                before = time.perf_counter()
                await asyncio.sleep(0.001)
                worst = max(worst, time.perf_counter() - before)
            assert (await handing_in).size == sum(map(len, big))
        return worst

    assert run(talk()) < 0.05


def test_nobody_else_looks_into_the_outbox(run: Run, tmp_path: Path, mta: Mta, mailbox: FileMailbox) -> None:
    async def look() -> None:
        async with _outbox(tmp_path, mta.target(), mailbox):
            for path in (tmp_path / "outbox", tmp_path / "outbox" / "messages"):
                assert path.stat().st_mode & 0o077 == 0

    run(look())
