"""Signing in at backends: whose credentials, over which way, and what the log says when it fails."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from tests.backend.impostor import Impostor
from tests.backend.talk import at, config, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import fill
from webmail.config import Config
from webmail.config.configuration import of
from webmail.errors import AuthFailed, Busy, MailError, Unavailable
from webmail.http.backend.pool import Identity

ADMINISTRATOR = "Mail server unavailable. Administrator, check server log for details."


async def total(settings: Config, who: Identity) -> int:
    async with pool(settings) as made, made.lease(who) as box:
        return (await box.page("INBOX")).total


@pytest.mark.parametrize("lacking", ["", "SASL-IR", "LITERAL+ LITERAL-"])
def test_two_backends_with_their_own_administrators(
    run: Run, dovecot_a: Backend, dovecot_b: Backend, certificates: Authority, lacking: str
) -> None:
    a, b = dovecot_a.spare().name, dovecot_b.spare().name
    fill(dovecot_a, a, [mail("a")])
    fill(dovecot_b, b, [mail("b"), mail("b2")])
    prefix = "local.service.proxy."
    settings = of({
        f"{prefix}ignorecapabilities": lacking,
        f"{prefix}imapport.{dovecot_a.host}": str(dovecot_a.imap),
        f"{prefix}admin.{dovecot_a.host}": dovecot_a.admin,
        f"{prefix}adminpass.{dovecot_a.host}": dovecot_a.adminpass,
        f"{prefix}imapport.{dovecot_b.host}": str(dovecot_b.imaps),
        f"{prefix}imapssl.{dovecot_b.host}": "yes",
        f"{prefix}imapcafile.{dovecot_b.host}": str(certificates.ca),
        f"{prefix}admin.{dovecot_b.host}": dovecot_b.admin,
        f"{prefix}adminpass.{dovecot_b.host}": dovecot_b.adminpass,
    })  # fmt: skip

    async def talk() -> None:
        async with pool(settings) as made:
            async with made.lease(person(a, dovecot_a.host)) as box:
                assert (await box.page("INBOX")).total == 1
            async with made.lease(person(b, dovecot_b.host)) as box:
                assert (await box.page("INBOX")).total == 2

    run(talk())


@pytest.mark.parametrize("missing", [("admin",), ("adminpass",), ("admin", "adminpass")])
def test_missing_credentials_are_named_in_the_log(
    run: Run, dovecot_a: Backend, caplog: pytest.LogCaptureFixture, missing: tuple[str, ...]
) -> None:
    settings = config(dovecot_a, **dict.fromkeys(missing, ""))
    with pytest.raises(Unavailable) as caught:
        run(total(settings, person("alice")))
    assert caught.value.text == ADMINISTRATOR
    (record,) = [it for it in caplog.records if it.levelno == logging.ERROR]
    for name in ("admin", "adminpass"):
        named = f"local.service.proxy.{name} " in record.getMessage().replace(",", " ")
        assert named == (name in missing)


def test_a_wrong_administrator(run: Run, dovecot_a: Backend, caplog: pytest.LogCaptureFixture) -> None:
    settings = config(dovecot_a, adminpass="not-it-at-all")
    with pytest.raises(Unavailable) as caught:
        run(total(settings, person("alice")))
    assert caught.value.text == ADMINISTRATOR
    assert "does not let the administrator admina in as alice" in caplog.text
    assert "not-it-at-all" not in caplog.text


def test_somebody_whom_the_backend_does_not_know(run: Run, dovecot_a: Backend) -> None:
    with pytest.raises(Unavailable):
        run(total(config(dovecot_a), person("nobody")))


@pytest.mark.parametrize("lacking", ["", "SASL-IR", "AUTH=PLAIN"])
def test_each_with_the_own_password(run: Run, dovecot_a: Backend, lacking: str) -> None:
    settings = config(dovecot_a, login="user", admin="", adminpass="", ignorecapabilities=lacking)
    assert run(total(settings, person("bob", password="secret"))) == 0
    with pytest.raises(AuthFailed):
        run(total(settings, person("bob", password="wrong")))
    with pytest.raises(AuthFailed):
        run(total(settings, person("bob")))


def test_trying_a_password(run: Run, dovecot_a: Backend) -> None:
    async def talk() -> None:
        async with pool(config(dovecot_a, admin="", adminpass="")) as made:
            assert await made.try_login(dovecot_a.host, "bob", "secret")
            assert not await made.try_login(dovecot_a.host, "bob", "wrong")
            assert not await made.try_login(dovecot_a.host, "nobody", "secret")

    run(talk())


def test_trying_where_nobody_answers(run: Run) -> None:
    async def talk() -> None:
        async with pool(at("127.0.0.1", 1)) as made:
            with pytest.raises(Unavailable):
                await made.try_login("127.0.0.1", "bob", "secret")

    run(talk())


def test_a_server_that_hangs_up_before_tls_is_told_as_that(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """As ours does with one connection too many; the log had no reason at all."""

    async def talk() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.transport.abort(), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unavailable):
                await total(at("127.0.0.1", port, imapssl="yes"), person("ann"))

    run(talk())
    assert re.search(r"127\.0\.0\.1:\d+: \S.*; next attempt in", caplog.text)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (b"%tag NO [AUTHENTICATIONFAILED] no\r\n", AuthFailed),
        (b"%tag NO no\r\n", AuthFailed),
        (b"%tag NO [UNAVAILABLE] later\r\n", Unavailable),
        (b"%tag NO [LIMIT] too many connections\r\n", Busy),
        (b"%tag BAD what\r\n", Unavailable),
    ],
)
def test_only_a_wrong_password_is_one(run: Run, refusal: bytes, error: type[MailError]) -> None:
    async def talk() -> None:
        async with Impostor({"AUTHENTICATE": refusal}) as server:
            with pytest.raises(error):
                await total(at("127.0.0.1", server.port, login="user"), person("ann", password="x"))

    run(talk())


def test_login_disabled_is_explained(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with Impostor(capabilities="IMAP4rev1 STARTTLS LOGINDISABLED") as server:
            with pytest.raises(Unavailable):
                await total(at("127.0.0.1", server.port), person("ann"))
            assert "LOGIN" not in server.names

    run(talk())
    assert "LOGINDISABLED" in caplog.text


def test_becoming_the_user_by_proxyauth(run: Run) -> None:
    """Where AUTHENTICATE PLAIN is missing, or takes no authorization id."""

    async def talk(server: Impostor) -> None:
        async with server:
            assert await total(at("127.0.0.1", server.port), person("ann")) == 1
            login = server.names.index("LOGIN")
            assert server.commands[login : login + 2] == ['LOGIN "admin" "adminsecret"', 'PROXYAUTH "ann"']

    run(talk(Impostor(capabilities="IMAP4rev1 X-NETSCAPE")))
    refusing = {"AUTHENTICATE": b"%tag NO no authorization ids here\r\n"}
    run(talk(Impostor(refusing, capabilities="IMAP4rev1 AUTH=PLAIN X-NETSCAPE")))


def test_capabilities_are_read_again_after_login(run: Run) -> None:
    """Some announce more afterwards, in lower case, or LOGINDISABLED still."""

    async def talk() -> None:
        server = Impostor()
        after = b"* CAPABILITY imap4rev1 quota LOGINDISABLED\r\n%tag OK done\r\n"
        before = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%tag OK done\r\n"
        server.answers["CAPABILITY"] = lambda _: after if "AUTHENTICATE" in server.names else before
        server.answers["AUTHENTICATE"] = b"+ \r\n%tag OK done\r\n"
        server.answers["GETQUOTAROOT"] = b'* QUOTA "" (STORAGE 1 10)\r\n%tag OK done\r\n'
        async with server, pool(at("127.0.0.1", server.port)) as made, made.lease(person("ann")) as box:
            assert await box.quota() == (1024, 10240)

    run(talk())


def test_certificates_are_verified(
    run: Run, dovecot_a: Backend, dovecot_b: Backend, certificates: Authority
) -> None:
    trusted = {"imapssl": "yes", "imapcafile": certificates.ca}
    settings = config(dovecot_a, imapport=dovecot_a.imaps, **trusted)
    assert run(total(settings, person("bob", dovecot_a.host))) == 0
    with pytest.raises(Unavailable, match="certificate verify failed"):  # an authority nobody knows
        run(total(config(dovecot_a, imapport=dovecot_a.imaps, imapssl="yes"), person("bob", dovecot_a.host)))
    with pytest.raises(Unavailable, match="SSL"):  # no TLS at that port
        run(total(config(dovecot_a, **trusted), person("bob", dovecot_a.host)))
    with pytest.raises(Unavailable) as caught:  # a file that is not there
        run(total(config(dovecot_a, imapssl="yes", imapcafile="/nowhere.pem"), person("bob", dovecot_a.host)))
    assert caught.value.text == ADMINISTRATOR


def test_a_certificate_of_another_host(run: Run, dovecot_acl: Dovecot, certificates: Authority) -> None:
    settings = config(dovecot_acl, imapport=dovecot_acl.imaps, imapssl="yes", imapcafile=certificates.ca)
    with pytest.raises(Unavailable, match="certificate verify failed"):
        run(total(settings, person("frank", dovecot_acl.host)))


def test_an_inbox_that_acl_hides(run: Run, dovecot_acl: Dovecot, caplog: pytest.LogCaptureFixture) -> None:
    """Dovecot's ACL judges the administrator unless acl_user says otherwise."""
    with pytest.raises(Unavailable) as caught:
        run(total(config(dovecot_acl), person("frank")))
    assert caught.value.text == ADMINISTRATOR
    assert "acl_user" in caplog.text


def test_secrets_stay_out_of_the_log(run: Run, dovecot_a: Backend, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "http")
    fill(dovecot_a, (name := dovecot_a.spare().name), [mail("private matter")])
    run(total(config(dovecot_a), person(name)))
    run(total(config(dovecot_a, ignorecapabilities="SASL-IR"), person(name)))
    own = config(dovecot_a, login="user", ignorecapabilities="AUTH=PLAIN")
    run(total(own, person(name, password="secret")))
    assert "AUTHENTICATE PLAIN ****" in caplog.text
    assert f'LOGIN "{name}" ****' in caplog.text
    assert dovecot_a.adminpass not in caplog.text
    assert "c2VjcmV0" not in caplog.text
    assert '"secret"' not in caplog.text
    assert "private matter" not in caplog.text
