"""Messages that come: APPEND of one and of many, with flags and dates, in UTF-8, binary; REPLACE."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.service import Service
from tests.imap.talk import Client, letter, literal


def left_over(imap: Service) -> list[str]:
    """What lies in the stores' directories for messages that are still coming."""
    return [str(path) for path in imap.directory.glob("**/incoming/*")]


def test_append_stores_a_message_that_others_see(alice: Client, another: Another) -> None:
    other = another(alice)
    other.ok("SELECT INBOX")
    answer = alice.fills("INBOX", letter("One"))
    assert answer.code == f"APPENDUID {alice.number('INBOX', 'UIDVALIDITY')} 1"
    assert other.ok("NOOP") == ["* 1 EXISTS", "* 1 RECENT"]
    octets = letter("One").decode()
    assert other.ok("FETCH 1 (FLAGS BODY.PEEK[])") == [
        f"* 1 FETCH (FLAGS (\\Recent) BODY[] {{{len(octets)}}}\r\n{octets})"
    ]


def test_append_keeps_flags_and_date(alice: Client) -> None:
    message = literal(letter())
    alice.ok(b'APPEND INBOX (\\Flagged $Forwarded work) "01-Feb-2003 04:05:06 -0730" ' + message)
    alice.ok(b'APPEND INBOX () " 1-Feb-2003 04:05:06 +0000" ' + message)
    alice.ok("SELECT INBOX")
    assert alice.ok("FETCH 1:2 (FLAGS INTERNALDATE)") == [
        '* 1 FETCH (FLAGS (\\Flagged $Forwarded work \\Recent) INTERNALDATE " 1-Feb-2003 04:05:06 -0730")',
        '* 2 FETCH (FLAGS (\\Recent) INTERNALDATE " 1-Feb-2003 04:05:06 +0000")',
    ]


