"""What the parameters of the IMAP service do, at once or with the next connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, letter
from webmail import __version__

Settled = Callable[[dict[str, str]], Service]


def capabilities(client: Client) -> set[str]:
    return set(client.ok("CAPABILITY")[0].split())


def test_the_banner_is_the_administrator_s_from_the_next_connection_on(settled: Settled) -> None:
    service = settled({"service.imap.banner": "%h speaks %p, %P %V; 100%"})
    with Client(service.port) as client:
        assert client.hears().endswith(f"] mail.example.test speaks IMAP4, Webmail {__version__}; 100%")
        service.refresh({"service.imap.banner": "Come in"})
        client.ok("NOOP")
    with Client(service.port) as client:
        assert client.hears().endswith("] Come in")


def test_one_connection_too_many_hears_goodbye(settled: Settled) -> None:
    service = settled({"service.imap.maxsessions": "2"})
    with service.client() as first, service.client():
        with Client(service.port) as third:
            assert third.hears().startswith("* BYE ")
            assert third.hears() == ""
        first.ok("LOGOUT")
        assert first.hears() == ""
    with service.client() as again:
        again.ok("NOOP")


def test_connections_from_an_address_are_limited(settled: Settled) -> None:
    service = settled({"service.imap.connlimits": "127.0.0.1|255.255.255.255:1"})
    with service.client(), Client(service.port) as second:
        assert second.hears().startswith("* BYE ")


@pytest.mark.parametrize("least", [-1, 1, 128])
def test_passwords_are_not_taken_in_clear_where_that_is_forbidden(settled: Settled, least: int) -> None:
    service = settled({"service.imap.plaintextmincipher": str(least)})
    uid = service.newcomer()
    with service.client() as client:
        told = capabilities(client)
        assert "LOGINDISABLED" in told
        assert "AUTH=PLAIN" not in told
        code = "CONTACTADMIN" if least < 0 else "PRIVACYREQUIRED"
        client.no(f'LOGIN {uid} "{PASSWORD}"', code)
        client.no("AUTHENTICATE PLAIN", code)
        service.refresh({"service.imap.plaintextmincipher": "0"})
        assert "AUTH=PLAIN" in capabilities(client)
        client.ok(f'LOGIN {uid} "{PASSWORD}"')


def test_nobody_comes_in_as_nobody_unless_the_administrator_says_so(settled: Settled) -> None:
    service = settled({})
    with service.client() as client:
        assert "AUTH=ANONYMOUS" not in capabilities(client)
        client.no("AUTHENTICATE ANONYMOUS Z3Vlc3Q=")
        service.refresh({"service.imap.allowanonymouslogin": "yes"})
        assert "AUTH=ANONYMOUS" in capabilities(client)
        client.ok("AUTHENTICATE ANONYMOUS Z3Vlc3Q=")
        assert client.ok('LIST "" %') == []
        client.no("SELECT INBOX")
        client.no("CREATE Mine")


def test_nobody_reads_what_everybody_may_read(settled: Settled) -> None:
    service = settled({"service.imap.allowanonymouslogin": "yes"})
    with service.signed_in(service.newcomer("owner")) as owner, service.client() as client:
        owner.fills("Archive", letter())
        owner.ok("SETACL Archive anonymous lr")
        client.ok("LOGIN anonymous guest@example.test")
        assert "* 1 EXISTS" in client.ok(f'SELECT "Shared Folders/User/{owner.uid}/Archive"')


def test_the_login_separator_stands_before_the_domain(settled: Settled) -> None:
    service = settled({"service.loginseparator": "@+", "service.defaultdomain": "example.test"})
    uid = service.newcomer()
    for login in (uid, f"{uid}@example.test", f"{uid}+Example.TEST", uid.upper()):
        with service.client() as client:
            client.ok(f'LOGIN {login} "{PASSWORD}"')
            assert client.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{uid}"'


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, True),
        ({"local.store.notifyplugin": "/opt/libibiff.so"}, False),
        (
            {
                "local.store.notifyplugin": "/opt/libibiff.so",
                "local.store.notifyplugin.enseventkey": "enp://127.0.0.1/store/user/%U/mailbox/%M",
            },
            False,
        ),
        (
            {
                "local.store.notifyplugin": "/opt/libibiff.so",
                "local.store.notifyplugin.enseventkey": "enp://127.0.0.1/store/user/%U/mailbox/%M",
                "local.store.notifyplugin.noneinbox.enable": "1",
            },
            True,
        ),
    ],
)
def test_idle_is_offered_under_the_manual_s_conditions(
    settled: Settled, settings: dict[str, str], offered: bool
) -> None:
    service = settled(settings)
    with Client(service.port) as stranger:
        assert (" IDLE" in stranger.hears()) is offered  # 5.6.1, step 7
        stranger.bad("IDLE")
    with service.signed_in(service.newcomer()) as client:
        assert ("IDLE" in capabilities(client)) is offered
        if offered:
            client.says("i IDLE\r\nDONE")
            assert client.hears().startswith("+ ")
            assert client.hears().startswith("i OK ")
        else:
            client.no("IDLE")


def test_a_message_may_be_as_big_as_the_administrator_says(settled: Settled) -> None:
    service = settled({"service.imap.maxmessagesize": "100"})
    with service.signed_in(service.newcomer()) as client:
        assert "APPENDLIMIT=100" in capabilities(client)
        assert client.ok("STATUS INBOX (APPENDLIMIT)") == ["* STATUS INBOX (APPENDLIMIT 100)"]
        client.no("APPEND INBOX {101}", "TOOBIG")
        client.no(b"APPEND INBOX {101+}\r\n" + b"x" * 101, "TOOBIG")
        service.refresh({"service.imap.maxmessagesize": "101"})
        client.ok(b"APPEND INBOX {101+}\r\n" + b"x" * 101)


def test_administrators_are_those_of_the_last_refresh(settled: Settled) -> None:
    service = settled({})
    uid, other = service.newcomer(), service.newcomer()
    service.refresh({"store.admins": f"{ADMIN} {uid}"})
    with service.client() as client:
        client.ok(f'LOGIN {uid} "{PASSWORD}"')
        client.ok(f"PROXYAUTH {other}")
