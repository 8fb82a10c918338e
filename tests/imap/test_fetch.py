r"""FETCH: every item, sections and windows, what sets \Seen; BINARY, PREVIEW and the ids of objects."""

from __future__ import annotations

import base64
import random
import re
import tempfile
from pathlib import Path

import pytest

from tests.imap.conftest import Another
from tests.imap.service import Service
from tests.imap.talk import Client, letter, literal
from webmail.store import messages
from webmail.store.delivery import Received, deliver_now

PARTS = (
    b"From: Carol <carol@example.test>\r\n"
    b"Subject: Parts\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
    b"Message-ID: <parts@example.test>\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n'
    b"\r\n"
    b"Before.\r\n"
    b"--b\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"Gr=C3=BC=C3=9Fe\r\n"
    b"--b\r\n"
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"AAECAw==\r\n"
    b"--b\r\n"
    b"Content-Type: message/rfc822\r\n"
    b"\r\n"
    b"Subject: Inner\r\n"
    b"\r\n"
    b"Within.\r\n"
    b"--b\r\n"
    b"Content-Type: text/plain\r\n"
    b"Content-Transfer-Encoding: x-secret\r\n"
    b"\r\n"
    b"????\r\n"
    b"--b--\r\n"
)


@pytest.fixture
def box(alice: Client) -> Client:
    """INBOX with one message of four parts, which is not recent any more."""
    alice.fills("INBOX", PARTS)
    alice.ok("SELECT INBOX")
    alice.ok("SELECT INBOX")
    return alice


def section(client: Client, asked: str) -> str:
    """The octets of one section of the first message."""
    (line,) = client.ok(f"FETCH 1 {asked}")
    found = re.fullmatch(
        r"\* 1 FETCH \([A-Z.]+\[[^]]*\](?:<\d+>)? (?:~?\{\d+\}\r\n(.*)|NIL)\)", line, re.DOTALL
    )
    assert found, line
    return found[1] if found[1] is not None else "NIL"


def test_the_macros_stand_for_several_items(box: Client) -> None:
    (line,) = box.ok("FETCH 1 FAST")
    assert re.fullmatch(rf'\* 1 FETCH \(FLAGS \(\) RFC822.SIZE {len(PARTS)} INTERNALDATE ".*"\)', line)
    (line,) = box.ok("FETCH 1 ALL")
    assert " ENVELOPE (" in line
    assert " BODY" not in line
    (line,) = box.ok("FETCH 1 FULL")
    assert ' BODY (("TEXT" "PLAIN" ' in line.upper()


def test_the_envelope(box: Client) -> None:
    date, carol = '"Mon, 2 Mar 2026 10:00:00 +0100"', '(("Carol" NIL "carol" "example.test"))'
    assert box.ok("FETCH 1 ENVELOPE") == [
        f'* 1 FETCH (ENVELOPE ({date} "Parts" {carol} {carol} {carol} NIL NIL NIL NIL "<parts@example.test>"))'
    ]


def test_the_structure(box: Client) -> None:
    (line,) = box.ok("FETCH 1 BODYSTRUCTURE")
    assert re.search(
        r'\("text" "plain" \("charset" "utf-8"\) NIL NIL "quoted-printable" 15 0 NIL', line, re.IGNORECASE
    )
    assert re.search(r'"message" "rfc822" NIL NIL NIL "7bit" \d+ \(NIL "Inner"', line, re.IGNORECASE)
    assert line.endswith('"mixed" ("boundary" "b") NIL NIL NIL))')


@pytest.mark.parametrize(
    ("asked", "octets"),
    [
        ("BODY.PEEK[]", PARTS.decode()),
        ("BODY.PEEK[TEXT]", PARTS.partition(b"\r\n\r\n")[2].decode()),
        ("BODY.PEEK[HEADER]", PARTS.partition(b"\r\n\r\n")[0].decode() + "\r\n\r\n"),
        ("BODY.PEEK[HEADER.FIELDS (SUBJECT nothing)]", "Subject: Parts\r\n\r\n"),
        (
            "BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT FROM DATE MIME-VERSION CONTENT-TYPE)]",
            "Message-ID: <parts@example.test>\r\n\r\n",
        ),
        ("BODY.PEEK[1]", "Gr=C3=BC=C3=9Fe"),
        (
            "BODY.PEEK[1.MIME]",
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        ),
        ("BODY.PEEK[3]", "Subject: Inner\r\n\r\nWithin."),
        ("BODY.PEEK[3.HEADER]", "Subject: Inner\r\n\r\n"),
        ("BODY.PEEK[3.TEXT]", "Within."),
        ("BODY.PEEK[3.1]", "Within."),
        ("BODY.PEEK[9]", "NIL"),
        ("BODY.PEEK[1.HEADER]", "NIL"),
        ("BODY.PEEK[]<0.4>", "From"),
        ("BODY.PEEK[1]<3.5>", "C3=BC"),
        ("BODY.PEEK[1]<1000.5>", ""),
        ("BODY.PEEK[HEADER.FIELDS (SUBJECT)]<9.5>", "Parts"),
        ("RFC822.HEADER", None),
    ],
)
def test_sections(box: Client, asked: str, octets: str | None) -> None:
    if octets is None:
        assert box.ok(f"FETCH 1 {asked}")[0].startswith(f"* 1 FETCH ({asked} {{")
    else:
        assert section(box, asked) == octets
    assert box.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS ())"]


