"""Each command as a server reads it: its values, its strings in every form, and what it is not."""

from __future__ import annotations

import pytest

from tests.wire.asked import NOTHING, PARSERS, ask, literal_forms
from webmail.wire import ProtocolError
from webmail.wire.imap_ask_fetch import BinarySize, Fetch, Section
from webmail.wire.imap_ask_list import Listing
from webmail.wire.imap_ask_mailbox import Create, Known, Rename, Select, StatusItems
from webmail.wire.imap_ask_messages import AppendItem, Copy, Replace, Store
from webmail.wire.imap_ask_notify import BadEvent, EventGroup, Notify
from webmail.wire.imap_ask_rights import Acl, GetMetadata, SetAcl, SetMetadata, SetQuota
from webmail.wire.imap_ask_search import Returns, Search, Sort, SortKey, Thread
from webmail.wire.imap_ask_session import Authenticate, ClientId, Login
from webmail.wire.imap_request import Announced, opening
from webmail.wire.imap_search import All, And, Flagged, From, Subject
from webmail.wire.imap_sets import STAR, Page, Saved, SequenceSet

ALL = SequenceSet.since(1)
SOME = SequenceSet.of([1, 2, 3, 7])
SYNC = Announced(5, synchronising=True)
INFINITE = float("inf")

