"""Every kind of reply but FETCH, as servers send them and as they ought not to."""

from __future__ import annotations

import pytest

from tests.wire.thrice import read
from webmail.wire import ProtocolError
from webmail.wire.imap_parse import parse
from webmail.wire.imap_replies import (
    Capability,
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

NAMES = [  # as it stands in LIST, what it means
    (b"INBOX", "INBOX"),
    (b"inbox", "INBOX"),
    (b'"Inbox"', "INBOX"),
    (b"Inbox/Bills", "Inbox/Bills"),
    (b'"Sent Items"', "Sent Items"),
    (b'"a \\"quoted\\" \\\\ name"', 'a "quoted" \\ name'),
    (b'":( (nested"', ":( (nested"),
    (b"[Gmail]/Drafts", "[Gmail]/Drafts"),
    (b'{8}\r\nwith\r\n"x', 'with\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"x'),
    (b"{4+}\r\n{3})", "{3})"),
    (b"2026", "2026"),
    (b"007", "007"),
    (b"Gel&APY-scht", "Gelöscht"),
    (b"A&-B", "A&B"),
    (b"&ZeVnLIqe-", "日本語"),
    (b"&2D3cAA-", "\N{RAT}"),
    (b"broken&ZZ", "broken&ZZ"),
    ("Grüße".encode(), "Grüße"),
    (b'"Gr\xfc\xdfe"', "Grüße"),
    (b'""', ""),
]


@pytest.mark.parametrize(("said", "name"), NAMES)
def test_a_mailbox_name_in_any_form(said: bytes, name: str) -> None:
    assert read(b'* LIST (\\HasNoChildren) "/" ' + said) == MailboxList(
        frozenset({"\\hasnochildren"}), "/", name
    )


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert read('* LIST () "/" "Gelöscht &-"'.encode(), utf8=True) == MailboxList(
        frozenset(), "/", "Gelöscht &-"
    )


REPLIES: list[tuple[bytes, Reply]] = [
    (b"* OK", Condition("OK", None, "")),
    (b"* OK ready {3}", Condition("OK", None, "ready {3}")),
    (b'* ok (unbalanced "', Condition("OK", None, '(unbalanced "')),
    (b"* PREAUTH IMAP4rev1 logged in as Smith", Condition("PREAUTH", None, "IMAP4rev1 logged in as Smith")),
    (b"* BYE Autologout; idle for too long", Condition("BYE", None, "Autologout; idle for too long")),
    (b"* BYE", Condition("BYE", None, "")),
    (b"* NO Disk is 98% full", Condition("NO", None, "Disk is 98% full")),
    (b"* BAD \xff\xfe junk", Condition("BAD", None, "\ufffd\ufffd junk")),
    (b"A1 OK done", Tagged("A1", "OK", None, "done")),
    (b"A1 no", Tagged("A1", "NO", None, "")),
    (b"BEEF12 BAD {3}", Tagged("BEEF12", "BAD", None, "{3}")),
    (b"+ idling", Continuation("idling")),
    (b"+", Continuation("")),
    (b"+ ", Continuation("")),
    (b"+ eyJzdGF0dXMi {5}", Continuation("eyJzdGF0dXMi {5}")),
    (b"* 172 EXISTS", Exists(172)),
    (b"* 0 exists", Exists(0)),
    (b"* 5 RECENT", Recent(5)),
    (b"* 44 EXPUNGE", Expunge(44)),
    (b"* VANISHED 405,407,410:425", Vanished("405,407,410:425", earlier=False)),
    (b"* VANISHED 405", Vanished("405", earlier=False)),
    (b"* VANISHED (EARLIER) 41,43:116", Vanished("41,43:116", earlier=True)),
    (b"* CAPABILITY IMAP4rev1 auth=PLAIN", Capability(frozenset({"IMAP4REV1", "AUTH=PLAIN"}))),
    (b"* CAPABILITY", Capability(frozenset())),
    (b"* ENABLED CONDSTORE utf8=accept", Enabled(frozenset({"CONDSTORE", "UTF8=ACCEPT"}))),
    (b"* ENABLED", Enabled(frozenset())),
    (b"* FLAGS (\\Seen $Forwarded 1 NIL [x])", Flags(("\\Seen", "$Forwarded", "1", "[x]"))),
    (b"* LSUB () NIL Drafts", MailboxList(frozenset(), None, "Drafts")),
    (b'* LIST (\\Noselect) "\\\\" x', MailboxList(frozenset({"\\noselect"}), "\\", "x")),
    (
        b'* LIST () "/" New ("OLDNAME" ("&AOk-t&AOk-"))',
        MailboxList(frozenset(), "/", "New", old_name="été"),
    ),
    (
        b'* LIST () "/" Above ("CHILDINFO" ("SUBSCRIBED") "X-NEW" {2}\r\n(( "X-MORE" (("x") y))',
        MailboxList(frozenset(), "/", "Above", child_info=frozenset({"SUBSCRIBED"})),
    ),
    (
        b'* STATUS "Gel&APY-scht" (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F2212) HIGHESTMODSEQ 7011231777)',
        Status("Gelöscht", {"MESSAGES": 231, "UIDNEXT": 44292, "HIGHESTMODSEQ": 7011231777}),
    ),
    (b"* STATUS INBOX ()", Status("INBOX", {})),
    (
        b'* NAMESPACE (("" "/")) NIL (("#shared/" "/")("Gel&APY-scht." "." "X-PARAM" ("a" "b")))',
        Namespaces((Namespace("", "/"),), (), (Namespace("#shared/", "/"), Namespace("Gelöscht.", "."))),
    ),
    (b'* NAMESPACE (("" NIL)) NIL NIL', Namespaces((Namespace("", None),), (), ())),
    (b"* SEARCH 2 3 6", Search((2, 3, 6))),
    (b"* SEARCH", Search(())),
    (b"* SEARCH 2 5 (MODSEQ 917162500)", Search((2, 5))),
    (
        b'* ESEARCH (TAG "A282") UID MIN 2 COUNT 3 ALL 2,10:11',
        ESearch("A282", uid=True, values={"MIN": 2, "COUNT": 3, "ALL": "2,10:11"}),
    ),
    (b'* ESEARCH (TAG "A") ALL 5', ESearch("A", uid=False, values={"ALL": "5"})),
    (b"* ESEARCH UID", ESearch(None, uid=True, values={})),
    (b"* ESEARCH", ESearch(None, uid=False, values={})),
    (
        b'* ESEARCH (MAILBOX "x" TAG "A" UIDVALIDITY 1) COUNT 0',
        ESearch("A", uid=False, values={"COUNT": 0}),
    ),
    (
        b'* QUOTA "User quota" (STORAGE 10 512 MESSAGE 3 100)',
        Quota("User quota", {"STORAGE": (10, 512), "MESSAGE": (3, 100)}),
    ),
    (b'* QUOTA "" ()', Quota("", {})),
    (b'* QUOTAROOT INBOX "" {2}\r\n"x', QuotaRoot("INBOX", ("", '"x'))),
    (b"* QUOTAROOT comp.mail.mime", QuotaRoot("comp.mail.mime", ())),
    (b'* ID ("Name" "Cyrus" "version" NIL)', Id({"name": "Cyrus", "version": ""})),
    (b"* ID NIL", Id({})),
    (b"* THREAD (2)(3 6 (4 23))", Other("THREAD", ((2,), (3, 6, (4, 23))))),
    (b"* XNEWS it's \"unbalanced) text", Other("XNEWS", (b"it's \"unbalanced) text\r\n",))),
    (b"* 12 XNEWS", Other("XNEWS", (12,))),
    (b"* LIST what", Other("LIST", ("what",))),
    (b"* STATUS", Other("STATUS", ())),
]


@pytest.mark.parametrize(("said", "meant"), REPLIES, ids=lambda value: str(value)[:40])
def test_replies(said: bytes, meant: Reply) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"*",
        b"* ",
        b"* (",
        b"A1",
        b"A1 PERHAPS",
        b"A1 OKAY",
        b"hello",
        b"+no",
        b"* LIST (",
        b"* LIST () NIL x)",
        b'* LIST () "',
        b'* LIST () "/" "\\"',
        b"* LIST () NIL {6}\r\nabc",
        b"* 1 FETCH (FLAGS (\\Seen)",
        b'* 1 FETCH (BODY[] "a\r\nb")',
        b"* OK a\r\nb",
        b"* SEARCH " + b"(" * 101 + b")" * 101,
    ],
)
def test_what_is_no_reply(said: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(said + b"\r\n")
