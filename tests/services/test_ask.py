"""Passwords are tried at real backends, and at servers that stall, cut, babble and lie."""

from __future__ import annotations

import asyncio

import pytest

from tests.backend.impostor import CUT, HANG, Impostor
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.certificates import Authority
from webmail.config import of
from webmail.directory.ask import MAX_ATTEMPTS, Backends
from webmail.errors import Busy, Unavailable


def backends(port: int, **more: str) -> Backends:
    settings = {"imapport": str(port), "timeout": "1", **more}
    return Backends(of({f"local.service.proxy.{name}": text for name, text in settings.items()}).proxy)


@pytest.mark.parametrize("tls", [False, True])
def test_a_dovecot_says_who_is_right(
    run: Run, dovecot_a: Backend, certificates: Authority, *, tls: bool
) -> None:
    person = dovecot_a.spare()
    made = backends(
        dovecot_a.imaps if tls else dovecot_a.imap,
        imapssl="yes" if tls else "no",
        imapcafile=str(certificates.ca),
        timeout="20",
    )

    async def talk() -> list[bool]:
        return [
            await made.attempt(dovecot_a.host, person.name, password)
            for password in (person.password, "wrong", "wröng {3}")
        ]

    assert run(talk()) == [True, False, False]


@pytest.mark.parametrize(
    ("capabilities", "said"),
    [
        ("IMAP4rev1 AUTH=PLAIN", "AUTHENTICATE PLAIN"),
        ("IMAP4rev1", 'LOGIN "alice" "pass word"'),
    ],
)
def test_it_signs_in_as_the_server_has_it(run: Run, capabilities: str, said: str) -> None:
    async def talk() -> None:
        async with Impostor(capabilities=capabilities) as server:
            assert await backends(server.port).attempt("127.0.0.1", "alice", "pass word")
            assert said in [command.rstrip() for command in server.commands]

    run(talk())


NO = b"%tag NO [AUTHENTICATIONFAILED] no\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NO, False),
        (b"%tag NO no\r\n", False),
        (b"%tag NO [UNAVAILABLE] later\r\n", None),
        (b"%tag BAD what\r\n", None),
        (b"b OK not yours\r\n" + NO, False),
        (b"+ \r\n+ \r\n", None),
        (b"* OK well\r\n" * 200, None),
        (b"* OK " + b"x" * 100_000, None),
        (b"* 1 FETCH (BODY[] {5}\r\nhello)\r\n", None),
        (b"nonsense\r\n", None),
        (HANG, None),
        (CUT, None),
    ],
)
def test_what_servers_say(run: Run, answer: bytes, expected: bool | None) -> None:
    """A refusal is one of the password only if nothing else can be meant."""

    async def talk() -> bool | None:
        async with Impostor({"LOGIN": answer}, capabilities="IMAP4rev1") as server:
            try:
                return await backends(server.port).attempt("127.0.0.1", "alice", "secret")
            except Unavailable:
                return None

    assert run(talk()) is expected


@pytest.mark.parametrize("greeting", [b"* BYE no\r\n", b"* PREAUTH come in\r\n", b"220 smtp\r\n", HANG])
def test_no_invitation(run: Run, greeting: bytes) -> None:
    async def talk() -> None:
        async with Impostor(greeting=greeting) as server:
            with pytest.raises(Unavailable):
                await backends(server.port).attempt("127.0.0.1", "alice", "secret")
            assert server.commands == []
        with pytest.raises(Unavailable):
            await backends(server.port).attempt("127.0.0.1", "alice", "secret")

    run(talk())


def test_a_password_is_not_sent_where_it_is_not_wanted(run: Run) -> None:
    async def talk() -> None:
        async with Impostor(capabilities="IMAP4rev1 LOGINDISABLED") as server:
            with pytest.raises(Unavailable, match="LOGINDISABLED"):
                await backends(server.port).attempt("127.0.0.1", "alice", "secret")
            assert server.names == ["CAPABILITY"]

    run(talk())


def test_a_crowd_opens_few_connections(run: Run) -> None:
    async def talk() -> None:
        async with Impostor({"CAPABILITY": HANG}) as server:
            made = backends(server.port)
            crowd = [made.attempt("127.0.0.1", "alice", str(number)) for number in range(MAX_ATTEMPTS + 5)]
            answers = await asyncio.gather(*crowd, return_exceptions=True)
            assert sum(isinstance(answer, Busy) for answer in answers) == 5
            assert sum(isinstance(answer, Unavailable) for answer in answers) == MAX_ATTEMPTS
            assert server.connections == MAX_ATTEMPTS

    run(talk())
