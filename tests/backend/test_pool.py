"""Leases: how many connections there are, which one is lent, what becomes of it when something happens."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack

import pytest

from tests.backend.impostor import CUT, ROW, Impostor
from tests.backend.talk import at, box, config, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.mailbox import deliver, fill
from tests.servers.process import free_port
from webmail.errors import Busy, NotFound, Unavailable
from webmail.http.backend import host as host_module
from webmail.http.backend import lease as lease_module
from webmail.http.backend import pool as pool_module
from webmail.http.backend import rest
from webmail.http.backend.mailbox import Box
from webmail.http.backend.pool import Pool

ANN, BEN, CAT = person("ann"), person("ben"), person("cat")


async def page(made: Pool, who: pool_module.Identity = ANN, folder: str = "INBOX") -> int:
    async with made.lease(who) as box:
        return (await box.page(folder)).total


def test_one_connection_serves_one_after_the_other(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            for _ in range(5):
                await page(made)
            assert server.connections == 1
            assert server.names.count("SELECT") == 1
            assert server.names.count("NOOP") == 4

    run(talk())


def test_known_rows_cost_their_flags_only(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            for _ in range(3):
                await page(made)
            await page(made, folder="Other")
            await page(made)  # selected anew, with the same UIDNEXT and as many messages
            fetches = [command for command in server.commands if command.startswith("FETCH")]
            assert ["ENVELOPE" in command for command in fetches] == [True, False, False, True, False]

    run(talk())


def test_the_connection_with_the_folder_selected_is_lent(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(ANN) as one, made.lease(ANN) as two:
                await one.page("INBOX")
                await two.page("Other")
            for _ in range(3):
                await page(made, folder="Other")
                await page(made, folder="INBOX")
            assert server.connections == 2
            assert server.names.count("SELECT") == 2

    run(talk())


def test_what_needs_no_connection_takes_none(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(ANN):
                pass
            assert server.connections == 0
            async with made.lease(ANN) as box:
                await box.folders()
            server.cut()
            async with made.lease(ANN) as box:
                await box.folders()
            assert server.connections == 1

    run(talk())


@pytest.mark.parametrize("bye", [b"", b"* BYE closing for lack of activity\r\n"])
def test_a_server_that_hung_up_between_two_commands(run: Run, bye: bytes) -> None:
    """The first use notices, and a new connection takes over; also for what changes something."""

    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            await page(made)
            server.cut()
            await page(made)  # noticed while idle
            assert server.connections == 2
            server.answers["NOOP"] = bye + CUT  # noticed at the first command
            assert await page(made) == 1
            assert server.connections == 3
            server.answers["NOOP"] = b"%tag OK done\r\n"
            await page(made)
            server.answers["NOOP"] = bye + CUT
            async with made.lease(ANN) as box:
                await box.subscribe("Other")
            assert (server.connections, server.names.count("SUBSCRIBE")) == (4, 1)

    run(talk())


def test_a_command_that_changes_is_never_sent_twice(run: Run) -> None:
    async def talk() -> None:
        async with (
            Impostor({"UID MOVE": CUT}, capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR MOVE") as server,
            pool(at("127.0.0.1", server.port)) as made,
        ):
            await page(made)
            with pytest.raises(Unavailable):
                async with made.lease(ANN) as box:
                    await box.move("INBOX", 7, [5], "Other")
            assert server.names.count("UID MOVE") == 1

    run(talk())


def test_a_fresh_connection_that_dies_is_not_replaced(run: Run) -> None:
    async def talk() -> None:
        async with Impostor({"SELECT": CUT}) as server, pool(at("127.0.0.1", server.port)) as made:
            with pytest.raises(Unavailable):
                await page(made)
            assert server.connections == 1

    run(talk())


def test_cancelled_in_the_middle_of_a_fetch(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("big", "x" * 70 + "\r\n" * 400_000)])

    async def talk() -> None:
        who = person(name, dovecot_a.host)
        async with pool(config(dovecot_a)) as made:
            async with made.lease(who) as box:
                message = await box.open(
                    "INBOX", (first := await box.page("INBOX")).uidvalidity, first.rows[0].uid
                )

            async def download() -> None:
                async with made.lease(who) as box:
                    for _ in range(1000):
                        await box.part_bytes(message, message.structure, 10_000_000)

            for delay in (0.0, 0.001, 0.003, 0.01, 0.03):
                task = asyncio.create_task(download())
                await asyncio.sleep(delay)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                async with made.lease(who) as box:
                    assert [row.subject for row in (await box.page("INBOX")).rows] == ["big"]

    run(talk())


async def a_page_that_fails(made: Pool) -> None:
    async with made.lease(ANN) as box:
        await box.page("INBOX")
        raise ZeroDivisionError


def test_no_place_is_lost_in_a_storm_of_cancellations(run: Run, dovecot_a: Backend) -> None:
    people = [dovecot_a.spare().name for _ in range(8)]
    for name in people:
        fill(dovecot_a, name, [mail(f"m{n}", "x" * 5000) for n in range(60)])

    async def use(made: Pool, who: pool_module.Identity, seconds: float) -> None:
        async with asyncio.timeout(seconds), made.lease(who) as it:
            for number in range(1, 50):
                found = await it.page("INBOX", number % 3)
                await it.open("INBOX", found.uidvalidity, found.rows[number % len(found.rows)].uid)

    async def talk() -> None:
        chance = random.Random(7)
        async with pool(config(dovecot_a, maxconnections=10)) as made:
            for _ in range(6):
                each = [
                    (person(chance.choice(people), dovecot_a.host), chance.uniform(0, 0.2)) for _ in range(30)
                ]
                done = await asyncio.gather(*(use(made, *it) for it in each), return_exceptions=True)
                assert all(it is None or isinstance(it, TimeoutError | Busy) for it in done), done
            host = made._hosts[dovecot_a.host]
            assert host._free._value + len(host._idle) == 10
            assert host._handshakes._value == host_module.HANDSHAKES
            assert all(account.seats._value == 3 for account in made._accounts.values())
            for name in people:
                assert await page(made, person(name, dovecot_a.host)) == 60

    run(talk())


def test_an_error_of_ours_closes_the_connection_and_an_answer_does_not(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            with pytest.raises(NotFound):
                async with made.lease(ANN) as box:
                    await box.open("INBOX", 8, 5)
            await page(made)
            assert server.connections == 1
            with pytest.raises(ZeroDivisionError):
                await a_page_that_fails(made)
            await page(made)
            assert server.connections == 2

    run(talk())


def test_many_leases_of_one_person_share_three_connections(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one")])
    who = person(name, dovecot_a.host)

    async def talk() -> None:
        async with pool(config(dovecot_a)) as made:
            assert await asyncio.gather(*(page(made, who) for _ in range(30))) == [1] * 30
            assert len(made._hosts[dovecot_a.host]._idle) <= 3

    run(talk())


def test_too_many_at_once_are_told_to_come_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "WAIT", 0.2)

    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made, AsyncExitStack() as held:
            for _ in range(3):
                await (await held.enter_async_context(made.lease(ANN))).page("INBOX")
            began = time.monotonic()
            with pytest.raises(Busy):
                await page(made)
            assert time.monotonic() - began < 1
            await page(made, BEN)
            await held.aclose()
            await page(made)

    run(talk())


def test_a_full_host_takes_the_place_of_who_is_idle(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "WAIT", 0.2)

    async def talk() -> None:
        async with (
            Impostor() as server,
            pool(at("127.0.0.1", server.port, maxconnections=2)) as made,
            AsyncExitStack() as held,
        ):
            await page(made, ANN)
            await page(made, BEN)
            await page(made, CAT)
            assert (server.connections, server.names.count("LOGOUT")) == (3, 1)
            for who in (ANN, BEN):
                await (await held.enter_async_context(made.lease(who))).page("INBOX")
            with pytest.raises(Busy):
                await page(made, CAT)
            monkeypatch.setattr(host_module, "WAIT", 5)
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(page(made, CAT))
                await asyncio.sleep(0.05)
                assert not waiting.done()
                await held.aclose()
            assert waiting.result() == 1

    run(talk())


def test_idle_connections_are_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE", 0.2)
    monkeypatch.setattr(pool_module, "SWEEP", 0.05)

    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            owner = asyncio.create_task(made.run())
            await page(made)
            await asyncio.sleep(0.1)
            assert "LOGOUT" not in server.names
            await asyncio.sleep(0.3)
            assert server.names.count("LOGOUT") == 1
            await page(made)
            assert server.connections == 2
            owner.cancel()

    run(talk())


def test_signing_out_forgets(run: Run) -> None:
    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            await page(made, ANN)
            await page(made, BEN)
            assert len(made._cache) > 0
            made.forget("ann")
            await asyncio.sleep(0.05)
            assert server.names.count("LOGOUT") == 1
            await page(made, ANN)
            assert sum("ENVELOPE" in command for command in server.commands) == 3
            await page(made, BEN)
            assert server.connections == 3

    run(talk())


def test_a_dead_backend_answers_at_once_and_recovers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "RESTS", (0.3,))
    port = free_port()

    async def talk() -> None:
        async with pool(at("127.0.0.1", port)) as made:
            with pytest.raises(Unavailable, match=r"Connect call failed|refused"):
                await page(made)
            with pytest.raises(Unavailable, match="not tried again yet"):
                await page(made)
            async with Impostor() as server:
                made._config = at("127.0.0.1", server.port)
                with pytest.raises(Unavailable, match="not tried again yet"):
                    await page(made)
                await asyncio.sleep(0.4)
                assert await page(made) == 1

    run(talk())


def test_a_silent_backend_is_tried_by_one_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "RESTS", (0.3,))

    async def talk() -> None:
        async with Impostor({"AUTHENTICATE": CUT}) as server, pool(at("127.0.0.1", server.port)) as made:
            results = await asyncio.gather(*(page(made) for _ in range(3)), return_exceptions=True)
            assert all(isinstance(result, Unavailable) for result in results)
            await asyncio.sleep(0.4)
            before = server.connections
            results = await asyncio.gather(*(page(made) for _ in range(3)), return_exceptions=True)
            assert all(isinstance(result, Unavailable) for result in results)
            assert server.connections == before + 1

    run(talk())


def test_a_slow_download_holds_no_connection(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    lines = b"".join(b"%08d %s\r\n" % (n, b"x" * 60) for n in range(60_000))
    fill(dovecot_a, name, [mail("big") + lines])
    who = person(name, dovecot_a.host)

    async def talk() -> None:
        async with pool(config(dovecot_a, maxuserconnections=1)) as made:
            async with made.lease(who) as box:
                first = await box.page("INBOX")
                message = await box.open("INBOX", first.uidvalidity, first.rows[0].uid)
            place = ("INBOX", first.uidvalidity, first.rows[0].uid)
            got = b""
            async for block in made.part_blocks(who, *place, message.structure):
                got += block
                assert await page(made, who) == 1
                assert len(block) <= 1024 * 1024
            assert got == b"Hello there.\r\n" + lines
            source = b"".join([block async for block in made.source_blocks(who, *place)])
            assert source == mail("big") + lines

    run(talk())


def test_a_message_expunged_in_the_middle_of_a_download(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("big") + b"x" * 3_000_000])
    who = person(name, dovecot_a.host)

    async def talk() -> None:
        async with pool(config(dovecot_a)) as made:
            async with made.lease(who) as box:
                first = await box.page("INBOX")
            blocks = made.source_blocks(who, "INBOX", first.uidvalidity, first.rows[0].uid)
            assert (await anext(blocks)).startswith(b"From: ")
            async with made.lease(who) as box:
                await box.delete("INBOX", first.uidvalidity, [first.rows[0].uid])
            with pytest.raises(NotFound):
                async for _ in blocks:
                    pass

    run(talk())


def test_no_folder_list_is_older_than_an_own_change(run: Run) -> None:
    async def talk() -> None:
        async with (
            Impostor() as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            await box.folders()
            server.answers["LIST"] = b'* LIST () "/" INBOX\r\n* LIST () "/" New\r\n%tag OK done\r\n'
            assert await names(box) == ["INBOX"]
            await box.create_folder("New")
            assert await names(box) == ["INBOX", "New"]
            server.answers["LIST"] = b'* LIST () "/" INBOX\r\n%tag OK done\r\n'
            assert await names(box) == ["INBOX", "New"]
            assert [folder.name for folder in await box.folders(fresh=True)] == ["INBOX"]

    run(talk())


def test_counts_are_asked_anew_when_a_page_says_otherwise(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("old")])

    async def talk() -> None:
        async with box(dovecot_a, name) as it:
            assert (await it.folders())[0].unseen == 1
            deliver(dovecot_a, name, mail("new"))
            assert (await it.page("INBOX")).total == 2
            assert (await it.folders())[0].unseen == 2

    run(talk())


async def names(it: Box) -> list[str]:
    return [folder.name for folder in await it.folders()]


def test_rows_stay_right_when_the_numbers_move(run: Run) -> None:
    """A wrong guess about which UIDs a page holds costs a second FETCH, never a wrong row."""

    async def talk() -> None:
        async with Impostor() as server, pool(at("127.0.0.1", server.port)) as made:
            await page(made)
            server.answers["FETCH"] = lambda command: (
                ROW.replace(b"UID 5", b"UID 6").replace(b'"hi"', b'"other"')
                if "ENVELOPE" in command
                else b"* 1 FETCH (UID 6 FLAGS (\\Seen))\r\n%tag OK done\r\n"
            )
            async with made.lease(ANN) as box:
                (row,) = (await box.page("INBOX")).rows
                assert (row.uid, row.subject) == (6, "other")

    run(talk())
