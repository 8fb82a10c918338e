"""Each command as it stands on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.said import wire
from webmail.wire import imap_commands as commands
from webmail.wire.imap_commands import Command, encode
from webmail.wire.imap_fetch_items import binary, body, header_fields, reply_key
from webmail.wire.imap_search import All, From, Text
from webmail.wire.imap_sets import SequenceSet, UidSet
from webmail.wire.imap_tokens import values
from webmail.wire.imap_values import LiteralStream, Synchronising

UIDS = UidSet.of([7, 8, 9, 12])
WHEN = datetime(2026, 2, 1, 8, 5, 0, tzinfo=timezone(timedelta(hours=1)))

COMMANDS: list[tuple[Command, bytes]] = [
    (commands.capability(), b"CAPABILITY"),
    (commands.noop(), b"NOOP"),
    (commands.logout(), b"LOGOUT"),
    (commands.starttls(), b"STARTTLS"),
    (commands.namespace(), b"NAMESPACE"),
    (commands.check(), b"CHECK"),
    (commands.close(), b"CLOSE"),
    (commands.unselect(), b"UNSELECT"),
    (commands.idle(), b"IDLE"),
    (commands.id_(), b"ID NIL"),
    (commands.id_({"name": "Webmail", "version": "1"}), b'ID ("name" "Webmail" "version" "1")'),
    (commands.authenticate("PLAIN"), b"AUTHENTICATE PLAIN"),
    (commands.authenticate("PLAIN", b"\0a\0b"), b"AUTHENTICATE PLAIN AGEAYg=="),
    (commands.authenticate("EXTERNAL", b""), b"AUTHENTICATE EXTERNAL ="),
    (commands.login("ann", "p w"), b'LOGIN "ann" "p w"'),
    (commands.login('"', "pä\r\n"), b'LOGIN "\\"" {5+}\r\np\xc3\xa4\r\n'),
    (commands.proxyauth("ann"), b'PROXYAUTH "ann"'),
    (commands.enable("UTF8=ACCEPT", "CONDSTORE"), b"ENABLE UTF8=ACCEPT CONDSTORE"),
    (commands.select("Gelöscht"), b"SELECT Gel&APY-scht"),
    (commands.examine("INBOX", condstore=True), b"EXAMINE INBOX (CONDSTORE)"),
    (commands.create("a b"), b'CREATE "a b"'),
    (commands.create("Sent", use="\\Sent"), b"CREATE Sent (USE (\\Sent))"),
    (commands.delete("x"), b"DELETE x"),
    (commands.rename("x", "y z"), b'RENAME x "y z"'),
    (commands.subscribe("x"), b"SUBSCRIBE x"),
    (commands.unsubscribe("x"), b"UNSUBSCRIBE x"),
    (commands.list_("", "*"), b'LIST "" "*"'),
    (commands.list_("", ["INBOX", "Ä/%"]), b'LIST "" ("INBOX" "&AMQ-/%")'),
    (
        commands.list_(
            "", "*", select=["SUBSCRIBED", "RECURSIVEMATCH"], return_=["SPECIAL-USE"], status=["UNSEEN"]
        ),
        b'LIST (SUBSCRIBED RECURSIVEMATCH) "" "*" RETURN (SPECIAL-USE STATUS (UNSEEN))',
    ),
    (commands.lsub("", "*"), b'LSUB "" "*"'),
    (commands.status("INBOX", ["MESSAGES", "UNSEEN"]), b"STATUS INBOX (MESSAGES UNSEEN)"),
    (commands.append("x", b"a\r\n"), b"APPEND x {3+}\r\na\r\n"),
    (
        commands.append("x", b"a\r\n", ["\\Seen", "$MDNSent"], WHEN),
        b'APPEND x (\\Seen $MDNSent) " 1-Feb-2026 08:05:00 +0100" {3+}\r\na\r\n',
    ),
    (commands.append("x", b"\xc3\xa4", utf8_header=True), b"APPEND x UTF8 (~{2+}\r\n\xc3\xa4)"),
    (commands.append("x", LiteralStream(3, [b"a", b"bc"])), b"APPEND x {3+}\r\nabc"),
    (commands.append("x", LiteralStream(2, [b"ab"]), utf8_header=True), b"APPEND x UTF8 (~{2+}\r\nab)"),
    (commands.getquotaroot("INBOX"), b"GETQUOTAROOT INBOX"),
    (commands.expunge(), b"EXPUNGE"),
    (commands.expunge(UIDS), b"UID EXPUNGE 7:9,12"),
    (commands.search(All()), b"UID SEARCH ALL"),
    (commands.search([]), b"UID SEARCH ALL"),
    (commands.search([From("ann"), Text("x y")]), b'UID SEARCH FROM ann TEXT "x y"'),
    (commands.search(All(), return_=["COUNT", "ALL"], uid=False), b"SEARCH RETURN (COUNT ALL) ALL"),
    (commands.search(All(), return_=[]), b"UID SEARCH RETURN () ALL"),
    (commands.search(Text("ä")), b"UID SEARCH CHARSET UTF-8 TEXT {2+}\r\n\xc3\xa4"),
    (commands.fetch(UIDS, ["UID", "FLAGS"]), b"UID FETCH 7:9,12 (UID FLAGS)"),
    (
        commands.fetch(
            SequenceSet.since(3), [body("1.2", 0, 4096), binary("2"), header_fields(["To"])], uid=False
        ),
        b"FETCH 3:* (BODY.PEEK[1.2]<0.4096> BINARY.PEEK[2] BODY.PEEK[HEADER.FIELDS (To)])",
    ),
    (
        commands.fetch(UIDS, ["FLAGS"], changed_since=5, vanished=True),
        b"UID FETCH 7:9,12 (FLAGS) (CHANGEDSINCE 5 VANISHED)",
    ),
    (commands.store(UIDS, "+FLAGS.SILENT", ["\\Seen"]), b"UID STORE 7:9,12 +FLAGS.SILENT (\\Seen)"),
    (commands.store(UIDS, "FLAGS", [], uid=False), b"STORE 7:9,12 FLAGS ()"),
    (
        commands.store(UIDS, "-FLAGS", ["$x"], unchanged_since=9),
        b"UID STORE 7:9,12 (UNCHANGEDSINCE 9) -FLAGS ($x)",
    ),
    (commands.copy(UIDS, "Archive"), b"UID COPY 7:9,12 Archive"),
    (commands.move(UIDS, "Archive", uid=False), b"MOVE 7:9,12 Archive"),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=lambda value: str(value)[:30])
def test_commands(command: Command, said: bytes) -> None:
    assert wire(command, literal="plus") == b"A1 " + said + b"\r\n"


def test_every_command_is_in_the_table() -> None:
    functions = {
        name for name, what in vars(commands).items() if getattr(what, "__module__", "") == commands.__name__
    }
    functions -= {"Command", "encode", "date_time"} | {name for name in functions if name.startswith("_")}
    tried = {command.name.removeprefix("UID ").lower() for command, _ in COMMANDS}
    assert {name.rstrip("_") for name in functions} == tried


def test_utf8_mode_changes_names_and_charset() -> None:
    assert wire(commands.select("Gelöscht"), utf8=True) == 'A1 SELECT "Gelöscht"\r\n'.encode()
    assert wire(commands.search(Text("ä")), utf8=True) == 'A1 UID SEARCH TEXT "ä"\r\n'.encode()


def test_a_synchronising_literal_waits_inside_of_a_command() -> None:
    pieces = encode("A7", commands.login("ä", "ö"))
    assert pieces == [b"A7 LOGIN {2}\r\n", b"\xc3\xa4 {2}\r\n", b"\xc3\xb6\r\n"]
    assert [isinstance(piece, Synchronising) for piece in pieces] == [True, True, False]


def test_what_a_log_may_see() -> None:
    assert commands.login("ann", "geheim").public == 'LOGIN "ann" ****'
    assert commands.authenticate("PLAIN", b"geheim").public == "AUTHENTICATE PLAIN ****"
    assert commands.append("Entwürfe", b"geheim\r\n").public == 'APPEND "Entwürfe" {8}'
    assert commands.append("x", LiteralStream(8, [])).public == "APPEND x {8}"
    assert "geheim" not in repr(commands.login("ann", "geheim"))
    assert "geheim" not in repr(commands.authenticate("PLAIN", b"geheim"))


@pytest.mark.parametrize("tag", ["", "*", "+", "A 1", "A1\r\n", "A1\n", "Ä", "x" * 65])
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        encode(tag, commands.noop())


@pytest.mark.parametrize("name", ["", "noop", "NOOP\r\n", "NOOP\n", "UID FETCH 1", "A  B"])
def test_what_is_no_command(name: str) -> None:
    with pytest.raises(ValueError, match="command"):
        Command(name)


@pytest.mark.parametrize(
    "item",
    [
        "",
        "FLAGS UID",
        "FLAGS)",
        "BODY[1",
        "BODY[]]",
        "BODY[0]",
        "BODY[1..2]",
        "BODY[01]",
        "BODY[MIME.1]",
        "BODY[HEADER.FIELDS ()]",
        "BODY[HEADER.FIELDS (a b\r\n)]",
        "BODY[HEADER.FIELDS (a(b)]",
        'BODY[HEADER.FIELDS ("a")]',
        "BODY[]<0>",
        "BODY[]<0.0>",
        "BODY[]<-1.5>",
        "BODY[]<0.5>x",
        "BINARY[TEXT]",
        "BINARY[1.MIME]",
        "FLAGS\n",
        "١",
        "BODY[١]",
    ],
)
def test_what_is_no_fetch_item(item: str) -> None:
    with pytest.raises(ValueError, match="FETCH"):
        commands.fetch(UIDS, [item])


@given(st.text())
def test_a_section_from_outside_stays_a_section(section: str) -> None:
    try:
        command = commands.fetch(UIDS, [body(section, 0, 5), binary(section)])
    except ValueError:
        return
    assert len(values(wire(command))) == 5


@pytest.mark.parametrize("what", ["", "FLAGS ", "flags", "+FLAGS.LOUD", "FLAGS\n", "X-GM-LABELS"])
def test_what_is_no_way_to_store(what: str) -> None:
    with pytest.raises(ValueError, match="STORE"):
        commands.store(UIDS, what, ["\\Seen"])


def test_nothing_is_not_a_set_of_messages() -> None:
    for command in (
        commands.expunge,
        lambda uids: commands.copy(uids, "x"),
        lambda uids: commands.fetch(uids, ["UID"]),
    ):
        with pytest.raises(ValueError, match="empty"):
            command(UidSet.of([]))


def test_moments() -> None:
    assert commands.date_time(WHEN) == " 1-Feb-2026 08:05:00 +0100"
    assert commands.date_time(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == "31-Dec-2026 23:59:59 +0000"
    odd = timezone(timedelta(minutes=53, seconds=28))
    assert commands.date_time(datetime(1890, 1, 1, tzinfo=odd)) == " 1-Jan-1890 00:00:00 +0053"
    with pytest.raises(ValueError, match="zone"):
        commands.date_time(datetime(2026, 1, 1))  # noqa: DTZ001 - naive is the point


def test_under_which_name_an_answer_comes() -> None:
    assert reply_key(body("1.2", 512, 4096)) == "BODY[1.2]<512>"
    assert reply_key(body()) == "BODY[]"
    assert reply_key(binary("1", 0, 10)) == "BINARY[1]<0>"
    assert reply_key(header_fields(["References", "To"])) == "BODY[HEADER.FIELDS (REFERENCES TO)]"
    assert reply_key(header_fields(["To"], "3")) == "BODY[3.HEADER.FIELDS (TO)]"
