"""Pages of a folder and messages, as a real Dovecot tells them."""

from __future__ import annotations

import pytest

from tests.backend.talk import box, config, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend, Mail
from tests.servers.mailbox import deliver, fill, imap
from webmail.errors import NotFound

NASTY = (
    "5 * 3 = 15",
    ":(",
    '"\\',
    "* 1 EXISTS",
    "(((",
    "{3}",
    "=?utf-8?q?gr=C3=BC=C3=9Fe?=",
    "5* hotel * best",
)


def test_pages_are_newest_first(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail(f"number {n}") for n in range(1, 121)])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            first, last, beyond = (
                await it.page("INBOX"),
                await it.page("INBOX", 3),
                await it.page("INBOX", 99),
            )
            assert (first.total, first.pages, first.number) == (120, 3, 1)
            assert [row.subject for row in first.rows] == [f"number {n}" for n in range(120, 70, -1)]
            assert [row.subject for row in last.rows] == [f"number {n}" for n in range(20, 0, -1)]
            assert beyond == last

    run(read())


def test_an_empty_folder_has_one_page(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("inbox")
            assert (page.folder, page.total, page.pages, page.rows) == ("INBOX", 0, 1, ())

    run(read())


def test_nasty_subjects_arrive_as_they_are(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    junk = mail("junk \udce9\udcff end")
    fill(dovecot_a, name, [*(mail(subject) for subject in NASTY), junk])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            subjects = [row.subject for row in (await it.page("INBOX")).rows]
            assert subjects[1:] == [s if not s.startswith("=?") else "grüße" for s in reversed(NASTY)]
            assert subjects[0].startswith("junk ")
            assert subjects[0].endswith(" end")

    run(read())


def test_a_row_says_who_when_and_what(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    content = mail("flags", From='"Sales, Inc" <sales@x.test>', To="a@x.test, b@x.test")
    fill(dovecot_a, name, [Mail(content, frozenset({"seen", "flagged", "answered"}), when=1_700_000_000)])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            (row,) = (await it.page("INBOX")).rows
            assert (row.seen, row.flagged, row.answered, row.draft) == (True, True, True, False)
            assert [who.name for who in row.sender] == ["Sales, Inc"]
            assert [who.address for who in row.recipients] == ["a@x.test", "b@x.test"]
            assert row.date.isoformat() == "2026-06-01T10:00:00+02:00"
            assert row.received.timestamp() == 1_700_000_000
            assert row.size == len(content)
            assert not row.attachments

    run(read())


def test_what_arrives_meanwhile_is_on_the_page(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("old")])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            await it.page("INBOX")
            deliver(dovecot_a, name, mail("new"))
            page = await it.page("INBOX")
            assert [row.subject for row in page.rows] == ["new", "old"]
            again = await it.page("INBOX")
            assert again == page

    run(read())


def test_flags_that_others_set_are_on_the_page(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one"), mail("two")])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            assert not any(row.flagged for row in (await it.page("INBOX")).rows)
            with imap(dovecot_a, name) as other:
                other.select("INBOX")
                other.store("1", "+FLAGS", "(\\Flagged $Forwarded)")
            rows = (await it.page("INBOX")).rows
            assert [(row.subject, row.flagged, row.forwarded) for row in rows] == [
                ("two", False, False),
                ("one", True, True),
            ]

    run(read())


def test_opening_tells_the_header_and_the_structure(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    content = mail(
        "open",
        Cc="c@x.test",
        Reply_To="r@x.test",
        In_Reply_To="<0@x.test>",
        References="<a@x.test>\r\n <b@x.test>",
        Content_Type="text/plain; charset=utf-8",
    )
    fill(dovecot_a, name, [content])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            for _ in range(2):  # the second time from the cache
                message = await it.open("INBOX", page.uidvalidity, page.rows[0].uid)
                assert message.summary == page.rows[0]
                assert message.references == "<a@x.test> <b@x.test>"
                assert message.in_reply_to == "<0@x.test>"
                assert [who.address for who in message.cc] == ["c@x.test"]
                assert [who.address for who in message.reply_to] == ["r@x.test"]
                assert (message.structure.type, message.structure.subtype) == ("text", "plain")
            assert await it.part_bytes(message, message.structure, 1000) == b"Hello there.\r\n"
            assert await it.part_bytes(message, message.structure, 5) == b"Hello"
            assert b"Subject: open\r\n" in await it.header_bytes(message)

    run(read())


def test_what_is_gone_is_said(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("here"), mail("soon gone")])

    async def read() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            uid = page.rows[0].uid
            await it.open("INBOX", page.uidvalidity, uid)
            with imap(dovecot_a, name) as other:
                other.select("INBOX")
                other.store("2", "+FLAGS", "(\\Deleted)")
                other.expunge()
            with pytest.raises(NotFound, match="This message is no longer here"):
                await it.open("INBOX", page.uidvalidity, uid)
            with pytest.raises(NotFound, match="This message is no longer here"):
                await it.open("INBOX", page.uidvalidity, 4_000_000_000)
            with pytest.raises(NotFound, match="rebuilt"):
                await it.open("INBOX", page.uidvalidity + 1, uid)
            with pytest.raises(NotFound, match="This folder is no longer here"):
                await it.page("No such folder")
            assert [row.subject for row in (await it.page("INBOX")).rows] == ["here"]

    run(read())


@pytest.mark.parametrize("folder", ["", "a\r\nb", "nul\0", "\ud800", "x" * 5000, "%", "*", '"', "}{3}"])
def test_names_that_no_folder_has(run: Run, dovecot_a: Backend, folder: str) -> None:
    async def read() -> None:
        async with box(dovecot_a, "alice") as it:
            with pytest.raises(NotFound):
                await it.page(folder)

    run(read())


def test_a_message_that_came_after_the_folder_was_selected(run: Run, dovecot_a: Backend) -> None:
    """A connection that selected the folder before does not know the UID that another one listed."""
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("old")])

    async def read() -> None:
        who = person(name, dovecot_a.host)
        async with pool(config(dovecot_a)) as made, made.lease(who) as one, made.lease(who) as two:
            await one.page("INBOX")
            await two.page("INBOX")
            deliver(dovecot_a, name, mail("new"))
            page = await one.page("INBOX")
            message = await two.open("INBOX", page.uidvalidity, page.rows[0].uid)
            assert message.summary.subject == "new"

    run(read())
