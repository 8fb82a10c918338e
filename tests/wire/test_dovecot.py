"""The grammar against a real Dovecot: what it says is understood, what we say does what it means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.servers.dovecot import Dovecot
from tests.wire.talk import Talk, logged_in
from webmail.wire import imap_commands as commands
from webmail.wire import imap_search as keys
from webmail.wire.imap_fetch_items import binary, body, header_fields, reply_key
from webmail.wire.imap_line import LiteralStyle
from webmail.wire.imap_replies import (
    Capability,
    Code,
    Enabled,
    ESearch,
    Expunge,
    Fetch,
    Id,
    MailboxList,
    Namespaces,
    Part,
    Quota,
    QuotaRoot,
    Search,
    Status,
    Vanished,
)
from webmail.wire.imap_sets import SequenceSet, UidSet
from webmail.wire.imap_values import LiteralStream

SUBJECTS = [
    b"5 * 3 = 15",
    b"5* hotel * best",
    b"Hello :(",
    b"))) ((",
    b'"\\',
    b'say "hi" \\"',
    b"{3}",
    b"~{3+}",
    b"* 1 EXISTS",
    b"NIL",
    b"caf\xe9 \xf0\x9f\x98\x80",
]
FOLDERS = [
    "Gelöscht & Co",
    'say "hi"',
    "{3}",
    "日本語/台北",
    "NIL",
    "[Gmail]",
    "100",
    ":(",
    "\N{RAT}",
    "a\\b",
    "&AOQ-",
]
WHEN = datetime(2026, 2, 1, 8, 5, tzinfo=UTC)
NESTED = b"""\
From: Ann <ann@x.test>
Subject: outer
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

leaf 1.1
--b
Content-Type: text/html; charset=utf-8

leaf 1.2
--b--
--a
Content-Type: message/rfc822
Content-Disposition: attachment; filename="x.eml"

Subject: with many
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: text/plain

leaf 2.1
--c
Content-Type: message/rfc822

Subject: with one

leaf 2.2.1
--c
Content-Type: multipart/mixed; boundary=d

--d
Content-Type: image/png; name*=utf-8''%C3%A4.png

leaf 2.3.1
--d--
--c--
--a
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

bGVhZiAz
--a--
"""


@pytest.fixture(params=[("sync", 65536), ("plus", 65536), ("plus", 5)], ids=["sync", "plus", "pieces"])
def talk(request: pytest.FixtureRequest, dovecot_a: Dovecot) -> Iterator[Talk]:
    literal: LiteralStyle
    literal, step = request.param
    person = dovecot_a.spare()
    with logged_in(
        dovecot_a.host, dovecot_a.imap, person.name, person.password, literal=literal, step=step
    ) as connection:
        yield connection


def mail(subject: bytes, text: bytes = b"text") -> bytes:
    return b"From: Ann <ann@x.test>\r\nSubject: %s\r\nMessage-ID: <m@x>\r\n\r\n%s\r\n" % (subject, text)


def fetched(talk: Talk, *items: str) -> list[Fetch]:
    return talk.all(Fetch, commands.fetch(SequenceSet.since(1), items))


def test_a_subject_comes_back(talk: Talk) -> None:
    for subject in SUBJECTS:
        talk.ok(commands.append("INBOX", mail(subject)))
    talk.ok(commands.select("INBOX"))
    rows = fetched(talk, "ENVELOPE", "BODYSTRUCTURE", header_fields(["Subject"]))
    assert [row.envelope.subject for row in rows if row.envelope] == SUBJECTS
    key = reply_key(header_fields(["Subject"]))
    assert [row.sections[key] for row in rows] == [b"Subject: %s\r\n\r\n" % subject for subject in SUBJECTS]
    assert all(row.structure and row.structure.section == "1" for row in rows)


def test_a_message_comes_back_octet_for_octet(talk: Talk) -> None:
    whole = mail(b"x", b"\r\n* 3 EXPUNGE\r\nT2 OK\r\n)\r\n {5}\r\n~{1}\r\n.\r\n\xff\xfe")
    tagged, _ = talk.ok(commands.append("INBOX", whole, ["\\Seen", "$Forwarded"], WHEN))
    assert tagged.code is not None
    assert tagged.code.name == "APPENDUID"
    assert tagged.code.args[1] == "1"
    talk.ok(commands.append("INBOX", LiteralStream(len(whole), [whole[:9], whole[9:]])))
    talk.ok(commands.select("INBOX"))
    first, second = fetched(talk, "UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", body())
    assert (first.uid, first.size, first.internaldate) == (1, len(whole), WHEN)
    assert set(first.flags or ()) >= {"\\Seen", "$Forwarded"}
    assert first.sections == second.sections == {"BODY[]": whole}


def test_each_section_holds_its_leaf(talk: Talk) -> None:
    """The numbers that we give to parts are the server's."""
    talk.ok(commands.append("INBOX", NESTED.replace(b"\n", b"\r\n")))
    talk.ok(commands.select("INBOX"))
    (row,) = fetched(talk, "BODYSTRUCTURE")
    assert row.structure is not None
    leaves = [part for part in walk(row.structure) if not part.parts]
    assert [part.section for part in leaves] == ["1.1", "1.2", "2.1", "2.2.1", "2.3.1", "3"]
    for part in leaves:
        item = binary(part.section)
        (found,) = fetched(talk, item)
        assert found.sections == {reply_key(item): f"leaf {part.section}".encode()}
    (inner,) = [part for part in walk(row.structure) if part.section == "2"]
    assert inner.envelope is not None
    assert inner.envelope.subject == b"with many"
    assert (inner.disposition, inner.disposition_params) == ("attachment", {"filename": b"x.eml"})


