"""Python's own imaplib, which says things apart that others say at once."""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.clients.letters import letter
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService


@pytest.fixture
def connection(service: ImapService, person: Person) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4(service.host, service.imap, timeout=20) as made:
        made.login(person.name, person.password)
        yield made


def lines(answer: tuple[str, Sequence[object]]) -> list[bytes]:
    status, data = answer
    assert status == "OK", answer
    return [each for each in data if isinstance(each, bytes)]


def test_over_tls_from_the_start_and_from_within(
    service: ImapService, person: Person, certificates: Authority
) -> None:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with imaplib.IMAP4_SSL("localhost", service.imaps, ssl_context=context) as over_tls:
        assert "STARTTLS" not in over_tls.capabilities
        over_tls.login(person.name, person.password)
    with imaplib.IMAP4("localhost", service.imap) as plain:
        assert "STARTTLS" in plain.capabilities
        plain.starttls(context)
        assert "STARTTLS" not in plain.capabilities
        plain.login(person.name, person.password)
        assert lines(plain.select()) == [b"0"]


def test_a_hundred_messages_appended_one_by_one_are_not_kept_waiting_for_acknowledgements(
    connection: imaplib.IMAP4,
) -> None:
    """It sends the end of each command in a packet of its own: 40 ms each, if we do not mind."""
    start = time.monotonic()
    for number in range(100):
        connection.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1_700_000_000), letter(number))
    assert time.monotonic() - start < 3
    assert lines(connection.select()) == [b"100"]


def test_what_it_has_verbs_for(connection: imaplib.IMAP4, person: Person) -> None:
    for number, reply_to in ((1, None), (2, 1), (3, None)):
        connection.append("INBOX", "", "", letter(number, reply_to=reply_to))
    assert lines(connection.create("Kept/Deep")) is not None
    assert any(b"Kept/Deep" in line for line in lines(connection.list('""', "*")))
    assert lines(connection.subscribe("Kept/Deep")) is not None
    assert any(b"Kept/Deep" in line for line in lines(connection.lsub()))
    assert lines(connection.select("INBOX")) == [b"3"]
    assert lines(connection.search(None, "SUBJECT", '"Number 1"')) == [b"1 2"]
    assert lines(connection.search("UTF-8", "BODY", '"letter number 3"')) == [b"3"]
    assert lines(connection.uid("SEARCH", "UID", "2:3")) == [b"2 3"]
    assert lines(connection.sort("(REVERSE DATE)", "UTF-8", "ALL")) == [b"3 2 1"]
    assert lines(connection.thread("REFERENCES", "UTF-8", "ALL")) == [b"(1 2)(3)"]
    _, fetched = connection.fetch("1", "(FLAGS BODY.PEEK[])")
    assert isinstance(fetched[0], tuple)
    assert fetched[0][1] == letter(1)
    assert b"(\\Flagged" in lines(connection.store("2", "+FLAGS", "(\\Flagged)"))[0]
    assert lines(connection.copy("1:2", "Kept/Deep")) is not None
    assert lines(connection.store("1:2", "+FLAGS.SILENT", "(\\Deleted)")) == []
    assert lines(connection.expunge()) == [b"2", b"1"]
    assert lines(connection.status("Kept/Deep", "(MESSAGES UNSEEN)")) == [b"Kept/Deep (MESSAGES 2 UNSEEN 2)"]
    assert lines(connection.namespace()) == [
        b'(("" "/")) (("Shared Folders/User/" "/")) (("Shared Folders/" "/"))'
    ]
    assert lines(connection.rename("Kept/Deep", "Elsewhere")) is not None
    assert lines(connection.getacl("INBOX")) == [b"INBOX %b lrswipkxteacd" % person.name.encode()]
    assert lines(connection.myrights("INBOX"))[0].startswith(b"INBOX l")
    assert b"(STORAGE " in b"".join(lines(connection.getquota(person.name)))
    assert lines(connection.delete("Elsewhere")) is not None
    assert lines(connection.check()) is not None
    assert lines(connection.close()) is not None
    assert lines(connection.noop()) is not None


def test_names_in_utf_8_once_enabled(connection: imaplib.IMAP4) -> None:
    assert lines(connection.enable("UTF8=ACCEPT")) is not None
    assert lines(connection.create('"Grüße"')) is not None
    assert any("Grüße".encode() in line for line in lines(connection.list()))
