"""Coming in: the greeting, LOGIN, AUTHENTICATE with PLAIN, EXTERNAL and ANONYMOUS, STARTTLS."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, plain

DOMAIN = "example.test"

Settled = Callable[[dict[str, str]], Service]


class Secured:
    """A service with a certificate, which lets people in whose certificates the same authority signed."""

    def __init__(self, directory: Path) -> None:
        self.ca = trustme.CA()
        certificate = self.ca.issue_cert("localhost")
        files = {name: directory / f"{name}.pem" for name in ("chain", "ca")}
        certificate.private_key_and_cert_chain_pem.write_to_path(files["chain"])
        self.ca.cert_pem.write_to_path(files["ca"])
        self.service = Service(
            directory,
            {
                "service.imap.sslcertfile": str(files["chain"]),
                "service.imap.sslcafile": str(files["ca"]),
                "service.defaultdomain": DOMAIN,
            },
        )

    def context(self, address: str = "") -> ssl.SSLContext:
        """What a client needs for TLS; with the certificate of whoever has this mail address."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        if address:
            self.ca.issue_cert(address).configure_cert(context)
        return context

    def client(self, address: str = "") -> Client:
        """A connection of nobody over TLS, the greeting heard."""
        client = Client(self.service.tls_port, self.context(address))
        client.hears()
        return client


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    made = Secured(tmp_path_factory.mktemp("secured"))
    with made.service:
        yield made


def test_the_greeting_tells_name_and_capabilities(imap: Service) -> None:
    with Client(imap.port) as client:
        greeting = client.hears()
    assert greeting.startswith("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 ")
    assert "] mail.example.test IMAP4 service (Webmail " in greeting


def test_login_takes_the_right_password_only(settled: Settled) -> None:
    service = settled({})
    uid = service.newcomer()
    with service.client() as client:
        client.no(f"LOGIN {uid} wrong", "AUTHENTICATIONFAILED")
        answer = client.ok(f'LOGIN {uid} "{PASSWORD}"')
        assert answer.code.startswith("CAPABILITY IMAP4rev1 IMAP4rev2")
        assert answer.end.endswith("] User logged in")
        client.ok("SELECT INBOX")


def test_login_takes_literals_too(imap: Service, stranger: Client) -> None:
    uid = imap.newcomer()
    stranger.says(f"l LOGIN {{{len(uid)}}}")
    assert stranger.hears().startswith("+ ")
    stranger.says(f"{uid} {{{len(PASSWORD.encode())}+}}\r\n{PASSWORD}")
    assert stranger.hears().startswith("l OK ")


def test_plain_may_come_with_the_command_or_behind_it(imap: Service) -> None:
    uid = imap.newcomer()
    for initial in (True, False):
        with imap.client() as client:
            response = plain("", uid, PASSWORD)
            tag = client.begins(f"AUTHENTICATE PLAIN{f' {response}' if initial else ''}")
            if not initial:
                assert client.hears() == "+ "
                client.says(response)
            assert client.ends(tag).code.startswith("CAPABILITY ")
            assert client.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{uid}"'


def test_authenticate_can_be_given_up(stranger: Client) -> None:
    tag = stranger.begins("AUTHENTICATE PLAIN")
    assert stranger.hears() == "+ "
    stranger.says("*")
    assert stranger.ends(tag).end.startswith("BAD ")
    stranger.bad("SELECT INBOX")


def test_authenticate_refuses_what_it_does_not_know(stranger: Client) -> None:
    stranger.no("AUTHENTICATE CRAM-MD5")
    stranger.bad("AUTHENTICATE PLAIN =a=")


def test_an_administrator_comes_in_as_somebody_else(imap: Service, stranger: Client) -> None:
    uid = imap.newcomer()
    stranger.ok(f"AUTHENTICATE PLAIN {plain(uid, ADMIN, PASSWORD)}")
    assert stranger.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{uid}"'
    assert f"{ADMIN} as {uid}" in imap.log


def test_nobody_else_does(imap: Service, stranger: Client) -> None:
    uid, other = imap.newcomer(), imap.newcomer()
    stranger.no(f"AUTHENTICATE PLAIN {plain(other, uid, PASSWORD)}", "NOPERM")
    stranger.ok(f"AUTHENTICATE PLAIN {plain(uid, uid, PASSWORD)}")