def test_a_multipart_in_a_message_is_found_under_its_section(talk: Talk) -> None:
    talk.ok(commands.append("INBOX", NESTED.replace(b"\n", b"\r\n")))
    talk.ok(commands.select("INBOX"))
    (row,) = fetched(talk, body("2.TEXT", 0, 3), body("2.HEADER"))
    assert row.sections["BODY[2.TEXT]<0>"] == b"--c"
    assert (row.sections["BODY[2.HEADER]"] or b"").startswith(b"Subject: with many\r\n")


def test_messages_without_sense_are_listed_all_the_same(talk: Talk) -> None:
    odd = [
        b"\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: ////;;;===\r\n\r\n",
        b'To: friends: a@b, c@d;, ,<>,(),"\r\nFrom: \xff\r\nDate: \x01\r\n\r\n',
        b'Content-Type: text/plain; name="a\\"b"; name*0=x; =; charset="\r\nContent-Disposition: ;\r\n\r\n',
    ]
    for content in odd:
        talk.ok(commands.append("INBOX", content))
    talk.ok(commands.select("INBOX"))
    rows = fetched(talk, "ENVELOPE", "BODYSTRUCTURE", "BODY")
    assert len(rows) == len(odd)
    assert all(row.envelope and row.structure for row in rows)


def test_folders_of_any_name(talk: Talk) -> None:
    for name in FOLDERS:
        talk.ok(commands.create(name))
        talk.ok(commands.subscribe(name))
    listed = talk.all(MailboxList, commands.list_("", "*"))
    assert {found.name for found in listed} >= set(FOLDERS)
    assert {found.delimiter for found in listed} == {"/"}
    assert {found.name for found in talk.all(MailboxList, commands.lsub("", "*"))} >= set(FOLDERS)
    for name in FOLDERS:
        (status,) = talk.all(Status, commands.status(name, ["MESSAGES", "UIDNEXT", "HIGHESTMODSEQ"]))
        assert (status.name, status.values["MESSAGES"]) == (name, 0)
        talk.ok(commands.select(name))
        talk.ok(commands.unselect())
        talk.ok(commands.rename(name, f"{name}!"))
        talk.ok(commands.delete(f"{name}!"))
    assert not {found.name for found in talk.all(MailboxList, commands.list_("", "*"))} & set(FOLDERS)


def test_list_with_everything_in_one_answer(talk: Talk) -> None:
    talk.ok(commands.append("Sent", mail(b"x")))
    command = commands.list_(
        "", ["INBOX", "*"], return_=["SUBSCRIBED", "CHILDREN", "SPECIAL-USE"], status=["MESSAGES", "UNSEEN"]
    )
    _, replies = talk.ok(command)
    listed = {reply.name: reply for reply in replies if isinstance(reply, MailboxList)}
    counted = {reply.name: reply for reply in replies if isinstance(reply, Status)}
    assert listed["Sent"].flags == {"\\hasnochildren", "\\subscribed", "\\sent"}
    assert counted["Sent"].values == {"MESSAGES": 1, "UNSEEN": 1}
    assert listed.keys() == counted.keys()


def test_search_for_what_a_person_types(talk: Talk) -> None:
    for text in (b"gr\xc3\xbc\xc3\x9fe", b'say "x" (y) {3}', b"plain"):
        talk.ok(commands.append("INBOX", mail(b"x", b"Content: %s" % text), when=WHEN))
    talk.ok(commands.select("INBOX"))
    talk.ok(commands.store(UidSet.of([3]), "+FLAGS.SILENT", ["\\Flagged", "$Label1"]))

    def found(*asked: keys.Key) -> tuple[int, ...]:
        (answer,) = talk.all(Search, commands.search(asked))
        return answer.numbers

    assert found(keys.Body("grüße")) == (1,)
    assert found(keys.Body('say "x" (y) {3}')) == (2,)
    assert found(keys.Or(keys.Body("grüße"), keys.Flagged("$Label1"))) == (1, 3)
    assert found(keys.And(keys.All(), keys.Not(keys.Flagged("\\Flagged"))), keys.Header("Subject", "x")) == (
        1,
        2,
    )
    assert found(keys.From("ann@x"), keys.Since(WHEN.date()), keys.Larger(10), keys.Smaller(500)) == (1, 2, 3)
    assert found(keys.Before(WHEN.date())) == ()
    assert found(keys.Uid(UidSet.of([2, 3]))) == (2, 3)
    assert found(*[keys.Or(*[keys.Subject("x")] * 20)] * 10) == (1, 2, 3)
    (counted,) = talk.all(ESearch, commands.search(keys.All(), return_=["MIN", "MAX", "COUNT", "ALL"]))
    assert counted.uid
    assert counted.values == {"MIN": 1, "MAX": 3, "COUNT": 3, "ALL": "1:3"}