@pytest.mark.parametrize("asked", ["BODY[]", "BODY[1]<0.1>", "RFC822", "RFC822.TEXT", "BINARY[1]"])
def test_reading_sets_seen_and_says_so(box: Client, another: Another, asked: str) -> None:
    other = another(box)
    other.ok("SELECT INBOX")
    answer = box.ok(f"FETCH 1 {asked}")
    assert "FLAGS (\\Seen)" in " ".join(answer)
    assert other.ok("NOOP") == ["* 1 FETCH (FLAGS (\\Seen))"]
    assert len(box.ok(f"FETCH 1 {asked}")) == 1


def test_several_items_come_in_one_line(box: Client) -> None:
    (line,) = box.ok("FETCH 1 (UID FLAGS BODY.PEEK[1] BODY.PEEK[3.1] RFC822.SIZE)")
    assert line.count("FETCH") == 1
    for item in ("UID 1", "FLAGS ()", "BODY[1] {", "BODY[3.1] {", "RFC822.SIZE "):
        assert item in line


def test_fetch_by_uid_always_tells_the_uid(box: Client) -> None:
    assert box.ok("UID FETCH 1 FLAGS") == ["* 1 FETCH (UID 1 FLAGS ())"]
    assert box.ok("UID FETCH 5:9 FLAGS") == []
    assert box.ok("UID FETCH 5:* UID") == ["* 1 FETCH (UID 1)"]
    assert box.ok("FETCH *:1 UID") == ["* 1 FETCH (UID 1)"]


@pytest.mark.parametrize(
    "asked",
    [
        "2 FLAGS", "0 FLAGS", "1", "1 ()", "1 WEATHER", "1 BODY[1", "1 BODY[0]", "1 BODY[HEADER.FIELDS ()]",
        "1 BODY[MIME]", "1 BODY[]<1>", "1 BODY[]<1.0>", "1 (FLAGS (UID))", "1 (FAST)", "x FLAGS", "1:2 FLAGS",
        "1 BINARY[TEXT]", "1 BINARY.SIZE[1]<0.1>", "1 PREVIEW (EAGER)",
    ],
)  # fmt: skip
def test_fetch_refuses_what_is_no_question(box: Client, asked: str) -> None:
    box.bad(f"FETCH {asked}")
    assert box.ok("FETCH 1 UID") == ["* 1 FETCH (UID 1)"]


def test_a_large_message_comes_whole(alice: Client, another: Another) -> None:
    octets = letter(text="\r\n".join(["0123456789" * 7] * 20_000))
    alice.ok(b"APPEND INBOX " + literal(octets))
    other = another(alice)
    other.ok("SELECT INBOX")
    assert section(other, "BODY.PEEK[]") == octets.decode()
    assert section(other, "BODY.PEEK[]<1000000.10>") == octets[1_000_000:1_000_010].decode()


# RFC 3516


@pytest.mark.parametrize(
    ("asked", "octets"),
    [
        ("BINARY.PEEK[1]", "Grüße"),
        ("BINARY.PEEK[2]", "\0\1\2\3"),
        ("BINARY.PEEK[2]<1.2>", "\1\2"),
        ("BINARY.PEEK[1]<0.2>", "Gr"),
        ("BINARY.PEEK[3.1]", "Within."),
        ("BINARY.PEEK[]", PARTS.decode()),
    ],
)
def test_binary_is_without_transfer_encoding(box: Client, asked: str, octets: str) -> None:
    assert section(box, asked) == octets
    assert box.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS ())"]


def test_binary_size_is_that_of_what_is_decoded(box: Client) -> None:
    assert box.ok("FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2])") == [
        "* 1 FETCH (BINARY.SIZE[1] 7 BINARY.SIZE[2] 4)"
    ]


def test_binary_of_an_unknown_encoding_is_refused(box: Client) -> None:
    box.no("FETCH 1 BINARY.PEEK[4]", "UNKNOWN-CTE")
    box.no("FETCH 1 BINARY.SIZE[4]", "UNKNOWN-CTE")
    assert section(box, "BODY.PEEK[4]") == "????"


# RFC 8970


def test_a_preview_is_the_beginning_of_the_text(box: Client) -> None:
    box.ok("ENABLE UTF8=ACCEPT")
    assert box.ok("FETCH 1 PREVIEW") == box.ok("FETCH 1 PREVIEW (LAZY)")
    assert box.ok("FETCH 1 PREVIEW")[0].endswith("Grüße)")


