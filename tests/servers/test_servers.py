"""The servers of the tests do what the tests rely on."""

from __future__ import annotations

import imaplib
import smtplib
import ssl

import pytest
from playwright.sync_api import Browser

from tests.servers.backend import Backend, Mail
from tests.servers.certificates import Authority
from tests.servers.chromium import page_of
from tests.servers.mailbox import deliver, encoded, fill, imap, messages, wait_for
from tests.servers.postfix import SIZE_LIMIT, Postfix

NOTE = b"From: x@elsewhere.test\r\nSubject: note\r\n\r\nHello\r\n"


def test_administrator_acts_for_a_person_over_verified_tls(
    certificates: Authority, dovecot_b: Backend
) -> None:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with imaplib.IMAP4_SSL(dovecot_b.host, dovecot_b.imaps, ssl_context=context) as connection:
        proof = f"dave\0{dovecot_b.admin}\0{dovecot_b.adminpass}".encode()
        connection.authenticate("PLAIN", lambda _: proof)
        assert connection.select("INBOX")[0] == "OK"


def test_backends_know_only_their_own_people(dovecot_a: Backend, dovecot_b: Backend) -> None:
    for dovecot, stranger in ((dovecot_a, dovecot_b), (dovecot_b, dovecot_a)):
        with imaplib.IMAP4(dovecot.host, dovecot.imap) as connection, pytest.raises(imaplib.IMAP4.error):
            connection.login(f"alice*{stranger.admin}", stranger.adminpass)


def test_mailbox_is_filled_in_order_with_flags(dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    mails = [Mail(NOTE.replace(b"note", b"%d" % n), frozenset({"seen"} if n % 2 else ())) for n in range(20)]
    assert fill(dovecot_a, name, mails) == 20
    assert fill(dovecot_a, name, [NOTE], "Grüße/Köln & 東京") == 1
    assert [message.split(b"Subject: ")[1][:2].strip() for message in messages(dovecot_a, name)] == [
        b"%d" % n for n in range(20)
    ]
    with imap(dovecot_a, name) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.search(None, "SEEN")[1] == [b"2 4 6 8 10 12 14 16 18 20"]
        listed = b"".join(line for line in connection.list()[1] if isinstance(line, bytes))
    assert encoded("Grüße/Köln & 東京").encode() in listed
    assert messages(dovecot_a, name, "Grüße/Köln & 東京") == [NOTE]


def test_mta_delivers_to_both_backends(
    certificates: Authority, postfix: Postfix, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    here, there = dovecot_a.spare().name, dovecot_b.spare().name
    with smtplib.SMTP(postfix.host, postfix.smtp) as smtp:
        smtp.starttls(context=ssl.create_default_context(cafile=str(certificates.ca)))
        refused = smtp.sendmail(
            "x@elsewhere.test", [postfix.address(here), postfix.address(there), "y@far.test"], NOTE
        )
    assert refused == {}
    for dovecot, name in ((dovecot_a, here), (dovecot_b, there)):
        assert b"Hello" in wait_for(dovecot, name)[0]
    deliver(dovecot_a, here, NOTE)
    assert len(messages(dovecot_a, here)) == 2


def test_mta_refuses_strangers_at_rcpt_and_announces_its_size(postfix: Postfix) -> None:
    with smtplib.SMTP(postfix.host, postfix.smtp) as smtp:
        smtp.ehlo()
        assert smtp.esmtp_features["size"] == str(SIZE_LIMIT)
        smtp.mail("x@elsewhere.test")
        assert smtp.rcpt(postfix.address("nobody"))[0] == 550


def test_submission_wants_a_password(postfix: Postfix) -> None:
    with smtplib.SMTP(postfix.host, postfix.submission) as smtp:
        smtp.ehlo()
        smtp.mail("x@elsewhere.test")
        assert smtp.rcpt("y@far.test")[0] == 554
        smtp.rset()
        smtp.login("alice", "secret")
        smtp.mail("x@elsewhere.test")
        assert smtp.rcpt("y@far.test")[0] == 250


def test_small_mailbox_has_a_quota(dovecot_a: Backend) -> None:
    with imap(dovecot_a, "small") as connection:
        status, answer = connection.append("INBOX", "", "", NOTE + b"x" * 1_200_000)
    assert (status, b"OVERQUOTA" in answer[0]) == ("NO", True)


def test_chromium_shows_a_page(browser: Browser) -> None:
    with page_of(browser, "http://127.0.0.1:1", javascript=True) as page:
        page.set_content("<button>Sign in</button><script>document.title = 'ran'</script>")
        assert page.get_by_role("button", name="Sign in").is_visible()
        assert page.title() == "ran"
