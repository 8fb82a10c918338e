"""Hints between threads and between real processes: quick, bounded, and lost ones are told as such."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Run
from webmail import notify
from webmail.notify import Event, Heard, Hint
from webmail.notify.hint import decoded, encoded
from webmail.notify.publisher import MAX_IN_DATAGRAM, MAX_OWED, bound
from webmail.notify.subscription import MAX_HEARD

ROOT = Path(__file__).parents[2]
NEW = Hint(Event.NewMsg, "alice", "INBOX", 1, 7)


class Hearer:
    """Another process that listens to one user's hints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self.process = process
        self._said: IO[str] = process.stdout
        self._orders: IO[str] = process.stdin

    def line(self) -> str:
        return self._said.readline().rstrip("\n")

    def heard(self) -> tuple[float, bool, list[str]]:
        when, everywhere, *hints = self.line().split("\t")
        return float(when), everywhere == "True", hints

    def stall(self, seconds: float) -> None:
        self._orders.write(f"stall {seconds}\n")
        self._orders.flush()


@contextmanager
def hearer(directory: Path, user: str = "alice") -> Iterator[Hearer]:
    command = [sys.executable, "-m", "tests.services.hearer", str(directory), user]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        made = Hearer(process)
        try:
            assert made.line() == "ready"
            yield made
        finally:
            process.kill()


