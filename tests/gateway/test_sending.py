"""What was accepted is sent, once, through an MTA that is away and a product that dies."""

from __future__ import annotations

import time
from pathlib import Path

from tests.gateway.letters import parsed, text_of
from tests.servers.backend import Backend
from tests.servers.certificates import Authority
from tests.servers.mailbox import messages, wait_for
from tests.servers.postfix import Postfix
from tests.servers.product import Product, settings_for
from tests.servers.visitor import Visitor


def letter_fields(visitor: Visitor, to: str, text: str) -> dict[str, str]:
    page = visitor.get("/write?how=new")
    fields = {name: page.field(name) for name in ("compose", "person")}
    return {**fields, "to": to, "cc": "", "bcc": "", "subject": "hello", "text": text, "action": "send"}


def retry(visitor: Visitor) -> None:
    """Press "Try again now", unless it has been tried meanwhile."""
    page = visitor.get("/outbox")
    if 'value="retry"' in page.text:
        visitor.post("/outbox", {"id": page.field("id"), "action": "retry"})


def test_mta_away_then_killed_then_sent_once(
    servers: Path, certificates: Authority, dovecot_a: Backend
) -> None:
    mta = Postfix(servers / "late-mta", [dovecot_a], certificates.issue("late", "127.0.0.1"))
    product = Product(servers / "killed", settings_for([dovecot_a], mta))
    person = product.newcomer(dovecot_a)
    to = f"{person.name}@example.test"
    with product:
        with Visitor(product.url) as visitor:
            visitor.sign_in(person)
            fields = letter_fields(visitor, to, "kept through it all")
            for _ in range(2):  # a double click
                answer = visitor.post("/write", fields)
                assert answer.status in {200, 202, 303}, answer.text
            assert "hello" in visitor.get("/outbox").text
        product.kill()
        product.start()
        product.wait_ready()
        with mta, Visitor(product.url) as visitor:
            visitor.sign_in(person)
            retry(visitor)
            assert "kept through it all" in text_of(parsed(wait_for(dovecot_a, person.name)[0]))
            wait_for(dovecot_a, person.name, "Sent")
            time.sleep(1)
            assert len(messages(dovecot_a, person.name)) == 1
            assert len(messages(dovecot_a, person.name, "Sent")) == 1
            assert messages(dovecot_a, person.name, "Drafts") == []


def test_refused_recipient_comes_back_to_drafts_with_the_mtas_words(
    product: Product, visitor: Visitor, dovecot_a: Backend
) -> None:
    person = product.newcomer(dovecot_a)
    visitor.sign_in(person)
    fields = letter_fields(visitor, f"nobody-there@example.test, {person.name}@example.test", "to nobody")
    answer = visitor.post("/write", fields)
    page = visitor.get(answer.location, follow=True) if answer.status == 303 else answer
    assert "User unknown" in page.text
    assert b"to nobody" in wait_for(dovecot_a, person.name, "Drafts")[0]
    assert messages(dovecot_a, person.name) == []


def test_message_over_the_limit_is_refused_while_writing(
    product: Product, visitor: Visitor, dovecot_a: Backend
) -> None:
    visitor.sign_in(product.newcomer(dovecot_a))
    compose = visitor.get("/write?how=new").field("compose")
    headers = {"X-CSRF-Token": visitor.token, "Accept": "application/json"}
    answer = visitor.send("PUT", f"/write/{compose}/files?name=big.bin", b"x" * 3_800_000, headers)
    assert answer.status == 201, answer.text
    answer = visitor.send("PUT", f"/write/{compose}/files?name=more.bin", b"x" * 500_000, headers)
    assert (answer.status, answer.json["kind"]) == (413, "toobig")


def test_several_processes_file_what_people_send_with_their_own_passwords(
    servers: Path, dovecot_a: Backend, postfix: Postfix
) -> None:
    """Filing waited for a sign-in at the very process that had sent the message."""
    settings = settings_for([dovecot_a], postfix) | {
        "local.directory.type": "imap",
        "local.service.proxy.login": "user",
        "local.service.proxy.imapport": str(dovecot_a.imap),
        "service.http.numprocesses": "2",
    }
    with Product(servers / "several", settings) as product:
        person = dovecot_a.spare()
        with Visitor(product.url) as visitor, Visitor(product.url) as elsewhere:
            visitor.sign_in(person)
            elsewhere.sign_in(person)
            for number in range(6):
                sent = visitor.post(
                    "/write", letter_fields(visitor, f"{person.name}@example.test", f"to me {number}")
                )
                assert (sent.status, "told=sent" in sent.location) == (303, True), sent.text
            elsewhere.post("/signout", {})
            fields = letter_fields(visitor, f"{person.name}@example.test", "the other browser is gone")
            assert "told=sent" in visitor.post("/write", fields).location
            end = time.monotonic() + 30
            while "Nothing waits here" not in (page := visitor.get("/outbox").text):
                assert time.monotonic() < end, page
                time.sleep(0.2)
            assert len(messages(dovecot_a, person.name, "Sent")) == 7
