"""The relay against Debian's Postfix, with verified STARTTLS and AUTH, into a real mailbox."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.certificates import Authority
from tests.servers.mailbox import wait_for
from tests.servers.postfix import Postfix
from webmail.log import Secret
from webmail.relay import Envelope, Refused, Target, probe_size, relay

BODY = b"".join(b".%d dots and lines\r\n" % number for number in range(20_000))


async def _nothing() -> None:
    return None


async def _send(target: Target, subject: str, *recipients: str) -> str:
    message = f"From: alice@example.test\r\nSubject: {subject}\r\n\r\n".encode() + BODY
    blocks = [message[start : start + 5003] for start in range(0, len(message), 5003)]
    envelope = Envelope("alice@example.test", recipients, len(message))
    try:
        return await relay(target, envelope, lambda: blocks, _nothing)
    finally:
        await asyncio.sleep(0.1)  # TLS says good-bye after the relay has returned


def test_message_reaches_the_mailbox(
    run: Run, postfix: Postfix, dovecot_a: Backend, certificates: Authority
) -> None:
    person = dovecot_a.spare()
    target = Target(postfix.host, postfix.smtp, tls="starttls", cafile=certificates.ca, helo="webmail.test")
    assert run(_send(target, "relay", f"{person.name}@example.test")).startswith("250 2.0.0 Ok: queued as ")
    (arrived,) = wait_for(dovecot_a, person.name)
    assert arrived.endswith(BODY)
    assert run(probe_size(target)) == postfix.size_limit


def test_submission_with_auth(run: Run, postfix: Postfix, dovecot_a: Backend) -> None:
    person = next(person for person in dovecot_a.people if person.name == "alice")
    target = Target(postfix.host, postfix.submission, user=person.name, password=Secret(person.password))
    assert run(_send(target, "auth", "somebody@elsewhere.test")).startswith("250 ")


def test_unknown_recipient_stops_all(run: Run, postfix: Postfix) -> None:
    target = Target(postfix.host, postfix.smtp)
    with pytest.raises(Refused) as told:
        run(_send(target, "never", "bob@example.test", "nobody@example.test"))
    assert list(told.value.recipients) == ["nobody@example.test"]
    assert told.value.words.startswith("nobody@example.test: 550 5.1.1 ")
