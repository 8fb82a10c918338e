"""The relay against a real MTA that takes, refuses, defers, stalls, cuts and babbles."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import webmail.relay
from tests.conftest import Run
from tests.servers.certificates import Authority
from tests.services.mta import PASSWORD, Mta
from webmail.log import Secret
from webmail.relay import Deferred, Envelope, Refused, RelayError, Target, probe_size, relay
from webmail.wire.smtp import BadAddress, BadLines, Lines, path

MESSAGE = b"Subject: one\r\n\r\n.leading dot\r\n..two\r\nend\r\n.\r\nafter a lone dot\r\n"


def _envelope(
    *recipients: str, size: int = len(MESSAGE), utf8: bool = False, body8: bool = False
) -> Envelope:
    return Envelope("alice@example.test", recipients or ("bob@example.test",), size, utf8=utf8, body8=body8)


async def _nothing() -> None:
    return None


def _cut_at(*positions: int, message: bytes = MESSAGE) -> Callable[[], Iterator[bytes]]:
    edges = [0, *positions, len(message)]
    return lambda: (message[a:b] for a, b in itertools.pairwise(edges))


async def _send(target: Target, envelope: Envelope | None = None, message: bytes = MESSAGE) -> str:
    try:
        return await relay(target, envelope or _envelope(), _cut_at(message=message), _nothing)
    finally:
        await asyncio.sleep(0.05)  # TLS says good-bye after the relay has returned


def _tls(authority: Authority) -> ssl.SSLContext:
    certificate = authority.issue("relay-mta", "127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def test_message_arrives_byte_for_byte(run: Run) -> None:
    with Mta() as mta:
        words = run(_send(mta.target(), _envelope("bob@example.test", "carol@example.test")))
        (taken,) = mta.taken
        assert words == "250 2.0.0 queued as 42"
        assert taken.content == MESSAGE
        assert taken.sender == "alice@example.test"
        assert taken.recipients == ["bob@example.test", "carol@example.test"]
        assert f"SIZE={len(MESSAGE)}" in taken.options


@pytest.mark.parametrize("position", range(1, len(MESSAGE)))
def test_blocks_may_be_cut_anywhere(position: int) -> None:
    lines = Lines()
    blocks = [lines.feed(MESSAGE[:position]), lines.feed(MESSAGE[position:]), lines.finish()]
    assert b"".join(blocks) == MESSAGE.replace(b"\r\n.", b"\r\n..")


@pytest.mark.parametrize("bad", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\n.\r\n", b"\n.\n", b"nul\0\r\n", b"end\r"])
def test_bare_line_ends_never_reach_the_wire(run: Run, bad: bytes) -> None:
    with Mta() as mta:
        with pytest.raises(BadLines):
            run(_send(mta.target(), message=b"Subject: x\r\n\r\n" + bad))
        assert mta.taken == []


def test_missing_last_line_end_is_added(run: Run) -> None:
    with Mta() as mta:
        run(_send(mta.target(), message=b"Subject: x\r\n\r\nno end"))
        assert mta.taken[0].content == b"Subject: x\r\n\r\nno end\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.test> SIZE=1",
        "x@y, z@w",
        "<bob@example.test>",
        "bob@example.test\r\nRCPT TO:<eve@example.test>",
        "bob",
        "@example.test",
        "bob@",
        "bob@exa mple.test",
        "bob@-example.test",
        ".bob@example.test",
        "b..ob@example.test",
        "bob@[127.0.0.1",
        "bob@[IPv6:127.0.0.1]",
        "bób@example.test",
        f"{'x' * 65}@example.test",
        f"x@{'y.' * 130}test",
        '"bob\x01"@example.test',
    ],
)
def test_addresses_that_could_mean_more_are_refused_before_the_wire(run: Run, address: str) -> None:
    with Mta() as mta:
        with pytest.raises(BadAddress):
            run(_send(mta.target(), _envelope(address)))
        assert mta.seen == {}


@pytest.mark.parametrize(
    "address", ['"bob smith"@example.test', "b+o=b@[192.0.2.1]", "bob@[IPv6:2001:db8::1]"]
)
def test_unusual_addresses_are_addresses(address: str) -> None:
    assert path(address) == f"<{address}>".encode()


def test_one_refused_recipient_stops_all(run: Run) -> None:
    with Mta(verdicts={"carol@example.test": "550 5.1.1 no such person"}) as mta:
        with pytest.raises(Refused) as refusal:
            run(_send(mta.target(), _envelope("bob@example.test", "carol@example.test")))
        assert refusal.value.recipients == {"carol@example.test": "550 5.1.1 no such person"}
        assert refusal.value.words == "carol@example.test: 550 5.1.1 no such person"
        assert mta.taken == []


def test_one_deferred_recipient_defers_all(run: Run) -> None:
    with Mta(verdicts={"carol@example.test": "451 4.2.1 later"}) as mta:
        with pytest.raises(Deferred, match="later"):
            run(_send(mta.target(), _envelope("bob@example.test", "carol@example.test")))
        assert mta.taken == []


@pytest.mark.parametrize(
    ("verdicts", "error"),
    [
        ({"mail": "550 5.7.1 not you"}, Refused),
        ({"mail": "451 4.3.0 later"}, Deferred),
        ({"mail": "530 5.7.0 log in first"}, Deferred),
        ({"data": "554 5.7.1 spam"}, Refused),
        ({"data": "452 4.3.1 disk full"}, Deferred),
        ({"rcpt": "421 4.3.2 going down"}, Deferred),
        ({"rcpt": "552 5.5.3 too many"}, Deferred),
    ],
)
def test_4xx_is_later_5xx_is_never(run: Run, verdicts: dict[str, str], error: type[RelayError]) -> None:
    with Mta(verdicts=verdicts) as mta:
        with pytest.raises(error) as told:
            run(_send(mta.target()))
        assert told.value.answered
        assert mta.taken == []


def test_nobody_listens(run: Run) -> None:
    with pytest.raises(Deferred, match="cannot be reached"):
        run(_send(Target("127.0.0.1", 1)))


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
def test_cut_at_any_step_is_later(run: Run, step: str) -> None:
    with Mta(cuts={step}) as mta, pytest.raises(Deferred) as told:
        run(_send(mta.target()))
    assert not told.value.answered


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
def test_stall_at_any_step_ends(run: Run, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("CONNECT", "COMMAND", "DATA_START", "DATA_BLOCK", "DATA_END"):
        monkeypatch.setattr(webmail.relay, limit, 0.3)
    with Mta(stalls={step}) as mta, pytest.raises(Deferred, match="did not answer in time"):
        run(_send(mta.target()))


def test_hook_runs_before_the_final_dot_and_can_stop_it(run: Run) -> None:
    class Stop(Exception):
        pass

    async def stop() -> None:
        raise Stop

    with Mta() as mta:
        with pytest.raises(Stop):
            run(relay(mta.target(), _envelope(), _cut_at(), stop))
        assert mta.taken == []
        assert "data" not in mta.seen


@pytest.mark.parametrize("tls", ["auto", "starttls"])
def test_starttls_is_verified(run: Run, authority: Authority, tls: str) -> None:
    with Mta(tls=_tls(authority)) as mta:
        run(_send(mta.target(tls=tls, cafile=authority.ca)))
        assert len(mta.taken) == 1


def test_unknown_authority_is_not_trusted(run: Run, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    with Mta(tls=_tls(authority)) as mta:
        with pytest.raises(Deferred, match="does not take mail from here"):
            run(_send(mta.target(tls="starttls", cafile=other.ca)))
        assert mta.taken == []


def test_auto_takes_any_certificate_where_nobody_is_in_between(run: Run, authority: Authority) -> None:
    with Mta(tls=_tls(authority)) as mta:
        run(_send(mta.target()))
        assert len(mta.taken) == 1


def test_starttls_that_is_not_offered_is_not_done_without(run: Run) -> None:
    with Mta() as mta:
        with pytest.raises(Deferred):
            run(_send(mta.target(tls="starttls")))
        assert mta.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_auth(run: Run) -> None:
    with Mta(login=True) as mta:
        run(_send(mta.target(user="relay", password=Secret(PASSWORD))))
        assert len(mta.taken) == 1
        with pytest.raises(Deferred) as told:
            run(_send(mta.target(user="relay", password=Secret("wrong"))))
        assert "535" in told.value.detail
        assert "wrong" not in repr(told.value)
        assert len(mta.taken) == 1


def test_password_does_not_go_in_the_clear_to_another_host() -> None:
    assert not Target("mail.example.test", 25, user="u").is_here
    assert Target("mail.example.test", 25, user="u").is_verified
    assert not Target("127.0.0.1", 25, user="u").is_verified
    assert not Target("mail.example.test", 25).is_verified


def test_smtputf8(run: Run) -> None:
    envelope = _envelope("bób@bücher.example", utf8=True)
    with Mta() as mta:
        run(_send(mta.target(), envelope))
        assert mta.taken[0].recipients == ["bób@bücher.example"]
        assert "SMTPUTF8" in mta.taken[0].options
    with Mta(utf8=False) as mta, pytest.raises(Refused, match="letters other than a to z"):
        run(_send(mta.target(), envelope))


def test_size_is_known_before_a_byte_is_sent(run: Run) -> None:
    with Mta(size=10_000) as mta:
        assert run(probe_size(mta.target())) == 10_000
        with pytest.raises(Refused, match="bigger than the mail server takes"):
            run(_send(mta.target(), _envelope(size=10_001)))
        assert "mail" not in mta.seen
    assert run(probe_size(Target("127.0.0.1", 1))) is None


async def _rude(answers: list[bytes], message: bytes) -> None:
    """Send to an MTA that says these things, one per line it reads, and then reads on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            for answer in answers:
                writer.write(answer)
                await writer.drain()
                await reader.readline()
            while await reader.read(65536):
                pass

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        target = Target("127.0.0.1", server.sockets[0].getsockname()[1])
        await _send(target, _envelope(size=len(message)), message)


