"""Who may act as whom, who a certificate's owner is, and who comes in as nobody."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Run
from webmail import tls
from webmail.auth import anonymous, certificate, proxy
from webmail.directory import User
from webmail.directory.imap import ImapDirectory
from webmail.directory.local import LocalDirectory, add_user
from webmail.directory.names import Rules
from webmail.errors import AuthFailed, NotAllowed
from webmail.log import start

RULES = Rules("@+", "example.test")
HERE = "203.0.113.9"
ADMIN = User("admin", "admin", "", "admin@example.test")
ALICE = User("alice", "alice", "", "alice@example.test")
ADMINS = proxy.administrators("admin root@example.test b*b", RULES)


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """The log that these sign-ins write."""
    path = tmp_path / "imap.log"
    logger = start("imap", "Debug", path)
    yield path
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.sqlite"
    for uid in ("alice", "bob@other.test"):
        add_user(path, uid, "secret", RULES)
    return path


async def act(users: Path, who: User, authzid: str) -> User:
    directory = LocalDirectory(users, RULES)
    try:
        return await proxy.acting_as(directory, RULES, ADMINS, logging.getLogger("imap"), who, authzid, HERE)
    finally:
        await directory.close()


def test_administrators_are_named_in_any_spelling() -> None:
    assert proxy.administrators(" Admin ROOT@example.test x+other.test b*b ", RULES) == {
        "admin",
        "root",
        "x@other.test",
    }
    assert proxy.administrators("", RULES) == frozenset()


def test_an_administrator_acts_as_anybody_there_is(run: Run, users: Path, logged: Path) -> None:
    assert run(act(users, ADMIN, "Alice@example.test")) == ALICE
    assert run(act(users, ADMIN, "bob+other.test")).uid == "bob@other.test"
    assert run(act(users, ADMIN, "")) == run(act(users, ADMIN, "admin")) == ADMIN
    for nobody in ("carol", "b*b", "anyone", "anonymous"):
        with pytest.raises(AuthFailed, match="nobody of that name"):
            run(act(users, ADMIN, nobody))
    lines = [line.partition("Account ")[2] for line in logged.read_text().splitlines()]
    assert lines == [
        "Information: proxyauth: [203.0.113.9] admin as Alice@example.test",
        "Information: proxyauth: [203.0.113.9] admin as bob+other.test",
        "Notice: badproxy: [203.0.113.9] admin as carol",
        "Notice: badproxy: [203.0.113.9] admin as b*b",
        "Notice: badproxy: [203.0.113.9] admin as anyone",
        "Notice: badproxy: [203.0.113.9] admin as anonymous",
    ]


def test_everybody_else_acts_as_themselves_and_is_not_told_who_exists(
    run: Run, users: Path, logged: Path
) -> None:
    for authzid in ("", "alice", "ALICE+example.test"):
        assert run(act(users, ALICE, authzid)) == ALICE
    said = set()
    for other in ("bob@other.test", "carol", "admin", "b*b", "x\r\ny"):
        with pytest.raises(NotAllowed) as caught:
            run(act(users, ALICE, other))
        said.add((type(caught.value), str(caught.value)))
    assert len(said) == 1
    assert logged.read_text().splitlines()[-1].endswith("badproxy: [203.0.113.9] alice as x??y")


def test_nobody_is_looked_for_by_those_who_may_not(run: Run, users: Path) -> None:
    """The directory is closed: asking it would be another error."""

    async def talk() -> None:
        directory = LocalDirectory(users, RULES)
        await directory.close()
        with pytest.raises(NotAllowed):
            await proxy.acting_as(directory, RULES, ADMINS, logging.getLogger("imap"), ALICE, "bob", HERE)

    run(talk())


def test_the_backend_s_people_are_whoever_is_named(run: Run) -> None:
    async def attempt(host: str, login: str, password: str) -> bool:
        raise AssertionError

    async def talk() -> None:
        directory = ImapDirectory(attempt, RULES, host="store1")
        assert await directory.find("Alice") == User(
            "alice", "alice@example.test", "store1", "alice@example.test"
        )
        assert await directory.find("al*ce") is None

    run(talk())


def issued(
    authority: trustme.CA, *subject: tuple[x509.ObjectIdentifier, str], mail: tuple[str, ...] = ()
) -> tuple[bytes, bytes]:
    """A person's certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    ca_key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    now = dt.datetime.now(dt.UTC)
    ca = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(kind, value) for kind, value in subject]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    if mail:
        names = x509.SubjectAlternativeName([x509.RFC822Name(name) for name in mail])
        builder = builder.add_extension(names, critical=False)
    signed = builder.sign(ca_key, hashes.SHA256())  # type: ignore[arg-type]
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), private