# RFC 8474, RFC 8514


def test_the_id_of_a_message_stays_when_it_is_copied_or_moved(box: Client) -> None:
    (line,) = box.ok("FETCH 1 (EMAILID THREADID)")
    assert re.fullmatch(r"\* 1 FETCH \(EMAILID \([\w-]+\) THREADID \([\w-]+\)\)", line)
    box.ok("COPY 1 Archive")
    box.ok("MOVE 1 Trash")
    for mailbox in ("Archive", "Trash"):
        box.ok(f"SELECT {mailbox}")
        assert box.ok("FETCH 1 (EMAILID THREADID)") == [line]


def test_messages_are_found_by_their_ids(box: Client) -> None:
    box.fills("INBOX", letter("Another"))
    found = re.search(r"EMAILID \((.*)\) THREADID \((.*)\)\)", box.ok("FETCH 2 (EMAILID THREADID)")[-1])
    assert found
    assert box.ok(f"SEARCH EMAILID {found[1]}") == ["* SEARCH 2"]
    assert box.ok(f"SEARCH THREADID {found[2]}") == ["* SEARCH 2"]
    assert box.ok("SEARCH EMAILID Nothing") == ["* SEARCH"]
    assert box.ok("SEARCH THREADID Nothing") == ["* SEARCH"]


def test_answers_share_the_id_of_their_thread(box: Client) -> None:
    box.fills(
        "INBOX", letter("Re: Parts", In_Reply_To="<parts@example.test>", References="<parts@example.test>")
    )
    first, second = box.ok("FETCH 1:* THREADID")[-2:]
    assert first.partition("THREADID")[2] == second.partition("THREADID")[2]


def test_the_date_of_saving_is_that_of_this_mailbox(box: Client) -> None:
    box.ok(b'APPEND INBOX " 1-Feb-2003 04:05:06 +0000" ' + literal(letter("Old")))
    assert re.search(r'SAVEDATE "[ \d]\d-\w{3}-20\d\d ', box.ok("FETCH 2 SAVEDATE")[-1])
    assert box.ok("SEARCH SAVEDSINCE 1-Feb-2020") == ["* SEARCH 1 2"]
    assert box.ok("SEARCH SAVEDBEFORE 1-Feb-2020") == ["* SEARCH"]
    assert box.ok("SEARCH SAVEDATESUPPORTED BEFORE 1-Feb-2020") == ["* SEARCH 2"]


# RFC 9394


def test_fetch_of_a_window(alice: Client) -> None:
    alice.fills("INBOX", *(letter(str(number)) for number in range(5)))
    alice.ok("SELECT INBOX")
    alice.ok("STORE 2 +FLAGS.SILENT \\Deleted")
    alice.ok("EXPUNGE")
    assert alice.ok("UID FETCH 1:* (UID) (PARTIAL 1:2)") == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 3)"]
    assert alice.ok("UID FETCH 1:* (UID) (PARTIAL -1:-2)") == ["* 3 FETCH (UID 4)", "* 4 FETCH (UID 5)"]
    assert alice.ok("UID FETCH 1:* (UID) (PARTIAL 9:20)") == []
    alice.bad("UID FETCH 1:* (UID) (PARTIAL 1:-2)")
    alice.bad("FETCH 1:* (UID) (PARTIAL 1:2)")


# Sun's


def test_who_handed_a_message_in_is_told_where_it_is_known(box: Client, imap: Service) -> None:
    account = imap.opened(box.uid)
    incoming = account.incoming()
    incoming.add(letter("Handed in"))
    received = Received(incoming, (), 0, 0, "carol@example.test")
    deliver_now(account, [received], lambda transaction, arrivals: messages.append(transaction, 1, arrivals))
    box.ok("NOOP")
    assert box.ok("FETCH 1:2 XSENDER") == [
        "* 1 FETCH (XSENDER NIL)",
        '* 2 FETCH (XSENDER "carol@example.test")',
    ]


def test_a_decoded_part_is_kept_nowhere(
    alice: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Forty windows of a part of 20 MB took 800 MB of /tmp, which may be memory, or full."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    octets = random.Random(1).randbytes(3_000_000)
    head = b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    alice.fills("INBOX", head + base64.encodebytes(octets).replace(b"\n", b"\r\n"))
    alice.ok("SELECT INBOX")
    windows = [(0, 3_000_000), (1, 300_000), (2_999_000, 500_000), (700_001, 262_145)]
    items = " ".join(f"BINARY.PEEK[1]<{first}.{count}>" for first, count in windows)
    (line,) = alice.ok(f"FETCH 1 ({items} BINARY.SIZE[1])")
    for first, count in windows:
        told = octets[first : first + count]
        assert f"BINARY[1]<{first}> ~{{{len(told)}}}\r\n".encode() + told in line.encode(
            "utf-8", "surrogateescape"
        )
    assert line.endswith("BINARY.SIZE[1] 3000000)")
