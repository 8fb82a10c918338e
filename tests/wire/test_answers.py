"""What a server says: octet for octet, and as our own client reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from inspect import isfunction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.thrice import read
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as answers
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_commands import date_time as written_by_a_client
from webmail.wire.imap_fetch import date_time as read_by_a_client
from webmail.wire.imap_print import astring, date_time, flag_list, mailbox, nstring, nstring8, string
from webmail.wire.imap_replies import (
    Capability,
    Code,
    Condition,
    Continuation,
    Enabled,
    ESearch,
    Exists,
    Expunge,
    Flags,
    Id,
    MailboxList,
    Namespace,
    Namespaces,
    Other,
    Quota,
    QuotaRoot,
    Recent,
    Reply,
    Search,
    Status,
    Tagged,
    Vanished,
)
from webmail.wire.imap_sets import Page, SequenceSet
from webmail.wire.imap_tokens import values
from webmail.wire.imap_utf7 import encode_utf7

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)

SAID: list[tuple[bytes, bytes, Reply]] = [
    (answers.ok("done", tag="A1"), b"A1 OK done", Tagged("A1", "OK", None, "done")),
    (
        answers.no("gone", b"NONEXISTENT", "A1"),
        b"A1 NO [NONEXISTENT] gone",
        Tagged("A1", "NO", Code("NONEXISTENT"), "gone"),
    ),
    (answers.bad("what?"), b"* BAD what?", Condition("BAD", None, "what?")),
    (answers.bye("bye"), b"* BYE bye", Condition("BYE", None, "bye")),
    (answers.ok("a\r\nb\0"), b"* OK a b", Condition("OK", None, "a b")),
    (answers.ok(""), b"* OK .", Condition("OK", None, ".")),
    (answers.ok("[ALERT] x"), b"* OK  [ALERT] x", Condition("OK", None, " [ALERT] x")),
    (answers.ok("x {3}"), b"* OK x {3}.", Condition("OK", None, "x {3}.")),
    (answers.ok("\ud800ä"), "* OK ä".encode(), Condition("OK", None, "ä")),
    (answers.continuation("go on"), b"+ go on", Continuation("go on")),
    (answers.challenge(), b"+ ", Continuation("")),
    (answers.challenge(b"User"), b"+ VXNlcg==", Continuation("VXNlcg==")),
    (
        answers.capability(["IMAP4rev1", "IDLE"]),
        b"* CAPABILITY IMAP4rev1 IDLE",
        Capability(frozenset({"IMAP4REV1", "IDLE"})),
    ),
    (answers.enabled(["CONDSTORE"]), b"* ENABLED CONDSTORE", Enabled(frozenset({"CONDSTORE"}))),
    (answers.enabled([]), b"* ENABLED", Enabled(frozenset())),
    (answers.id_({"name": "W", "x": None}), b'* ID ("name" "W" "x" NIL)', Id({"name": "W", "x": ""})),
    (answers.id_({}), b"* ID NIL", Id({})),
    (answers.language(["de", "en"]), b"* LANGUAGE (de en)", Other("LANGUAGE", (("de", "en"),))),
    (
        answers.xserverinfo({"MANAGEACCOUNTURL": "http://x", "Y": None}),
        b'* XSERVERINFO MANAGEACCOUNTURL "http://x" Y NIL',
        Other("XSERVERINFO", ("MANAGEACCOUNTURL", b"http://x", "Y", None)),
    ),
    (answers.exists(3), b"* 3 EXISTS", Exists(3)),
    (answers.recent(0), b"* 0 RECENT", Recent(0)),
    (answers.expunge(7), b"* 7 EXPUNGE", Expunge(7)),
    (answers.vanished(SequenceSet.of([1, 2, 3, 9])), b"* VANISHED 1:3,9", Vanished("1:3,9", earlier=False)),
    (
        answers.vanished(SequenceSet.of([4]), earlier=True),
        b"* VANISHED (EARLIER) 4",
        Vanished("4", earlier=True),
    ),
    (answers.flags(["\\Seen", "$x"]), b"* FLAGS (\\Seen $x)", Flags(("\\Seen", "$x"))),
    (
        answers.list_("Gelöscht", "/", ["\\Trash"]),
        b'* LIST (\\Trash) "/" Gel&APY-scht',
        MailboxList(frozenset({"\\trash"}), "/", "Gelöscht"),
    ),
    (
        answers.list_("", "/", ["\\Noselect"]),
        b'* LIST (\\Noselect) "/" ""',
        MailboxList(frozenset({"\\noselect"}), "/", ""),
    ),
    (
        answers.list_("a b", None, child_info=["SUBSCRIBED"], old_name="c"),
        b'* LIST () NIL "a b" ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" (c))',
        MailboxList(frozenset(), None, "a b", "c", frozenset({"SUBSCRIBED"})),
    ),
    (answers.lsub("x", "/"), b'* LSUB () "/" x', MailboxList(frozenset(), "/", "x")),
    (
        answers.status("INBOX", {"MESSAGES": 3, "UIDNEXT": 9}),
        b"* STATUS INBOX (MESSAGES 3 UIDNEXT 9)",
        Status("INBOX", {"MESSAGES": 3, "UIDNEXT": 9}),
    ),
    (
        answers.status("x", {"MAILBOXID": "M1", "APPENDLIMIT": None, "SIZE": 5}),
        b"* STATUS x (MAILBOXID (M1) APPENDLIMIT NIL SIZE 5)",
        Status("x", {"SIZE": 5}),
    ),
    (
        answers.namespace(Namespaces((Namespace("", "/"),), (Namespace("Ü/", "/"),), ())),
        b'* NAMESPACE (("" "/")) ((&ANw-/ "/")) NIL',
        Namespaces((Namespace("", "/"),), (Namespace("Ü/", "/"),), ()),
    ),
    (answers.search([2, 84]), b"* SEARCH 2 84", Search((2, 84))),
    (answers.search([]), b"* SEARCH", Search(())),
    (answers.search([2], 917), b"* SEARCH 2 (MODSEQ 917)", Search((2,))),
    (answers.sort([5, 3]), b"* SORT 5 3", Other("SORT", (5, 3))),
    (answers.thread(b"(2)(3 6)"), b"* THREAD (2)(3 6)", Other("THREAD", ((2,), (3, 6)))),
    (answers.thread(b""), b"* THREAD", Other("THREAD", ())),
    (answers.esearch("A1", uid=False), b'* ESEARCH (TAG "A1")', ESearch("A1", uid=False, values={})),
    (
        answers.esearch("A1", uid=True, least=2, most=9, all_=[2, 3, 9], count=3, modseq=7),
        b'* ESEARCH (TAG "A1") UID MIN 2 MAX 9 ALL 2:3,9 COUNT 3 MODSEQ 7',
        ESearch("A1", uid=True, values={"MIN": 2, "MAX": 9, "ALL": "2:3,9", "COUNT": 3, "MODSEQ": 7}),
    ),
    (
        answers.esearch("A1", uid=False, all_=[5, 3, 4], count=0, page=(Page(-1, -3), [3, 4, 5])),
        b'* ESEARCH (TAG "A1") ALL 5,3:4 PARTIAL (-1:-3 3:5) COUNT 0',
        ESearch("A1", uid=False, values={"ALL": "5,3:4", "PARTIAL": ("-1:-3", "3:5"), "COUNT": 0}),
    ),
    (
        answers.esearch("A1", uid=True, page=(Page(1, 500), [])),
        b'* ESEARCH (TAG "A1") UID PARTIAL (1:500 NIL)',
        ESearch("A1", uid=True, values={"PARTIAL": ("1:500", None)}),
    ),
    (
        answers.quota("", {"STORAGE": (10, 512), "MESSAGE": (1, 2)}),
        b'* QUOTA "" (STORAGE 10 512 MESSAGE 1 2)',
        Quota("", {"STORAGE": (10, 512), "MESSAGE": (1, 2)}),
    ),
    (answers.quotaroot("INBOX", [""]), b'* QUOTAROOT INBOX ""', QuotaRoot("INBOX", ("",))),
    (
        answers.acl("x", [("ann", "lr"), ("-bob smith", "")]),
        b'* ACL x ann lr "-bob smith" ""',
        Other("ACL", ("x", "ann", "lr", b"-bob smith", b"")),
    ),
    (
        answers.listrights("x", "ann", "", ["l", "kxc"]),
        b'* LISTRIGHTS x ann "" l kxc',
        Other("LISTRIGHTS", ("x", "ann", b"", "l", "kxc")),
    ),
    (answers.myrights("x", "lrs"), b"* MYRIGHTS x lrs", Other("MYRIGHTS", ("x", "lrs"))),
    (
        answers.metadata("", [("/shared/a", b"b"), ("/private/c", None), ("/private/d", b"\0")]),
        b'* METADATA "" (/shared/a "b" /private/c NIL /private/d ~{1}\r\n\0)',
        Other("METADATA", (b"", ("/shared/a", b"b", "/private/c", None, "/private/d", b"\0"))),
    ),
    (
        answers.metadata_changed("x", ["/shared/a", "/private/b"]),
        b"* METADATA x /shared/a /private/b",
        Other("METADATA", ("x", "/shared/a", "/private/b")),
    ),
]

CODES: list[tuple[bytes, Code]] = [
    (codes.badcharset(), Code("BADCHARSET", (("US-ASCII", "UTF-8"),))),
    (codes.badevent(["FlagChange"]), Code("BADEVENT", ("(FlagChange)",))),
    (codes.capability(["IMAP4rev1", "X"]), Code("CAPABILITY", ("IMAP4rev1", "X"))),
    (codes.permanentflags(["\\Seen", "\\*"]), Code("PERMANENTFLAGS", (("\\Seen", "\\*"),))),
    (codes.uidvalidity(5), Code("UIDVALIDITY", (5,))),
    (codes.uidnext(5), Code("UIDNEXT", (5,))),
    (codes.unseen(5), Code("UNSEEN", (5,))),
    (codes.appenduid(7, [3, 4]), Code("APPENDUID", (7, "3:4"))),
    (codes.copyuid(7, [3, 4, 9], [11, 12, 13]), Code("COPYUID", (7, "3:4,9", "11:13"))),
    (codes.highestmodseq(9), Code("HIGHESTMODSEQ", (9,))),
    (codes.modified([7, 9]), Code("MODIFIED", ("7,9",))),
    (codes.mailboxid("F1"), Code("MAILBOXID", ("(F1)",))),
    (codes.longentries(2199), Code("METADATA", ("LONGENTRIES", 2199))),
    (codes.metadata_maxsize(5), Code("METADATA", ("MAXSIZE", 5))),
    (codes.TOOMANY, Code("METADATA", ("TOOMANY",))),
    (codes.NOPRIVATE, Code("METADATA", ("NOPRIVATE",))),
    (b"READ-ONLY", Code("READ-ONLY")),
]


@pytest.mark.parametrize(("answer", "octets", "reply"), SAID, ids=lambda value: str(value)[:40])
def test_answers(answer: bytes, octets: bytes, reply: Reply) -> None:
    assert answer == octets + b"\r\n"
    assert read(octets) == reply


@pytest.mark.parametrize(("code", "read_as"), CODES, ids=str)
def test_response_codes(code: bytes, read_as: Code) -> None:
    assert read(answers.ok("x", code).removesuffix(b"\r\n")) == Condition("OK", read_as, "x")


def test_every_answer_and_code_is_tried() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    for module, prefix in ((answers, "answers"), (codes, "codes")):
        made = {
            name
            for name, what in vars(module).items()
            if isfunction(what) and what.__module__ == module.__name__
        }
        untried = {name for name in made if not name.startswith("_") and f"{prefix}.{name}(" not in here}
        assert untried <= {"status_reply"}


@given(TEXTS | st.binary().filter(lambda octets: b"\0" not in octets), st.booleans())
def test_strings_are_read_back_as_one_value(value: str | bytes, utf8: bool) -> None:
    octets = value.encode() if isinstance(value, str) else value
    assert values(b"x " + string(value, utf8=utf8) + b" y") == ["x", octets, "y"]
    assert values(b"x " + nstring(value, utf8=utf8) + b" y") == ["x", octets, "y"]
    found = values(b"x " + astring(value, utf8=utf8) + b" y")[1]
    assert (str(found).encode() if isinstance(found, int | str) else found) == octets


@given(st.binary())
def test_octets_with_nul_are_read_back_as_one_value(octets: bytes) -> None:
    assert values(b"x " + nstring8(octets) + b" y") == ["x", octets, "y"]


def test_nul_is_in_no_string() -> None:
    assert nstring(None) == nstring8(None) == b"NIL"
    with pytest.raises(ValueError, match="NUL"):
        string("a\0")


@given(NAMES, st.booleans())
def test_names_are_read_back(name: str, utf8: bool) -> None:
    shown = mailbox(name, utf8=utf8)
    assert shown.isascii() or utf8
    found = read(answers.list_(name, "/", utf8=utf8).removesuffix(b"\r\n"), utf8=utf8)
    assert isinstance(found, MailboxList)
    assert found.name == ("INBOX" if name.upper() == "INBOX" else name)
    assert utf8 or len(encode_utf7(name)) > 1024 or b"\r" not in shown


@given(st.text())
def test_any_text_is_one_line_for_people(text: str) -> None:
    found = read(answers.no(text, tag="A1").removesuffix(b"\r\n"))
    assert isinstance(found, Tagged)
    assert found.code is None
    assert found.text


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001 - the zone is drawn too
def test_dates_are_as_a_client_writes_and_reads_them(moment: datetime, zone: int) -> None:
    when = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=zone)))
    seconds = int((when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    shown = date_time(seconds, zone)
    assert shown == f'"{written_by_a_client(when)}"'.encode()
    assert read_by_a_client(shown[1:-1]) == when
    assert Arguments([shown]).date_time() == (seconds, zone)


def test_flags_are_as_they_are_stored() -> None:
    assert flag_list([]) == b"()"
    assert flag_list(["\\Seen", "$Forwarded"]) == b"(\\Seen $Forwarded)"
