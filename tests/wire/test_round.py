"""What our client writes is what our server reads, for each command of the client."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import isfunction
from typing import Any

import pytest

from tests.wire.asked import PARSERS, pieces
from tests.wire.said import joined
from webmail.wire import imap_commands as commands
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_fetch import Fetch, Section
from webmail.wire.imap_ask_list import Listing
from webmail.wire.imap_ask_mailbox import Create, Rename, Select, StatusItems
from webmail.wire.imap_ask_messages import Copy, Store
from webmail.wire.imap_ask_search import Returns, Search
from webmail.wire.imap_ask_session import Authenticate, ClientId, Login
from webmail.wire.imap_commands import Command, encode
from webmail.wire.imap_fetch_items import binary, body, header_fields
from webmail.wire.imap_request import opening
from webmail.wire.imap_search import And, Text
from webmail.wire.imap_sets import SequenceSet, UidSet
from webmail.wire.imap_values import LiteralStyle

UIDS = UidSet.of([7, 8, 9, 12])
NAME = 'Gelöscht/"x" &\\'

ROUND: list[tuple[Command, object]] = [
    *[(command, None) for command in (
        commands.capability(), commands.noop(), commands.logout(), commands.starttls(), commands.namespace(),
        commands.check(), commands.close(), commands.unselect(), commands.idle(), commands.expunge(),
    )],
    (commands.id_(), ClientId(())),
    (commands.id_({"name": "Wëb", "version": "1"}), ClientId((("name", "Wëb"), ("version", "1")))),
    (commands.authenticate("PLAIN"), Authenticate("PLAIN")),
    (commands.authenticate("PLAIN", b"\0a\0b"), Authenticate("PLAIN", b"\0a\0b")),
    (commands.authenticate("EXTERNAL", b""), Authenticate("EXTERNAL", b"")),
    (commands.login('ä"\\', "p\r\n"), Login('ä"\\', "p\r\n")),
    (commands.proxyauth("NIL"), "NIL"),
    (commands.enable("UTF8=ACCEPT", "CONDSTORE"), ("UTF8=ACCEPT", "CONDSTORE")),
    (commands.select(NAME, condstore=True), Select(NAME, condstore=True)),
    (commands.examine("INBOX"), Select("INBOX")),
    (commands.create(NAME, use="\\Sent"), Create(NAME, ("\\Sent",))),
    (commands.delete(NAME), NAME),
    (commands.rename(NAME, "a b"), Rename(NAME, "a b")),
    (commands.subscribe(NAME), NAME),
    (commands.unsubscribe(NAME), NAME),
    (commands.list_("", ["*", NAME], select=["SUBSCRIBED"], return_=["SPECIAL-USE"], status=["UNSEEN"]),
        Listing("", ("*", NAME), frozenset({"SUBSCRIBED"}), frozenset({"SPECIAL-USE", "STATUS"}), ("UNSEEN",),
            extended=True)),
    (commands.lsub(NAME, "%"), Listing(NAME, ("%",))),
    (commands.status(NAME, ["MESSAGES", "UNSEEN"]), StatusItems(NAME, ("MESSAGES", "UNSEEN"))),
    (commands.getquotaroot(NAME), NAME),
    (commands.expunge(UIDS), UIDS),
    (commands.search([Text(NAME), Text("b")]), Search(And(Text(NAME), Text("b")))),
    (commands.search(Text("ä\n"), return_=["COUNT", "ALL"], uid=False),
        Search(Text("ä\n"), Returns(frozenset({"COUNT", "ALL"})))),
    (commands.fetch(SequenceSet.since(3), ["UID", body("1.2", 0, 9), binary("2"), header_fields(["To"])]),
        Fetch(SequenceSet.since(3), (
            "UID",
            Section(b"BODY[1.2]<0>", "1.2", window=(0, 9)),
            Section(b"BINARY[2]", "2", decoded=True),
            Section(b"BODY[HEADER.FIELDS (To)]", "", "HEADER.FIELDS", ("To",)),
        ))),
    (commands.fetch(UIDS, ["FLAGS"], changed_since=5, vanished=True),
        Fetch(UIDS, ("FLAGS",), changed_since=5, vanished=True)),
    (commands.store(UIDS, "+FLAGS.SILENT", ["\\Seen", "$x"], unchanged_since=9),
        Store(UIDS, "add", ("\\Seen", "$x"), silent=True, unchanged_since=9)),
    (commands.copy(UIDS, NAME), Copy(UIDS, NAME)),
    (commands.move(UIDS, NAME, uid=False), Copy(UIDS, NAME)),
]  # fmt: skip


def heard(command: Command, literal: LiteralStyle, *, utf8: bool) -> tuple[str, Any]:
    first, *others = pieces(joined(encode("A1", command, literal=literal, utf8=utf8)))
    begun = opening(first)
    return begun.name, PARSERS[begun.name](Arguments([begun.rest, *others], utf8=utf8))


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("literal", ["sync", "plus", "minus"])
@pytest.mark.parametrize(("command", "value"), ROUND, ids=lambda value: str(value)[:30])
def test_what_our_client_writes(command: Command, value: object, literal: LiteralStyle, utf8: bool) -> None:
    assert heard(command, literal, utf8=utf8) == (command.name, value)


@pytest.mark.parametrize("utf8", [False, True])
def test_a_message_that_our_client_appends(utf8: bool) -> None:
    when = datetime(2026, 2, 1, 8, 5, tzinfo=UTC)
    command = commands.append(NAME, b"a\r\n", ["\\Seen"], when, utf8_header=utf8)
    *before, message, end = pieces(joined(encode("A1", command, utf8=utf8)))
    first, *others = before
    mailbox, item = PARSERS["APPEND"](Arguments([opening(first).rest, *others], utf8=utf8))
    assert (mailbox, item.flags, item.when, item.utf8) == (NAME, ("\\Seen",), (1769933100, 0), utf8)
    assert (item.literal.size, message, end) == (3, b"a\r\n", b")" if utf8 else b"")


def test_every_command_of_the_client_is_in_the_table() -> None:
    made = {
        name
        for name, what in vars(commands).items()
        if isfunction(what) and what.__module__ == commands.__name__
    }
    made = {name.rstrip("_") for name in made if not name.startswith("_")} - {"encode", "date_time", "append"}
    assert made == {command.name.removeprefix("UID ").lower() for command, _ in ROUND}