def test_flags_copies_moves_and_expunges(talk: Talk) -> None:
    for number in range(4):
        talk.ok(commands.append("INBOX", mail(b"%d" % number)))
    talk.ok(commands.create("Ziel ä"))
    opened, _ = talk.ok(commands.select("INBOX", condstore=True))
    assert opened.code == Code("READ-WRITE")
    (changed,) = talk.all(Fetch, commands.store(UidSet.of([1]), "+FLAGS", ["\\Seen", "$x"]))
    assert set(changed.flags or ()) >= {"\\Seen", "$x"}
    assert changed.modseq is not None
    copied, _ = talk.ok(commands.copy(UidSet.of([1, 2]), "Ziel ä"))
    assert copied.code is not None
    assert copied.code.args[1:] == ("1:2", "1:2")
    missing, _ = talk.do(commands.copy(UidSet.of([1]), "none"))
    assert (missing.status, missing.code) == ("NO", Code("TRYCREATE"))
    moved = talk.all(Expunge, commands.move(UidSet.of([3]), "Ziel ä"))
    assert moved == [Expunge(3)]
    talk.ok(commands.store(UidSet.of([1, 2]), "+FLAGS.SILENT", ["\\Deleted"]))
    assert talk.all(Expunge, commands.expunge(UidSet.of([2]))) == [Expunge(2)]
    assert talk.all(Expunge, commands.expunge()) == [Expunge(1)]
    assert [row.uid for row in fetched(talk, "UID")] == [4]
    newer = talk.all(Fetch, commands.fetch(SequenceSet.since(1), ["FLAGS"], changed_since=1))
    assert [row.uid for row in newer] == [4]


def test_what_vanished(talk: Talk) -> None:
    for number in range(3):
        talk.ok(commands.append("INBOX", mail(b"%d" % number)))
    assert talk.all(Enabled, commands.enable("QRESYNC")) == [Enabled(frozenset({"QRESYNC"}))]
    talk.ok(commands.select("INBOX"))
    talk.ok(commands.store(UidSet.of([1, 3]), "+FLAGS.SILENT", ["\\Deleted"]))
    assert talk.all(Vanished, commands.expunge()) == [Vanished("1,3", earlier=False)]
    command = commands.fetch(SequenceSet.since(1), ["FLAGS"], changed_since=1, vanished=True)
    assert talk.all(Vanished, command) == [Vanished("1,3", earlier=True)]


def test_what_a_server_says_of_itself(talk: Talk) -> None:
    (capability,) = talk.all(Capability, commands.capability())
    assert {"IMAP4REV1", "LITERAL+", "UIDPLUS", "MOVE", "CONDSTORE"} <= capability.names
    (about,) = talk.all(Id, commands.id_({"name": "test"}))
    assert about.fields["name"] == "Dovecot"
    (spaces,) = talk.all(Namespaces, commands.namespace())
    assert spaces.personal[0].delimiter == "/"
    _, replies = talk.ok(commands.getquotaroot("INBOX"))
    assert QuotaRoot("INBOX", ("User quota",)) in replies
    assert any(isinstance(reply, Quota) and reply.resources["STORAGE"][1] > 0 for reply in replies)
    assert talk.ok(commands.noop())[1] == []
    talk.ok(commands.select("INBOX"))
    talk.ok(commands.check())
    talk.ok(commands.close())


def test_what_is_refused(talk: Talk) -> None:
    tagged, _ = talk.do(commands.select("does not exist"))
    assert (tagged.status, tagged.code) == ("NO", None)
    assert tagged.text.startswith("Mailbox doesn't exist: does not exist")
    talk.ok(commands.create("x"))
    tagged, _ = talk.do(commands.create("x"))
    assert (tagged.status, tagged.code) == ("NO", Code("ALREADYEXISTS"))
    tagged, _ = talk.do(commands.unselect())
    assert tagged.status == "BAD"


def walk(part: Part) -> Iterator[Part]:
    yield part
    for child in part.parts:
        yield from walk(child)
