"""Whatever goes wrong is told on a page, or in JSON to a script, with the right status and in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.gateway.letters import letter
from tests.servers.backend import Backend, Person
from tests.servers.mailbox import deliver, fill, imap
from tests.servers.process import free_port
from tests.servers.product import Product, settings_for
from tests.servers.visitor import Answer, Visitor

TIMEOUT = 2  # seconds that the product of this file waits for a backend
PATIENCE = 4 * TIMEOUT + 2  # at most so long for a page: connecting and asking may both stall
DOWN, SILENT, BABBLING, CUTTING, CLOSED = (f"127.0.0.{number}" for number in range(21, 26))
GREETINGS = {
    SILENT: b"",
    BABBLING: b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\x00\xff{999999999999}\r\n" * 50,
    CUTTING: b"* OK [CAPABILITY IMAP4rev1",
}


def serve_badly(listener: socket.socket, greeting: bytes, cut: bool) -> None:
    """Say this to everybody and nothing more; keep the connection open unless `cut`."""
    kept = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        connection.sendall(greeting)
        if cut:
            connection.close()
        else:
            kept.append(connection)
    for connection in kept:
        connection.close()


@pytest.fixture(scope="module")
def faulty(servers: Path, dovecot_a: Backend) -> Iterator[Product]:
    """The product before backends that are down, silent, babbling, cutting, or lack an administrator."""
    settings = settings_for([dovecot_a], None) | {
        "local.service.proxy.timeout": str(TIMEOUT),
        "local.service.proxy.admin": "admin",
        "local.service.proxy.adminpass": "never told",
        f"local.service.proxy.adminpass.{CLOSED}": "",
        f"local.service.proxy.imapport.{DOWN}": str(free_port(DOWN)),
    }
    with ExitStack() as stack:
        for host, greeting in GREETINGS.items():
            listener = socket.create_server((host, 0))
            settings[f"local.service.proxy.imapport.{host}"] = str(listener.getsockname()[1])
            thread = threading.Thread(target=serve_badly, args=(listener, greeting, host == CUTTING))
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.close)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
        product = Product(servers / "faulty", settings)
        for host in (DOWN, SILENT, BABBLING, CUTTING, CLOSED):
            product.add(Person(f"at{host.rpartition('.')[2]}"), host)
        yield stack.enter_context(product)


@pytest.mark.parametrize("host", [DOWN, SILENT, BABBLING, CUTTING])
def test_backend_that_is_no_backend(faulty: Product, host: str) -> None:
    person = Person(f"at{host.rpartition('.')[2]}")
    start = time.monotonic()
    with Visitor(faulty.url) as visitor:
        fields = {"user": person.name, "password": person.password}
        answer = visitor.post("/signin", fields, token=False)
        if answer.status == 303:
            answer = visitor.get(answer.location, follow=True)
        assert answer.status in {502, 503}
        assert "mail server" in answer.text
        assert "Traceback" not in answer.text
        assert faulty.url
        assert visitor.get("/healthz").status == 200
    assert time.monotonic() - start < PATIENCE


def test_missing_administrator_is_told_with_the_manuals_words(faulty: Product) -> None:
    with Visitor(faulty.url) as visitor:
        answer = visitor.post(
            "/signin", {"user": f"at{CLOSED.rpartition('.')[2]}", "password": "secret"}, token=False
        )
    assert "Mail server unavailable. Administrator, check server log for details." in answer.text
    assert (
        f"local.service.proxy.adminpass.{CLOSED}" in faulty.tail()
        or "local.service.proxy.adminpass" in faulty.tail()
    )
    assert "never told" not in faulty.log.read_text()


@pytest.fixture
def me(product: Product, dovecot_a: Backend) -> Person:
    return product.newcomer(dovecot_a)


@pytest.fixture
def signed_in(me: Person, visitor: Visitor) -> Visitor:
    visitor.sign_in(me)
    return visitor


def first_link(visitor: Visitor) -> str:
    page = visitor.get("/mail?folder=INBOX").text
    return page.split('data-uid="')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")


def told(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1" in answer.text


def test_a_method_that_an_address_lacks_is_told_which_it_has(signed_in: Visitor) -> None:
    answer = signed_in.send("DELETE", "/mail")
    told(answer, 405)
    assert sorted(answer.headers["allow"].split(", ")) == ["GET", "HEAD", "POST"]


def test_unknown_addresses(signed_in: Visitor, product: Product) -> None:
    nowhere = signed_in.get("/nowhere")
    told(nowhere, 404)
    assert "Back to your mail" in nowhere.text  # it did not know who was signed in
    told(signed_in.get("/mail/x/y"), 404)
    answer = signed_in.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status, set(answer.json)) == (404, {"error", "kind"})
    with Visitor(product.url) as stranger:
        assert stranger.get("/mail").location.startswith("/signin")
        answer = stranger.get("/mail", headers={"Accept": "application/json"})
        assert (answer.status, answer.json["kind"]) == (401, "expired")


def test_method_that_is_none_of_the_address(signed_in: Visitor) -> None:
    assert signed_in.send("DELETE", "/mail").status == 405
    assert signed_in.send("BREW", "/signin").status in {400, 405, 501}


def test_folder_that_is_gone(signed_in: Visitor) -> None:
    told(signed_in.get("/mail?folder=Never"), 404)


def test_message_that_was_expunged_meanwhile(signed_in: Visitor, me: Person, dovecot_a: Backend) -> None:
    fill(dovecot_a, me.name, [letter("soon gone"), letter("stays")])
    address = first_link(signed_in)
    assert signed_in.get(address).status == 200
    with imap(dovecot_a, me.name) as connection:
        connection.select("INBOX")
        connection.store("1:2", "+FLAGS", "\\Deleted")
        connection.expunge()
    told(signed_in.get(address), 404)


def test_uidvalidity_that_changed(signed_in: Visitor, me: Person, dovecot_a: Backend) -> None:
    deliver(dovecot_a, me.name, letter("same number, other message"))
    address = first_link(signed_in)
    uidvalidity = address.split("/")[2]
    told(signed_in.get(address.replace(uidvalidity, "1", 1)), 404)
    fields = {"uidvalidity": "1", "uid": "1", "action": "delete"}
    told(signed_in.post("/mail?folder=INBOX", fields), 404)
    assert signed_in.get(address).status == 200


def test_mailbox_that_is_full(visitor: Visitor, product: Product, dovecot_a: Backend) -> None:
    small = next(person for person in dovecot_a.people if person.name == "small")
    fill(dovecot_a, small.name, [letter("big", "x" * 70 + "\n")[:-2] + b"x" * 900_000 + b"\r\n"])
    visitor.sign_in(small)
    page = visitor.get("/mail?folder=INBOX")
    fields = {"uidvalidity": page.field("uidvalidity"), "uid": "1", "action": "copy", "target": "Archive"}
    told(visitor.post("/mail?folder=INBOX", fields), 507)


def test_form_that_is_too_long_and_one_that_is_none(signed_in: Visitor) -> None:
    answer = signed_in.send("POST", "/mail?folder=INBOX", b"{}", {"Content-Type": "application/json"})
    assert answer.status in {400, 403, 415}
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    assert signed_in.send("POST", "/signin", b"a=" + b"x" * (33 << 20), head).status == 413