ASKED: list[tuple[bytes, object]] = [
    (b'LOGIN ann "p w"', Login("ann", "p w")),
    (b'LOGIN "a\\"b" "\xc3\xa4"', Login('a"b', "ä")),
    (b"LOGIN ann NIL", Login("ann", "NIL")),
    (b"AUTHENTICATE plain", Authenticate("PLAIN")),
    (b"AUTHENTICATE PLAIN AGEAYg==", Authenticate("PLAIN", b"\0a\0b")),
    (b"AUTHENTICATE EXTERNAL =", Authenticate("EXTERNAL", b"")),
    (b"ID NIL", ClientId(())),
    (b"ID ()", ClientId(())),
    (b'ID ("Name" "x y" "version" NIL)', ClientId((("name", "x y"), ("version", None)))),
    (b"ENABLE condstore UTF8=ACCEPT CONDSTORE", ("CONDSTORE", "UTF8=ACCEPT")),
    (b"LANGUAGE", ()),
    (b'LANGUAGE de "en"', ("de", "en")),
    (b'PROXYAUTH "ann"', "ann"),
    (b"XSERVERINFO MANAGEACCOUNTURL x", ("MANAGEACCOUNTURL", "X")),
    (b"SELECT inbox", Select("INBOX")),
    (b'EXAMINE "a b" (CONDSTORE)', Select("a b", condstore=True)),
    (b"SELECT x (QRESYNC (7 9))", Select("x", qresync=Known(7, 9))),
    (b"SELECT x (QRESYNC (7 9 1:3,7))", Select("x", qresync=Known(7, 9, SOME))),
    (
        b"SELECT x (condstore qresync (7 9 1:3,7 (1,3:4 2,9:10)))",
        Select(
            "x",
            condstore=True,
            qresync=Known(7, 9, SOME, (SequenceSet.parse("1,3:4"), SequenceSet.parse("2,9:10"))),
        ),
    ),
    (
        b"SELECT x (QRESYNC (7 9 (1 2)))",
        Select("x", qresync=Known(7, 9, None, (SequenceSet.of([1]), SequenceSet.of([2])))),
    ),
    (b"CREATE &AOQ-/b", Create("ä/b")),
    (b'CREATE "x" (USE (\\Sent \\Archive))', Create("x", ("\\Sent", "\\Archive"))),
    (b"CREATE x (USE ())", Create("x")),
    (b'DELETE "x"', "x"),
    (b"SUBSCRIBE x", "x"),
    (b"UNSUBSCRIBE x", "x"),
    (b"GETACL x", "x"),
    (b"MYRIGHTS x", "x"),
    (b"GETQUOTAROOT inbox", "INBOX"),
    (b'RENAME "x" "y z"', Rename("x", "y z")),
    (b"STATUS x (messages UIDNEXT MESSAGES)", StatusItems("x", ("MESSAGES", "UIDNEXT"))),
    (b'LIST "" *', Listing("", ("*",))),
    (b'LIST "" ""', Listing("", ("",))),
    (b'LIST "#x/" "a%"', Listing("#x/", ("a%",))),
    (b"LIST (SUBSCRIBED) a %", Listing("a", ("%",), frozenset({"SUBSCRIBED"}), extended=True)),
    (b'LIST () "" %', Listing("", ("%",), extended=True)),
    (b'LIST "" ("a" b*)', Listing("", ("a", "b*"), extended=True)),
    (b'LIST "" % RETURN ()', Listing("", ("%",), extended=True)),
    (
        b'LIST "" % RETURN (CHILDREN status (UNSEEN MAILBOXID) special-use myrights)',
        Listing(
            "",
            ("%",),
            returns=frozenset({"CHILDREN", "STATUS", "SPECIAL-USE", "MYRIGHTS"}),
            status=("UNSEEN", "MAILBOXID"),
            extended=True,
        ),
    ),
    (b'LSUB "" "*"', Listing("", ("*",))),
    (b"APPEND x {5}", ("x", AppendItem((), None, utf8=False, literal=SYNC))),
    (
        b'APPEND "x" (\\Seen a) " 1-Feb-2026 08:05:00 +0100" ~{5+}',
        (
            "x",
            AppendItem(
                ("\\Seen", "a"),
                (1769929500, 60),
                utf8=False,
                literal=Announced(5, synchronising=False, binary=True),
            ),
        ),
    ),
    (
        b"APPEND x utf8 (~{5}",
        ("x", AppendItem((), None, utf8=True, literal=Announced(5, synchronising=True, binary=True))),
    ),
    (b'UID REPLACE 4 "x" () {5}', (Replace(4, "x"), AppendItem((), None, utf8=False, literal=SYNC))),
    (b"REPLACE * x {5}", (Replace(STAR, "x"), AppendItem((), None, utf8=False, literal=SYNC))),
    (b'COPY 1:3,7 "a b"', Copy(SOME, "a b")),
    (b"UID MOVE $ inbox", Copy(Saved.RESULT, "INBOX")),
    (b"UID EXPUNGE 1:3,7", SOME),
    (b"STORE 1:* +flags.silent (\\deleted)", Store(ALL, "add", ("\\Deleted",), silent=True)),
    (b"UID STORE $ -FLAGS \\Seen a", Store(Saved.RESULT, "remove", ("\\Seen", "a"))),
    (b"STORE 1:* (UNCHANGEDSINCE 0) FLAGS ()", Store(ALL, "replace", (), unchanged_since=0)),
    (b"FETCH 1:* fast", Fetch(ALL, ("FLAGS", "INTERNALDATE", "RFC822.SIZE"))),
    (b"FETCH 1:* ALL", Fetch(ALL, ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"))),
    (b"FETCH 1:* FULL", Fetch(ALL, ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"))),
    (b"UID FETCH $ flags", Fetch(Saved.RESULT, ("FLAGS",))),
    (b"FETCH 1:* (UID uid XSENDER SAVEDATE)", Fetch(ALL, ("UID", "XSENDER", "SAVEDATE"))),
    (b"FETCH 1:* BODY[]", Fetch(ALL, (Section(b"BODY[]", peek=False),))),
    (b"FETCH 1:* rfc822.text", Fetch(ALL, (Section(b"RFC822.TEXT", what="TEXT", peek=False),))),
    (
        b"FETCH 1:* body.peek[1.20.mime]<5.6>",
        Fetch(ALL, (Section(b"BODY[1.20.MIME]<5>", "1.20", "MIME", window=(5, 6)),)),
    ),
    (
        b'FETCH 1:* (BODY.PEEK[2.HEADER.FIELDS.NOT ("To" "x(y" Cc)])',
        Fetch(
            ALL,
            (
                Section(
                    b'BODY[2.HEADER.FIELDS.NOT (To "x(y" Cc)]', "2", "HEADER.FIELDS.NOT", ("To", "x(y", "Cc")
                ),
            ),
        ),
    ),
    (
        b"FETCH 1:* (BINARY[1]<0.9> BINARY.PEEK[] BINARY.SIZE[1.2])",
        Fetch(
            ALL,
            (
                Section(b"BINARY[1]<0>", "1", peek=False, window=(0, 9), decoded=True),
                Section(b"BINARY[]", decoded=True),
                BinarySize(b"BINARY.SIZE[1.2]", "1.2"),
            ),
        ),
    ),
    (b"FETCH 1:* PREVIEW", Fetch(ALL, ("PREVIEW",))),
    (b"FETCH 1:* PREVIEW (LAZY)", Fetch(ALL, ("PREVIEW LAZY",))),
    (b"FETCH 1:* (PREVIEW (LAZY) UID)", Fetch(ALL, ("PREVIEW LAZY", "UID"))),
    (
        b"UID FETCH 1:* PREVIEW (CHANGEDSINCE 5 VANISHED PARTIAL -1:-30)",
        Fetch(ALL, ("PREVIEW",), changed_since=5, vanished=True, page=Page(-1, -30)),
    ),
    (b"SEARCH ALL", Search(All())),
    (b'UID SEARCH CHARSET utf-8 FROM "a" SUBJECT b', Search(And(From("a"), Subject("b")))),
    (b"SEARCH RETURN () FLAGGED", Search(Flagged("\\Flagged"), Returns(frozenset({"ALL"})))),
    (b'SEARCH return (SAVE MIN) CHARSET "US-ASCII" ALL', Search(All(), Returns(frozenset({"SAVE", "MIN"})))),
    (b"SEARCH RETURN (PARTIAL 1:500 COUNT) ALL", Search(All(), Returns(frozenset({"COUNT"}), Page(1, 500)))),
    (b"SEARCH RETURN (PARTIAL -1:-100) ALL", Search(All(), Returns(frozenset(), Page(-1, -100)))),
    (
        b"SORT (reverse date SUBJECT) UTF-8 SEEN",
        Sort((SortKey("DATE", reverse=True), SortKey("SUBJECT")), Flagged("\\Seen")),
    ),
    (
        b"UID SORT RETURN (ALL) (DISPLAYFROM) US-ASCII ALL",
        Sort((SortKey("DISPLAYFROM"),), All(), Returns(frozenset({"ALL"}))),
    ),
    (b"UID THREAD references UTF-8 ALL", Thread("REFERENCES", All())),
    (b'SETACL "x" "ann" lrsw', SetAcl("x", "ann", "replace", "lrsw")),
    (b"SETACL x -ann +cd", SetAcl("x", "-ann", "add", "kxte")),
    (b'SETACL x anyone ""', SetAcl("x", "anyone", "replace", "")),
    (b"SETACL x anyone -rl", SetAcl("x", "anyone", "remove", "lr")),
    (b'DELETEACL "x" ann', Acl("x", "ann")),
    (b"LISTRIGHTS x ann", Acl("x", "ann")),
    (b'GETQUOTA ""', ""),
    (b'SETQUOTA "" (storage 512 MESSAGE 10)', SetQuota("", (("STORAGE", 512), ("MESSAGE", 10)))),
    (b'SETQUOTA "x" ()', SetQuota("x", ())),
    (b'GETMETADATA "" /shared/Comment', GetMetadata("", ("/shared/comment",))),
    (
        b"GETMETADATA (MAXSIZE 1024 DEPTH 1) x (/shared/a /private/b)",
        GetMetadata("x", ("/shared/a", "/private/b"), 1024, 1),
    ),
    (b'GETMETADATA "x" (DEPTH infinity) "/shared/a"', GetMetadata("x", ("/shared/a",), depth=INFINITE)),
    (
        b'SETMETADATA "x" (/private/a "b" "/shared/c" NIL)',
        SetMetadata("x", (("/private/a", b"b"), ("/shared/c", None))),
    ),
    (b"SETMETADATA x (/private/a ~{3+}\r\na\0b)", SetMetadata("x", (("/private/a", b"a\0b"),))),
    (b"NOTIFY NONE", Notify(())),
    (
        b'NOTIFY SET STATUS (selected (MessageNew (UID) MessageExpunge)) (subtree ("a" b) (MailboxName)) (inboxes NONE)',
        Notify(
            (
                EventGroup("SELECTED", frozenset(), frozenset({"MESSAGENEW", "MESSAGEEXPUNGE"}), ("UID",)),
                EventGroup("SUBTREE", frozenset({"a", "b"}), frozenset({"MAILBOXNAME"})),
                EventGroup("INBOXES", frozenset(), frozenset()),
            ),
            status=True,
        ),
    ),
    (
        b"NOTIFY SET (mailboxes x (messageexpunge FlagChange MessageNew))",
        Notify(
            (
                EventGroup(
                    "MAILBOXES", frozenset({"x"}), frozenset({"MESSAGENEW", "MESSAGEEXPUNGE", "FLAGCHANGE"})
                ),
            )
        ),
    ),
    *[(name.encode(), None) for name in NOTHING.split()],
]

REFUSED: list[bytes] = [
    b"NOOP ",
    b"NOOP x",
    b"LOGIN ann",
    b"LOGIN ann secret ",
    b"LOGIN  ann secret",
    b"LOGIN (ann) secret",
    b'LOGIN ann "\xff"',
    b"AUTHENTICATE",
    b"AUTHENTICATE PLAIN A",
    b"AUTHENTICATE PLAIN AG=EAYg",
    b"AUTHENTICATE PLAIN =AAA",
    b"ID",
    b"ID (x y)",
    b'ID ("a")',
    b'ID ("a" "b" "c")',
    b'ID ("a" "b" "A" "c")',
    b'ID ("' + b"a" * 31 + b'" "b")',
    b'ID ("a" "' + b"b" * 1025 + b'")',
    b"ENABLE",
    b"XSERVERINFO",
    b"PROXYAUTH",
    b"SELECT",
    b'SELECT ""',
    b"SELECT x ()",
    b"SELECT x (UNKNOWN)",
    b"SELECT x (QRESYNC)",
    b"SELECT x (QRESYNC (0 9))",
    b"SELECT x (QRESYNC (7))",
    b"SELECT x (QRESYNC (7 9 1:*))",
    b"SELECT x (QRESYNC (7 9 $))",
    b"SELECT x (QRESYNC (7 9 1:3 (1:2 5)))",
    b"SELECT x (QRESYNC (7 9 1:3 ()))",
    b"CREATE x (USE \\Sent)",
    b"CREATE x (USE (Sent))",
    b"CREATE x (OTHER (\\Sent))",
    b"RENAME x",
    b"STATUS x ()",
    b"STATUS x (FOO)",
    b"STATUS x MESSAGES",
    b"LIST * ",
    b"LIST",
    b"LIST (RECURSIVEMATCH) a %",
    b"LIST (RECURSIVEMATCH REMOTE) a %",
    b"LIST (FOO) a %",
    b'LIST "" ()',
    b'LIST "" (' + b" ".join([b"a"] * 21) + b")",
    b'LIST "" (' + b" ".join([b"a" * 1000] * 5) + b")",
    b'LIST "" % RETURN',
    b'LIST "" % RETURN (STATUS)',
    b'LIST "" % RETURN (FOO)',
    b"APPEND x",
    b"APPEND x y",
    b'APPEND x "y" {5}',
    b"APPEND x (\\Recent) {5}",
    b"APPEND x UTF8 ~{5}",
    b"REPLACE 0 x {5}",
    b"REPLACE 1:2 x {5}",
    b"COPY 0 x",
    b"COPY 1",
    b"UID EXPUNGE",
    b"STORE 1 FLAGS",
    b"STORE 1 LABELS (a)",
    b"STORE 1 +FLAGS.LOUD (a)",
    b"STORE 1 (CHANGEDSINCE 1) FLAGS ()",
    b"STORE 1 FLAGS (\\Recent)",
    b"FETCH 1",
    b"FETCH 1 ()",
    b"FETCH 1 (ALL)",
    b"FETCH 1 FOO",
    b"FETCH 1 BODY.PEEK",
    b"FETCH 1 BINARY",
    b"FETCH 1 BINARY.SIZE",
    b"FETCH 1 BINARY.SIZE[1]<0.1>",
    b"FETCH 1 BINARY[TEXT]",
    b"FETCH 1 BINARY[1.MIME]",
    b"FETCH 1 BODY[0]",
    b"FETCH 1 BODY[1.]",
    b"FETCH 1 BODY[1..2]",
    b"FETCH 1 BODY[01]",
    b"FETCH 1 BODY[MIME]",
    b"FETCH 1 BODY[1HEADER]",
    b"FETCH 1 BODY[HEADER.FIELDS]",
    b"FETCH 1 BODY[HEADER.FIELDS ()]",
    b'FETCH 1 BODY[HEADER.FIELDS ("a b")]',
    b'FETCH 1 BODY[HEADER.FIELDS ("a:")]',
    b'FETCH 1 BODY[HEADER.FIELDS ("")]',
    b"FETCH 1 BODY[HEADER (a)]",
    b"FETCH 1 BODY[]<0>",
    b"FETCH 1 BODY[]<0.0>",
    b"FETCH 1 BODY[]<-1.5>",
    b"FETCH 1 BODY[" + b".".join([b"1"] * 102) + b"]",
    b"FETCH 1 FLAGS (VANISHED)",
    b"FETCH 1 FLAGS (CHANGEDSINCE x)",
    b"FETCH 1 FLAGS (PARTIAL 1:-5)",
    b"FETCH 1 FLAGS ()",
    b"SEARCH",
    b"SEARCH RETURN (ALL)",
    b"SEARCH RETURN (FOO) ALL",
    b"SEARCH RETURN (ALL PARTIAL 1:5) ALL",
    b"SEARCH RETURN (PARTIAL 1:5 PARTIAL 6:9) ALL",
    b"SORT () UTF-8 ALL",
    b"SORT (REVERSE) UTF-8 ALL",
    b"SORT (FOO) UTF-8 ALL",
    b"SORT (DATE) ALL",
    b"SORT (" + b" ".join([b"DATE"] * 21) + b") UTF-8 ALL",
    b"THREAD FOO UTF-8 ALL",
    b"THREAD REFERENCES UTF-8",
    b"SETACL x ann q",
    b'SETACL x "" r',
    b"SETACL x ann +-r",
    b"DELETEACL x",
    b"SETQUOTA x STORAGE 5",
    b"SETQUOTA x (STORAGE)",
    b"SETQUOTA x (STORAGE -1)",
    b"GETMETADATA x",
    b"GETMETADATA x ()",
    b"GETMETADATA x comment",
    b"GETMETADATA x /public/comment",
    b"GETMETADATA x /private/",
    b"GETMETADATA x /private//a",
    b'GETMETADATA x "/private/a*"',
    b'GETMETADATA x "/private/a\t"',
    b"GETMETADATA x (DEPTH 2) /private/a",
    b"GETMETADATA (DEPTH 1) x (DEPTH 1) /private/a",
    b"SETMETADATA x (/private/a)",
    b"SETMETADATA x (/private/a b)",
    b"SETMETADATA x /private/a NIL",
    b"NOTIFY",
    b"NOTIFY SET",
    b"NOTIFY SET STATUS",
    b"NOTIFY NONE x",
    b"NOTIFY SET (selected (MessageNew))",
    b"NOTIFY SET (selected (MessageExpunge))",
    b"NOTIFY SET (personal (FlagChange))",
    b"NOTIFY SET (selected (MailboxName))",
    b"NOTIFY SET (selected ())",
    b"NOTIFY SET (other NONE)",
    b"NOTIFY SET (subtree NONE)",
    b"NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
    b"NOTIFY SET (selected NONE) (selected-delayed NONE)",
    b"NOTIFY SET (personal NONE)" + b" (personal NONE)" * 100,
]


@pytest.mark.parametrize(("said", "value"), ASKED, ids=lambda value: str(value)[:40])
def test_commands_with_their_strings_in_every_form(said: bytes, value: object) -> None:
    for form in literal_forms(said):
        assert ask(form) == value


@pytest.mark.parametrize("said", REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_refused(said: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        ask(said)
    assert str(refused.value).isascii()


def test_every_command_is_in_the_table() -> None:
    tried = {opening(b"A1 " + said.partition(b"\r\n")[0]).name.removeprefix("UID ") for said, _ in ASKED}
    assert tried == {name.removeprefix("UID ") for name in PARSERS}


def test_secrets_are_not_shown() -> None:
    assert "geheim" not in repr(ask(b"LOGIN ann geheim"))
    assert "geheim" not in repr(Authenticate("PLAIN", b"\0ann\0geheim"))


def test_an_unknown_event_is_told_apart() -> None:
    with pytest.raises(BadEvent):
        ask(b"NOTIFY SET (personal (AnnotationChange MessageNew MessageExpunge))")


def test_what_a_fetch_marks_as_seen() -> None:
    for seen in (b"BODY[]", b"(UID BODY[1]<0.5>)", b"BINARY[1]", b"RFC822", b"RFC822.TEXT"):
        assert ask(b"FETCH 1 " + seen).sets_seen
    for unseen in (b"BODY", b"BODY.PEEK[]", b"BINARY.PEEK[1]", b"BINARY.SIZE[1]", b"RFC822.HEADER", b"FULL"):
        assert not ask(b"FETCH 1 " + unseen).sets_seen