@pytest.mark.parametrize(
    "answers",
    [
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [b"220 hi\r\n", b"\xff\xfe\x00\r\n"],
        [b"220 hi\r\n", b"250 " + b"x" * 100_000 + b"\r\n"],
        [b"220 hi\r\n", b"250-no end\r\n" * 5000],
        [b"999 hi\r\n"],
        [b"220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 done\r\n"],
        [b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n250 done\r\n"],
        [b"220 hi\r\n", b"250 ok\r\n", b"200 what\r\n", b"100 huh\r\n"],
    ],
)
def test_babble_is_later(run: Run, answers: list[bytes]) -> None:
    with pytest.raises(Deferred):
        run(_rude(answers, MESSAGE))


def test_refusal_in_the_middle_of_the_message_is_heard(run: Run) -> None:
    """Found while reading aiosmtplib: an answer that nobody waits for yet is dropped."""
    answers = [
        b"220 hi\r\n",
        b"250 ok\r\n",
        b"250 ok\r\n",
        b"250 ok\r\n",
        b"354 go\r\n",
        b"552 5.3.4 too big\r\n",
    ]
    message = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"
    with pytest.raises(Refused, match="too big"):
        run(_rude(answers, message + (b"y" * 70 + b"\r\n") * 300_000))


def test_words_of_the_mta_are_one_clean_line(run: Run) -> None:
    verdict = "550-5.1.1 first\r\n550 second \x1b[31m\u202e line"
    with Mta(verdicts={"mail": verdict}) as mta, pytest.raises(Refused) as told:
        run(_send(mta.target()))
    assert "\n" not in told.value.words
    assert told.value.words.isprintable()


async def _watched(target: Target, size: int) -> float:
    """Relay that many bytes; the longest time for which the loop did nothing else."""
    line = b"z" * 76 + b"\r\n"
    block = line * 3361  # about 256 KiB
    worst, running = 0.0, True

    async def watch() -> None:
        nonlocal worst
        while running:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - before)

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        await relay(
            target, _envelope(size=size), lambda: (block for _ in range(size // len(block))), _nothing
        )
        running = False
    return worst


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hi\r\n")
    while line := await reader.readline():
        writer.write(b"354 go\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
        if line == b"DATA\r\n":
            tail = b""
            while not tail.endswith(b"\r\n.\r\n"):
                tail = (tail + await reader.read(1 << 20))[-5:]
            writer.write(b"250 got it\r\n")
    writer.close()


def test_25_megabytes_neither_stall_the_loop_nor_fill_memory(run: Run) -> None:
    async def measured() -> float:
        async with await asyncio.start_server(_swallow, "127.0.0.1", 0) as server:
            target = Target("127.0.0.1", server.sockets[0].getsockname()[1])
            await _watched(target, 1_000_000)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            worst = await _watched(target, 25_000_000)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown < 8 * 1024  # KiB
            return worst

    assert run(measured()) < 0.05