def shown(tmp_path: Path, authority: trustme.CA, certificate: tuple[bytes, bytes] | None) -> dict[str, Any]:
    """What the server's end of a TLS connection gets of the client's certificate."""
    server = authority.issue_cert("mail.example.test")
    (tmp_path / "server.pem").write_bytes(
        server.private_key_pem.bytes() + b"".join(blob.bytes() for blob in server.cert_chain_pems)
    )
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = tls.client_context(tmp_path / "ca.pem")
    if certificate:
        (tmp_path / "client.pem").write_bytes(b"".join(certificate))
        client.load_cert_chain(tmp_path / "client.pem")
    context = tls.server_context(tmp_path / "server.pem", client_ca=tmp_path / "ca.pem")

    async def talk() -> dict[str, Any]:
        got: asyncio.Future[dict[str, Any] | None] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.set_result(writer.get_extra_info("peercert"))
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=client, server_hostname="mail.example.test"
            )
            await reader.read()
            writer.close()
            return await got or {}

    return asyncio.run(talk())


def test_the_names_in_a_certificate(tmp_path: Path) -> None:
    """Through a real handshake: alternative names first, then the subject's address, name and id."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    person = issued(
        authority,
        (NameOID.USER_ID, "a1"),
        (NameOID.COMMON_NAME, "Alice Example"),
        (NameOID.EMAIL_ADDRESS, "alice@example.test"),
        mail=("a.example@example.test", "alice@other.test", "a.example@example.test"),
    )
    assert certificate.logins(shown(tmp_path, authority, person)) == (
        "a.example@example.test",
        "alice@other.test",
        "alice@example.test",
        "Alice Example",
        "a1",
    )
    assert certificate.logins(shown(tmp_path, authority, None)) == ()


def test_a_stranger_s_certificate_is_turned_away(tmp_path: Path) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    stranger = issued(trustme.CA(), (NameOID.COMMON_NAME, "alice"), mail=("alice@example.test",))
    left, right = socket.socketpair()
    server = authority.issue_cert("mail.example.test")
    (tmp_path / "server.pem").write_bytes(
        server.private_key_pem.bytes() + b"".join(blob.bytes() for blob in server.cert_chain_pems)
    )
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "client.pem").write_bytes(b"".join(stranger))
    client = tls.client_context(tmp_path / "ca.pem")
    client.load_cert_chain(tmp_path / "client.pem")
    context = tls.server_context(tmp_path / "server.pem", client_ca=tmp_path / "ca.pem")

    async def talk() -> None:
        ours = asyncio.create_task(_handshake(context, left, server_side=True))
        theirs = asyncio.create_task(_handshake(client, right, server_side=False))
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            await ours
        await asyncio.wait({theirs})
        theirs.exception()

    asyncio.run(talk())


async def _handshake(context: ssl.SSLContext, end: socket.socket, *, server_side: bool) -> None:
    """One end of a handshake, in a thread."""

    def shake() -> None:
        with end:
            end.settimeout(5)
            name = None if server_side else "mail.example.test"
            with context.wrap_socket(end, server_side=server_side, server_hostname=name) as wrapped:
                wrapped.recv(1)

    await asyncio.to_thread(shake)


def test_signing_in_with_a_certificate(run: Run, users: Path, logged: Path) -> None:
    """The first name that the directory knows counts."""
    shown = {
        "subject": ((("commonName", "Alice"),), (("emailAddress", "nobody@example.test"),)),
        "subjectAltName": (("DNS", "bob@other.test"), ("email", "x y"), ("email", "gone@example.test")),
    }

    async def talk() -> None:
        log = logging.getLogger("imap")
        directory = LocalDirectory(users, RULES)
        assert await certificate.sign_in(directory, log, shown, HERE) == ALICE
        for unknown in ({}, {"subject": ((("commonName", "car ol"),),)}):
            with pytest.raises(AuthFailed):
                await certificate.sign_in(directory, log, unknown, HERE)
        await directory.close()

    run(talk())
    assert [line.partition("Account ")[2] for line in logged.read_text().splitlines()] == [
        "Information: login: [203.0.113.9] alice certificate",
        "Notice: badlogin: [203.0.113.9] certificate - authentication failure",
        "Notice: badlogin: [203.0.113.9] certificate car?ol authentication failure",
    ]


@given(st.lists(st.tuples(st.sampled_from(["email", "DNS", "URI"]), st.text())))
def test_any_certificate_has_few_names(names: list[tuple[str, str]]) -> None:
    found = certificate.logins({"subjectAltName": tuple(names)})
    assert len(found) == len(set(found)) <= certificate.MAX_LOGINS


def test_anonymous_only_where_it_is_allowed(logged: Path) -> None:
    log = logging.getLogger("imap")
    with pytest.raises(AuthFailed):
        anonymous.sign_in(log, "me@home", HERE, allowed=False)
    user = anonymous.sign_in(log, "me at\r\nhome", HERE, allowed=True)
    assert user == anonymous.ANONYMOUS
    assert not proxy.may_act_as(proxy.administrators("anonymous", RULES), user, "alice")
    assert logged.read_text().endswith("login: [203.0.113.9] anonymous me?at??home\n")