def test_append_to_the_selected_mailbox_is_told_with_it(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    assert alice.fills("INBOX", letter()) == ["* 1 EXISTS", "* 1 RECENT"]


def test_append_waits_for_the_client_where_the_client_waits_for_it(alice: Client) -> None:
    tag = alice.begins("APPEND INBOX {6}")
    assert alice.hears().startswith("+ ")
    assert alice.hears_nothing()
    alice.says(b"a:b\r\n")
    alice.says(b"c\r\n")
    assert alice.ends(tag).code.startswith("APPENDUID ")


def test_append_refuses_before_the_message_is_sent(alice: Client) -> None:
    alice.no("APPEND Nowhere {100}", "TRYCREATE")
    alice.no("APPEND INBOX {52428801}", "TOOBIG")
    alice.bad("APPEND INBOX (\\Recent) {100}")
    alice.bad('APPEND INBOX "31-Feb-2003 04:05:06 +0000" {100}')
    alice.ok("NOOP")


def test_append_reads_past_a_message_that_was_sent_anyway(alice: Client, imap: Service) -> None:
    alice.no(b"APPEND Nowhere " + literal(b"a NOOP\r\n"), "TRYCREATE")
    alice.bad(b"APPEND INBOX (\\Wrong) " + literal(b"a NOOP\r\n"))
    alice.ok("NOOP")
    assert alice.number("INBOX", "MESSAGES") == 0
    assert left_over(imap) == []


def test_append_takes_a_mailbox_s_name_as_a_literal(alice: Client) -> None:
    alice.ok(b"APPEND " + literal(b"Archive") + b" " + literal(letter()))
    assert alice.number("Archive", "MESSAGES") == 1


# RFC 3502


def test_many_messages_come_at_once_in_their_order(alice: Client, another: Another) -> None:
    other = another(alice)
    other.ok("SELECT INBOX")
    answer = alice.ok(
        b'APPEND INBOX (\\Seen) %b (\\Flagged) "01-Feb-2003 04:05:06 +0000" %b %b'
        % tuple(literal(letter(subject)) for subject in ("One", "Two", "Three"))
    )
    assert answer.code == f"APPENDUID {alice.number('INBOX', 'UIDVALIDITY')} 1:3"
    assert other.ok("NOOP") == ["* 3 EXISTS", "* 3 RECENT"]
    other.ok("STORE 1:3 -FLAGS.SILENT (\\Draft)")
    assert other.ok("FETCH 1:3 (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").like(
        "* 1 FETCH (FLAGS (\\Seen \\Recent) …Subject: One…",
        "* 2 FETCH (FLAGS (\\Flagged \\Recent) …Subject: Two…",
        "* 3 FETCH (FLAGS (\\Recent) …Subject: Three…",
    )


def test_many_messages_come_all_or_none(alice: Client, imap: Service) -> None:
    alice.no(b"APPEND INBOX %b {52428801}" % literal(letter()), "TOOBIG")
    alice.bad(b"APPEND INBOX %b (\\Wrong) %b" % (literal(letter()), literal(letter())))
    alice.bad(b"APPEND INBOX %b nonsense" % literal(letter()))
    alice.no(b"APPEND INBOX %b {0+}\r\n" % literal(letter()), "CANNOT")
    assert alice.number("INBOX", "MESSAGES") == 0
    assert left_over(imap) == []


# RFC 3516


def test_append_takes_octets_as_they_are(alice: Client) -> None:
    message = (
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\1\r\n\xff"
    )
    alice.ok(b"APPEND INBOX ~{%d+}\r\n%b" % (len(message), message))
    alice.ok("SELECT INBOX")
    assert alice.ok("FETCH 1 BINARY.PEEK[1]") == ["* 1 FETCH (BINARY[1] ~{5}\r\n\0\1\r\n\udcff)"]
    assert alice.ok("FETCH 1 BODY.PEEK[1]") == ["* 1 FETCH (BODY[1] {10}\r\nAAENCv8=\r\n)"]


def test_nul_of_careless_senders_is_told_as_something_that_a_literal_may_hold(alice: Client) -> None:
    alice.fills("INBOX", b"X: a\0b\r\n\r\na\0b", b"Subject: s\r\n\r\n" + b"a\0b" * 200_000)
    alice.ok("SELECT INBOX")
    told = alice.ok("FETCH 1:2 (BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (X)])")
    assert "\0" not in str(told[0] + told[1])
    assert "BODY[] {13}\r\nX: a\udc80b\r\n\r\na\udc80b" in told[0]
    assert alice.ok("FETCH 1 BINARY.PEEK[1]") == ["* 1 FETCH (BINARY[1] ~{3}\r\na\0b)"]


# RFC 6855, 4


def test_append_takes_utf8_once_that_is_enabled(alice: Client) -> None:
    message = letter("Grüße", "Schöne Grüße")
    sent = b"APPEND INBOX (\\Seen) UTF8 (~{%d+}\r\n%b)" % (len(message), message)
    alice.bad(sent)
    alice.ok("ENABLE UTF8=ACCEPT")
    alice.ok(sent)
    alice.ok("SELECT INBOX")
    assert "Schöne Grüße" in alice.ok("FETCH 1 BODY.PEEK[]")[0]


# RFC 8508


def test_replace_puts_one_message_in_the_place_of_another(alice: Client, another: Another) -> None:
    alice.fills("Drafts", letter("First"), letter("Other"))
    other = another(alice)
    other.ok("SELECT Drafts")
    alice.ok("SELECT Drafts")
    answer = alice.ok(b"REPLACE 1 Drafts (\\Seen \\Draft) " + literal(letter("Second")))
    assert answer.like("* OK [APPENDUID … 3] …", "* 1 EXPUNGE", "* 2 EXISTS", "* 1 RECENT")
    assert other.ok("NOOP") == ["* 1 EXPUNGE", "* 2 EXISTS", "* 1 RECENT"]
    assert other.ok("FETCH 1:2 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])").like("…Other…", "*…UID 3 …Second…")


def test_replace_by_uid_into_another_mailbox(alice: Client) -> None:
    alice.fills("Drafts", letter("One"), letter("Two"))
    alice.ok("SELECT Drafts")
    assert alice.ok(b"UID REPLACE 2 Sent " + literal(letter("Sent"))).like(
        "* OK [APPENDUID … 1] …", "* 2 EXPUNGE", "* 1 RECENT"
    )
    assert alice.number("Sent", "MESSAGES") == 1


def test_replace_refuses_what_is_not_there(alice: Client, another: Another) -> None:
    alice.fills("Drafts", letter("One"), letter("Two"))
    alice.ok("SELECT Drafts")
    alice.no(b"REPLACE 1 Nowhere " + literal(letter()), "TRYCREATE")
    alice.bad(b"REPLACE 3 Drafts " + literal(letter()))
    alice.no(b"UID REPLACE 3 Drafts " + literal(letter()))
    other = another(alice)
    other.ok("SELECT Drafts")
    other.ok("STORE 1 +FLAGS \\Deleted")
    other.ok("EXPUNGE")
    alice.no(b"REPLACE 1 Drafts " + literal(letter()))
    assert alice.number("Drafts", "MESSAGES") == 1


@pytest.mark.parametrize(
    "command", ["REPLACE 1 Drafts %b %b", "REPLACE 1:2 Drafts %b", "REPLACE $ Drafts %b"]
)
def test_replace_is_of_one_by_one(alice: Client, command: str) -> None:
    alice.fills("Drafts", letter(), letter())
    alice.ok("SELECT Drafts")
    alice.bad(command.replace("%b", "{1+}\r\nx").encode())
    assert alice.number("Drafts", "UIDNEXT") == 3