def test_an_administrator_cannot_come_in_as_nobody(stranger: Client) -> None:
    stranger.no(f"AUTHENTICATE PLAIN {plain('nobody-at-all', ADMIN, PASSWORD)}", "AUTH…FAILED")


def test_starttls_encrypts_what_follows(secured: Secured) -> None:
    service = secured.service
    uid = service.newcomer()
    with service.client() as client:
        assert "STARTTLS" in client.ok("CAPABILITY")[0].split()
        client.starts_tls(secured.context())
        assert "STARTTLS" not in client.ok("CAPABILITY")[0].split()
        client.bad("STARTTLS")
        client.ok(f'LOGIN {uid} "{PASSWORD}"')


def test_starttls_drops_what_was_sent_ahead_of_it(secured: Secured) -> None:
    with secured.service.client() as client:
        client.says("s STARTTLS\r\nx NOOP")
        assert client.hears().startswith("s OK ")
        client._encrypt(secured.context())
        client._file = client._socket.makefile("rb")
        client.says("y NOOP")
        assert client.hears().startswith("y OK ")


def test_starttls_is_not_known_without_a_certificate(stranger: Client) -> None:
    stranger.bad("STARTTLS")


def test_the_port_for_tls_speaks_it_at_once(secured: Secured) -> None:
    with secured.client() as client:
        told = client.ok("CAPABILITY")[0].split()
        assert "AUTH=PLAIN" in told
        assert not {"STARTTLS", "AUTH=EXTERNAL"} & set(told)


@pytest.mark.parametrize(
    ("least", "answered"),
    [
        (-1, "NO [CONTACTADMIN] Passwords are not taken here."),
        (0, "OK "),
        (1, "OK "),
        (128, "OK "),
        (1000, "NO [PRIVACYREQUIRED] Passwords are not taken here over a cipher that weak."),
    ],
)
def test_passwords_take_a_cipher_of_so_many_bits(secured: Secured, least: int, answered: str) -> None:
    """Who spoke TLS was told that passwords are not taken without it."""
    taken = answered == "OK "
    service = secured.service
    uid = service.newcomer()
    service.refresh({"service.imap.plaintextmincipher": str(least)})
    with secured.client() as client:
        told = client.ok("CAPABILITY")[0].split()
        assert ("AUTH=PLAIN" in told, "LOGINDISABLED" in told) == (taken, not taken)
        answer = client.asks(f"AUTHENTICATE PLAIN {plain(uid, ADMIN, PASSWORD)}")
        assert answer.end.startswith(answered)
    service.refresh({"service.imap.plaintextmincipher": "0"})


def test_a_certificate_lets_its_owner_in(secured: Secured) -> None:
    uid = secured.service.newcomer("anna")
    with secured.client(f"{uid}@{DOMAIN}") as client:
        assert "AUTH=EXTERNAL" in client.ok("CAPABILITY")[0].split()
        client.ok("AUTHENTICATE EXTERNAL =")
        assert client.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{uid}"'


def test_a_certificate_lets_nobody_in_as_somebody_else_but_administrators(secured: Secured) -> None:
    uid, other = secured.service.newcomer(), secured.service.newcomer()
    wanted = base64.b64encode(other.encode()).decode()
    with secured.client(f"{uid}@{DOMAIN}") as client:
        client.no(f"AUTHENTICATE EXTERNAL {wanted}", "NOPERM")
    with secured.client(f"{ADMIN}@{DOMAIN}") as admin:
        admin.ok(f"AUTHENTICATE EXTERNAL {wanted}")
        assert admin.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{other}"'


def test_a_certificate_of_nobody_lets_nobody_in(secured: Secured) -> None:
    with secured.client(f"nobody-at-all@{DOMAIN}") as client:
        client.no("AUTHENTICATE EXTERNAL =", "AUTHENTICATIONFAILED")


def test_external_wants_a_certificate(secured: Secured) -> None:
    with secured.client() as client:
        client.no("AUTHENTICATE EXTERNAL =", "AUTHENTICATIONFAILED")


def test_external_works_behind_starttls(secured: Secured) -> None:
    uid = secured.service.newcomer()
    with secured.service.client() as client:
        client.starts_tls(secured.context(f"{uid}@{DOMAIN}"))
        client.ok("AUTHENTICATE EXTERNAL =")
