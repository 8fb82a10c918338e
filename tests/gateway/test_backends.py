"""Two backends that differ in everything, entered each in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.letters import letter, parsed, text_of
from tests.servers.backend import Backend, Person
from tests.servers.certificates import Authority
from tests.servers.mailbox import deliver, wait_for
from tests.servers.postfix import Postfix
from tests.servers.product import Product, settings_for
from tests.servers.visitor import Answer, Visitor


@contextmanager
def signed_in(product: Product, person: Person) -> Iterator[Visitor]:
    with Visitor(product.url) as visitor:
        visitor.sign_in(person)
        yield visitor


def send(visitor: Visitor, to: str, text: str) -> Answer:
    page = visitor.get("/write?how=new")
    fields = {name: page.field(name) for name in ("compose", "person")}
    return visitor.post(
        "/write",
        {**fields, "to": to, "cc": "", "bcc": "", "subject": "hello", "text": text, "action": "send"},
    )


def over_tls(*dovecots: Backend, ca: Path) -> dict[str, str]:
    settings = settings_for(dovecots, None) | {"service.http.sslusessl": "yes"}
    for dovecot in dovecots:
        settings |= {
            f"local.service.proxy.imapport.{dovecot.host}": str(dovecot.imaps),
            f"local.service.proxy.imapssl.{dovecot.host}": "yes",
            f"local.service.proxy.imapcafile.{dovecot.host}": str(ca),
        }
    return settings


def test_people_of_both_backends_write_to_each_other(
    product: Product, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    one, other = product.newcomer(dovecot_a), product.newcomer(dovecot_b)
    with signed_in(product, one) as visitor:
        assert send(visitor, f"{other.name}@example.test", "from A to B").status == 303
    assert "from A to B" in text_of(parsed(wait_for(dovecot_b, other.name)[0]))
    with signed_in(product, other) as visitor:
        assert "hello" in visitor.get("/mail").text
        assert send(visitor, f"{one.name}@example.test", "from B to A").status == 303
    assert "from B to A" in text_of(parsed(wait_for(dovecot_a, one.name)[0]))


def test_tls_to_each_backend_is_verified(
    servers: Path, certificates: Authority, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    with Product(servers / "tls", over_tls(dovecot_a, dovecot_b, ca=certificates.ca)) as product:
        for dovecot in (dovecot_a, dovecot_b):
            person = product.newcomer(dovecot)
            deliver(dovecot, person.name, letter("over TLS"))
            with signed_in(product, person) as visitor:
                assert "over TLS" in visitor.get("/mail").text


def test_certificate_of_a_stranger_is_refused(servers: Path, dovecot_a: Backend) -> None:
    stranger = Authority(servers / "stranger")
    with Product(servers / "untrusting", over_tls(dovecot_a, ca=stranger.ca)) as product:
        person = product.newcomer(dovecot_a)
        with Visitor(product.url) as visitor:
            fields = {"user": person.name, "password": person.password}
            answer = visitor.post("/signin", fields, token=False)
            if answer.status == 303:
                answer = visitor.get(answer.location, follow=True)
            assert answer.status == 503
        assert "certificate" in product.tail().lower()


def test_everybody_enters_as_themselves(servers: Path, dovecot_a: Backend) -> None:
    settings = {
        "local.directory.type": "imap",
        "local.service.proxy.login": "user",
        "local.service.proxy.defaulthost": dovecot_a.host,
        "local.service.proxy.imapport": str(dovecot_a.imap),
        "service.defaultdomain": "example.test",
    }
    with Product(servers / "themselves", settings) as product:
        person = dovecot_a.spare()
        deliver(dovecot_a, person.name, letter("only mine"))
        with signed_in(product, person) as visitor:
            assert "only mine" in visitor.get("/mail").text
            kept = b"".join(path.read_bytes() for path in product.data.rglob("*") if path.is_file())
        assert person.password.encode() not in kept
        with Visitor(product.url) as visitor:
            fields = {"user": person.name, "password": "wrong"}
            assert "don’t match" in visitor.post("/signin", fields, token=False).text


def test_mta_that_wants_a_password_over_tls(servers: Path, dovecot_a: Backend, postfix: Postfix) -> None:
    settings = settings_for([dovecot_a], postfix) | {
        "service.http.smtpport": str(postfix.submission),
        "local.service.http.smtptls": "starttls",
        "local.service.http.smtpauthuser": "alice",
        "local.service.http.smtpauthpassword": "secret",
    }
    with Product(servers / "submitting", settings) as product:
        person = product.newcomer(dovecot_a)
        with signed_in(product, person) as visitor:
            assert send(visitor, f"{person.name}@example.test", "to myself").status == 303
    assert "to myself" in text_of(parsed(wait_for(dovecot_a, person.name)[0]))
