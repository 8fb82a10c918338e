"""Marking, moving, copying, deleting and filing, with a second client that looks on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from tests.backend.talk import box, config, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.mailbox import deliver, fill, imap, messages
from webmail.errors import AlreadyExists, BadRequest, NotFound, OverQuota
from webmail.http.backend.mailbox import Box

WITHOUT = "MOVE UIDPLUS"  # what older servers lack


async def subjects(it: Box, folder: str) -> list[str]:
    return [row.subject for row in (await it.page(folder)).rows]


def test_flags_are_set_and_removed(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one"), mail("two")])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            uids = [row.uid for row in page.rows]
            await it.flag("INBOX", page.uidvalidity, uids, add=["\\seen", "$Forwarded"], remove=["\\flagged"])
            assert all(row.seen and row.forwarded for row in (await it.page("INBOX")).rows)
            await it.flag("INBOX", page.uidvalidity, uids[:1], remove=["\\Seen", "$Forwarded"])
            assert [row.seen for row in (await it.page("INBOX")).rows] == [False, True]

    run(change())


def test_a_flag_that_is_set_already_is_no_error(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one")])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            for _ in range(2):
                await it.flag("INBOX", page.uidvalidity, [page.rows[0].uid], add=["\\Seen"])

    run(change())


def test_changing_what_is_gone(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one")])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            gone = [page.rows[0].uid + 1]
            with pytest.raises(NotFound, match="message"):
                await it.flag("INBOX", page.uidvalidity, gone, add=["\\Seen"])
            with pytest.raises(NotFound, match="message"):
                await it.move("INBOX", page.uidvalidity, gone, "Trash")
            with pytest.raises(NotFound, match="message"):
                await it.copy("INBOX", page.uidvalidity, gone, "Trash")
            with pytest.raises(NotFound, match="rebuilt"):
                await it.delete("INBOX", page.uidvalidity + 1, [page.rows[0].uid])
            with pytest.raises(NotFound, match="folder"):
                await it.move("INBOX", page.uidvalidity, [page.rows[0].uid], "No such folder")
            with pytest.raises(BadRequest):
                await it.flag("INBOX", page.uidvalidity, [page.rows[0].uid], add=["\\Seen) FLAGS (x"])
            with pytest.raises(BadRequest):
                await it.flag("INBOX", page.uidvalidity, [], add=["\\Seen"])
            assert await subjects(it, "INBOX") == ["one"]

    run(change())


@pytest.mark.parametrize("lacking", ["", "MOVE", WITHOUT])
def test_changing_what_came_after_the_folder_was_selected(run: Run, dovecot_a: Backend, lacking: str) -> None:
    """A connection that selected the folder before does not know the UIDs that another one listed."""
    name = dovecot_a.spare().name
    who = person(name, dovecot_a.host)
    fill(dovecot_a, name, [mail("old")])

    async def change() -> None:
        async with (
            pool(config(dovecot_a, ignorecapabilities=lacking)) as made,
            made.lease(who) as one,
            made.lease(who) as two,
        ):

            async def arrived(subject: str) -> tuple[str, int, list[int]]:
                await two.page("INBOX")
                deliver(dovecot_a, name, mail(subject))
                page = await one.page("INBOX")
                assert page.rows[0].subject == subject
                return "INBOX", page.uidvalidity, [page.rows[0].uid]

            await two.flag(*await arrived("flagged"), add=["\\Flagged"])
            assert (await one.page("INBOX")).rows[0].flagged
            await two.copy(*await arrived("copied"), "Archive")
            await two.move(*await arrived("moved"), "Archive")
            await two.delete(*await arrived("deleted"))
            assert await subjects(one, "INBOX") == ["copied", "flagged", "old"]
            assert await subjects(one, "Archive") == ["moved", "copied"]
            assert await subjects(one, "Trash") == ["deleted"]

    run(change())


@pytest.mark.parametrize("lacking", ["", "MOVE", WITHOUT])
def test_moving_and_copying(run: Run, dovecot_a: Backend, lacking: str) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one"), mail("two"), mail("three")])

    async def change() -> None:
        async with box(dovecot_a, name, ignorecapabilities=lacking) as it:
            page = await it.page("INBOX")
            three, two, _ = (row.uid for row in page.rows)
            await it.move("INBOX", page.uidvalidity, [three], "Archive")
            await it.copy("INBOX", page.uidvalidity, [two], "Archive")
            assert await subjects(it, "INBOX") == ["two", "one"]
            assert await subjects(it, "Archive") == ["two", "three"]

    run(change())


@pytest.mark.parametrize("lacking", ["", WITHOUT])
def test_what_others_marked_as_deleted_stays(run: Run, dovecot_a: Backend, lacking: str) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("theirs"), mail("ours"), mail("kept")])
    with imap(dovecot_a, name) as other:
        other.select("INBOX")
        other.store("1", "+FLAGS", "(\\Deleted)")

    async def change() -> None:
        async with box(dovecot_a, name, ignorecapabilities=lacking) as it:
            page = await it.page("INBOX")
            assert await it.delete("INBOX", page.uidvalidity, [page.rows[1].uid]) == "trash"
            page = await it.page("INBOX")
            assert [(row.subject, "\\deleted" in row.flags) for row in page.rows] == [
                ("kept", False),
                ("theirs", True),
            ]
            assert await subjects(it, "Trash") == ["ours"]

    run(change())


def test_deleting_twice_is_for_good(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("unwanted"), mail("kept")])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            page = await it.page("INBOX")
            assert await it.delete("INBOX", page.uidvalidity, [page.rows[1].uid]) == "trash"
            trash = await it.page("Trash")
            assert await it.delete("Trash", trash.uidvalidity, [trash.rows[0].uid]) == "gone"
            assert await subjects(it, "Trash") == []
            assert await subjects(it, "INBOX") == ["kept"]

    run(change())


def test_trash_is_made_where_there_is_none(run: Run, dovecot_a: Backend) -> None:
    """Also when it vanishes between the folder list and the deletion."""
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("one"), mail("two")])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            await it.folders()
            with imap(dovecot_a, name) as other:
                other.delete("Trash")
            page = await it.page("INBOX")
            assert await it.delete("INBOX", page.uidvalidity, [page.rows[0].uid]) == "trash"
            assert await subjects(it, "Trash") == ["two"]
            assert next(f for f in await it.folders() if f.name == "Trash").subscribed

    run(change())


def test_emptying(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail(f"m{n}") for n in range(30)])

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            assert await it.empty_folder("INBOX") == "trash"
            assert (await it.page("Trash")).total == 30
            assert await it.empty_folder("Trash") == "gone"
            assert await it.empty_folder("Trash") == "gone"
            assert (await it.page("Trash")).total == 0

    run(change())


def test_appending_in_blocks(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    content = mail("filed", "x" * 70 + "\r\n") + b"y" * 3_000_000 + b"\r\n"

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(content), 65536):
            yield content[start : start + 65536]

    async def slowly() -> AsyncIterator[bytes]:
        for block in blocks():
            yield block

    async def change() -> None:
        when = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
        async with box(dovecot_a, name) as it:
            uidvalidity, uid = await it.append("Sent", len(content), blocks(), ["\\seen"], when) or (0, 0)
            message = await it.open("Sent", uidvalidity, uid)
            assert (message.summary.subject, message.summary.seen) == ("filed", True)
            assert message.summary.received == when
            assert await it.append("Sent", len(content), slowly()) == (uidvalidity, uid + 1)
        assert messages(dovecot_a, name, "Sent") == [content, content]

    run(change())


@pytest.mark.parametrize("claimed", [-1, 1])
def test_a_wrong_size_ends_the_connection(run: Run, dovecot_a: Backend, claimed: int) -> None:
    name = dovecot_a.spare().name
    content = mail("wrong")

    async def change() -> None:
        with pytest.raises(ValueError, match="octets"):
            async with box(dovecot_a, name) as it:
                await it.append("Sent", len(content) + claimed, [content])
        assert messages(dovecot_a, name, "Sent") == []

    run(change())


def test_appending_to_a_folder_that_is_gone(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            content = mail("kept")
            assert await it.append("Lists/grüße", len(content), [content])
            assert await subjects(it, "Lists/grüße") == ["kept"]
            with pytest.raises(BadRequest):
                await it.append("Sent", 1, [b"x"], flags=["a b"])

    run(change())


def test_no_room(run: Run, dovecot_a: Backend) -> None:
    """A refusal comes before the message is sent, and the connection stays in order."""

    async def change() -> None:
        content = mail("big") + b"x" * 2_000_000
        async with box(dovecot_a, "small") as it:
            assert await it.quota() == (0, 1024 * 1024)
            with pytest.raises(OverQuota):
                await it.append("INBOX", len(content), [content])
            assert (await it.page("INBOX")).total == 0

    run(change())


def test_no_limit_is_no_quota(run: Run, dovecot_a: Backend) -> None:
    async def ask() -> None:
        async with box(dovecot_a, "alice", ignorecapabilities="QUOTA") as it:
            assert await it.quota() is None

    run(ask())


@pytest.mark.parametrize("lacking", ["", WITHOUT])
def test_a_draft_takes_the_place_of_its_older_copy(run: Run, dovecot_a: Backend, lacking: str) -> None:
    name = dovecot_a.spare().name

    async def change() -> None:
        async with box(dovecot_a, name, ignorecapabilities=lacking) as it:
            other = mail("another", Message_ID="<other@x.test>")
            await it.save_draft("<other@x.test>", len(other), [other])
            for text in ("first", "second", "third"):
                content = mail(text, Message_ID="<draft@x.test>")
                folder, uidvalidity, uid = await it.save_draft("<draft@x.test>", len(content), [content])
                assert folder == "Drafts"
                message = await it.open(folder, uidvalidity, uid or 0)
                assert (message.summary.subject, message.summary.draft) == (text, True)
            assert await subjects(it, "Drafts") == ["third", "another"]
            await it.drop_draft("<draft@x.test>")
            assert await subjects(it, "Drafts") == ["another"]
            for nothing in ("", "<>", "a\r\nb c", "<ü@x.test>"):
                with pytest.raises(BadRequest):
                    await it.drop_draft(nothing)
            assert await subjects(it, "Drafts") == ["another"]

    run(change())


def test_what_was_sent_is_found(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            content = mail("sent", Message_ID="<sent@x.test>")
            assert not await it.find_sent("<sent@x.test>")
            await it.append(await it.special("sent"), len(content), [content])
            assert await it.find_sent("<sent@x.test>")
            assert not await it.find_sent("<other@x.test>")

    run(change())


def test_folders_are_made_renamed_and_deleted(run: Run, dovecot_a: Backend) -> None:
    name = dovecot_a.spare().name
    odd = 'a "quoted" back\\slash & grüße 📬 {3}'

    async def change() -> None:
        async with box(dovecot_a, name) as it:
            assert await it.create_folder(odd) == odd
            await it.create_folder(f"{odd}/below")
            content = mail("here")
            await it.append(odd, len(content), [content])
            found = {folder.name: folder for folder in await it.folders()}
            assert found[odd].subscribed
            assert (found[odd].messages, found[odd].unseen, found[odd].depth) == (1, 1, 0)
            assert (found[f"{odd}/below"].label, found[f"{odd}/below"].depth) == ("below", 1)
            await it.rename_folder(odd, "Plain")
            found = {folder.name: folder for folder in await it.folders()}
            assert odd not in found
            assert found["Plain"].subscribed
            assert found["Plain/below"].subscribed
            assert await subjects(it, "Plain") == ["here"]
            await it.unsubscribe("Plain")
            assert not {f.name: f for f in await it.folders()}["Plain"].subscribed
            await it.subscribe("Plain")
            await it.delete_folder("Plain/below")
            await it.delete_folder("Plain")
            assert not any(folder.name.startswith("Plain") for folder in await it.folders())
            with pytest.raises(NotFound):
                await it.page("Plain")

    run(change())


def test_folders_that_cannot_be(run: Run, dovecot_a: Backend) -> None:
    async def change() -> None:
        async with box(dovecot_a, "alice") as it:
            for name in ("", " ", "a//b", "/a", "a\r\nb", "a\0", "x" * 300, "all*", "100%"):
                with pytest.raises(BadRequest):
                    await it.create_folder(name)
            await it.create_folder("Taken")
            for taken in ("inbox", "Taken"):
                with pytest.raises(AlreadyExists):
                    await it.create_folder(taken)
            with pytest.raises(NotFound):
                await it.rename_folder("No such folder", "Other")
            with pytest.raises(NotFound):
                await it.delete_folder("No such folder")

    run(change())