def sockets(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_heard_by_those_who_listen_to_the_user(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with (
            notify.opened(tmp_path / "hints") as hints,
            hints.subscribe("alice") as one,
            hints.subscribe("bob", "alice") as other,
            hints.subscribe("bob") as deaf,
        ):
            hints.publish([NEW])
            assert await one.heard() == await other.heard() == Heard((NEW,))
            assert one.take() == deaf.take() == Heard()
            one.follow("carol")
            hints.publish([NEW, Hint(Event.ReadMsg, "carol", "INBOX", 1, 3)])
            assert [hint.user for hint in (await one.heard()).hints] == ["carol"]

    run(talk())


def test_of_one_kind_only_the_latest_is_kept(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            for modseq in range(1000):
                hints.publish([Hint(Event.NewMsg, "alice", "INBOX", 1, modseq)])
            hints.publish([Hint(Event.ReadMsg, "alice", "INBOX", 1, 1000)])
            heard = await subscription.heard()
            assert [(hint.event, hint.modseq) for hint in heard.hints] == [
                (Event.NewMsg, 999),
                (Event.ReadMsg, 1000),
            ]

    run(talk())


def test_too_many_different_ones_mean_look_everywhere(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            flood = [Hint(Event.NewMsg, "alice", f"folder {n}", n, n) for n in range(MAX_HEARD + 1)]
            hints.publish(flood[:-1])
            assert len(subscription.take().hints) == MAX_HEARD
            hints.publish(flood)
            assert await subscription.heard() == Heard((), everywhere=True)
            assert subscription.take() == Heard()

    run(talk())


def test_who_stops_waiting_loses_nothing(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(subscription.heard(), 0.01)
            hints.publish([NEW])
            waiting = asyncio.create_task(subscription.heard())
            await asyncio.sleep(0)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
            assert waiting.cancelled() == (subscription.take() == Heard((NEW,)))

    run(talk())


def test_threads_publish_and_the_loop_hears_within_a_moment(run: Run, tmp_path: Path) -> None:
    async def talk() -> float:
        times = []
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            for modseq in range(200):
                began: list[float] = []

                def publish(modseq: int = modseq, began: list[float] = began) -> None:
                    time.sleep(0.001)
                    began.append(time.monotonic())
                    hints.publish([Hint(Event.NewMsg, "alice", "INBOX", 1, modseq)])

                work = asyncio.create_task(asyncio.to_thread(publish))
                (hint,) = (await subscription.heard()).hints
                times.append(time.monotonic() - began[0])
                assert hint.modseq == modseq
                await work
        return statistics.median(times)

    assert run(talk()) < 0.005


def test_many_threads_at_once(run: Run, tmp_path: Path) -> None:
    """Whatever they publish, the last of each mailbox is heard in the end."""

    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:

            def publish(number: int) -> None:
                for modseq in range(300):
                    hints.publish([Hint(Event.NewMsg, "alice", str(number), number, modseq)])

            threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            seen: dict[str, int] = {}
            while len(seen) < 8 or set(seen.values()) != {299}:
                seen |= {hint.mailbox: hint.modseq for hint in (await subscription.heard()).hints}
            for thread in threads:
                thread.join()

    run(talk())


def test_another_process_hears_within_ten_milliseconds(tmp_path: Path) -> None:
    with hearer(tmp_path) as other, notify.publisher(tmp_path) as publisher:
        times = []
        for modseq in range(50):
            began = time.monotonic()
            assert publisher.publish([Hint(Event.NewMsg, "alice", "Entwürfe", 4, modseq)])
            when, everywhere, hints = other.heard()
            assert (everywhere, hints) == (False, [f"NewMsg alice Entwürfe {modseq}"])
            times.append(when - began)
            time.sleep(0.002)
        assert statistics.median(times) < 0.010


def test_both_processes_hear_each_other(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with hearer(tmp_path) as other, notify.opened(tmp_path) as hints, hints.subscribe("alice") as here:
            hints.publish([NEW])
            assert (await asyncio.to_thread(other.heard))[1:] == (False, ["NewMsg alice INBOX 7"])
            assert await here.heard() == Heard((NEW,))
            with notify.publisher(tmp_path) as publisher:
                publisher.publish([Hint(Event.PurgeMsg, "alice", "Trash", 2, 9)])
            assert [hint.event for hint in (await here.heard()).hints] == [Event.PurgeMsg]
            assert (await asyncio.to_thread(other.heard))[2] == ["PurgeMsg alice Trash 9"]

    run(talk())


def test_a_process_that_comes_later_is_found_at_once(tmp_path: Path) -> None:
    with notify.publisher(tmp_path) as publisher:
        for _ in range(3):
            assert publisher.publish([NEW])
            time.sleep(0.02)  # the file system's clock ticks more slowly than we publish
            with hearer(tmp_path) as other:
                publisher.publish([NEW])
                assert other.heard()[2] == ["NewMsg alice INBOX 7"]


def test_the_socket_of_a_dead_process_goes(tmp_path: Path) -> None:
    with notify.publisher(tmp_path) as publisher, hearer(tmp_path) as other:
        publisher.publish([NEW])
        (name,) = sockets(tmp_path)
        assert name.startswith(f"{other.process.pid}-")
        os.kill(other.process.pid, signal.SIGKILL)
        other.process.wait()
        assert sockets(tmp_path) == [name]
        assert publisher.publish([NEW])
        assert sockets(tmp_path) == []
        assert publisher.publish([NEW])
    with hearer(tmp_path) as other:
        other.process.kill()
    with notify.publisher(tmp_path) as newcomer:
        assert newcomer.publish([NEW])
    assert sockets(tmp_path) == []


def test_a_process_that_ends_takes_its_socket_away(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path / "run" / "hints") as hints:
            (name,) = sockets(tmp_path / "run" / "hints")
            assert name.startswith(f"{os.getpid()}-")
            assert stat.S_IMODE((tmp_path / "run" / "hints").stat().st_mode) == 0o700
        assert sockets(tmp_path / "run" / "hints") == []
        hints.publish([NEW])  # from a thread that has not heard of the end: no matter

    run(talk())


def test_a_long_path(run: Run, tmp_path: Path) -> None:
    """The address of a Unix socket has 107 octets; ours is the directory's number."""
    directory = tmp_path / ("d" * 100) / ("e" * 100)

    async def talk() -> None:
        with notify.opened(directory) as hints, hints.subscribe("alice") as subscription:
            with notify.publisher(directory) as publisher:
                assert publisher.publish([NEW])
            assert await subscription.heard() == Heard((NEW,))

    run(talk())


def test_a_stalled_process_is_told_to_look_everywhere(run: Run, tmp_path: Path) -> None:
    """Its queue is full and hints are lost; that they were is not, and nobody waited for it."""

    async def talk() -> None:
        with hearer(tmp_path) as other, notify.opened(tmp_path) as hints:
            other.stall(0.7)
            await asyncio.sleep(0.1)
            began = time.monotonic()
            for modseq in range(5000):
                hints.publish([Hint(Event.NewMsg, "alice", "INBOX", 1, modseq)])
            assert time.monotonic() - began < 0.5
            everywhere = False
            while not everywhere:
                _, everywhere, _ = await asyncio.to_thread(other.heard)
            hints.publish([NEW])
            while (await asyncio.to_thread(other.heard))[2] != ["NewMsg alice INBOX 7"]:
                pass

    run(talk())


def test_a_command_waits_a_moment_for_a_full_queue(tmp_path: Path) -> None:
    with hearer(tmp_path) as other:
        other.stall(0.3)
        time.sleep(0.1)
        with notify.publisher(tmp_path) as publisher:
            while publisher.publish([NEW]):
                pass
        everywhere = False
        while not everywhere:
            _, everywhere, _ = other.heard()


def test_a_flood_does_not_grow_memory(run: Run, tmp_path: Path) -> None:
    """Neither here, where nobody listens in time, nor towards a process that never reads."""

    async def talk() -> int:
        with notify.opened(tmp_path) as hints, hints.subscribe(*map(str, range(200))) as subscription:

            def flood(start: int) -> None:
                for number in range(start, start + 2000):
                    hints.publish([Hint(Event.NewMsg, str(number % 200), f"folder {number}", number, 1)])

            flood(0)
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            for start in range(2000, 12_000, 2000):
                flood(start)
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            (peer,) = hints._publisher._peers.values()
            assert len(peer.owed) <= MAX_OWED
            assert subscription.take().everywhere
            return after - before

    deaf, _ = bound(tmp_path)
    with deaf:
        assert run(talk()) < 200_000


@pytest.mark.parametrize("others", [0, 3])
def test_publishing_costs_little(run: Run, tmp_path: Path, others: int) -> None:

    async def cost() -> float:
        with contextlib.ExitStack() as stack:
            hints = stack.enter_context(notify.opened(tmp_path))
            for _ in range(others):
                stack.enter_context(hearer(tmp_path))
            times = []
            for modseq in range(300):
                began = time.perf_counter()
                hints.publish([Hint(Event.NewMsg, "bob", "INBOX", 1, modseq)])
                times.append(time.perf_counter() - began)
                await asyncio.sleep(0.0005)
            return statistics.median(times)

    assert run(cost()) < 0.0005


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(repr).map(str.encode)
)
def test_any_octets_are_hints_or_nothing(data: bytes) -> None:
    hints, users = decoded(data)
    assert all(isinstance(hint, Hint) for hint in hints)
    assert all(isinstance(user, str) for user in users)


@given(
    st.lists(
        st.builds(
            Hint, st.sampled_from(Event), st.text(), st.text(st.characters()), st.integers(), st.integers()
        )
    ),
    st.lists(st.text()),
)
def test_hints_go_round(hints: list[Hint], users: list[str]) -> None:
    assert decoded(encoded(hints, users)) == (hints, users)


def test_names_without_end_become_a_look_everywhere(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            with notify.publisher(tmp_path) as publisher:
                publisher.publish(
                    [Hint(Event.NewMsg, "alice", "x" * 2000, n, 1) for n in range(MAX_IN_DATAGRAM)]
                )
            assert (await subscription.heard()).everywhere

    run(talk())


def test_what_somebody_else_puts_there_harms_nobody(run: Run, tmp_path: Path) -> None:
    async def talk() -> None:
        with notify.opened(tmp_path) as hints, hints.subscribe("alice") as subscription:
            (name,) = sockets(tmp_path)
            (tmp_path / "file.sock").write_text("")
            (tmp_path / "directory.sock").mkdir()
            (tmp_path / "notes").write_text("")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
                stranger.connect(str(tmp_path / name))
                for data in (b"", b"{}", b"[[1]]", b"[" * 5000, b'[["NewMsg",1,2,"x",4]]', b"\xff", b"5"):
                    stranger.send(data)
            with notify.publisher(tmp_path) as publisher:
                assert publisher.publish([NEW])
            assert await subscription.heard() == Heard((NEW,))
            assert (tmp_path / "notes").exists()

    run(talk())
