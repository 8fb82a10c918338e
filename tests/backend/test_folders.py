"""The tree of folders, from servers that tell it in all the ways there are."""

from __future__ import annotations

import pytest

from tests.backend.impostor import Answer, Impostor
from tests.backend.talk import at, box, mail, person, pool
from tests.conftest import Run
from tests.servers.backend import Backend
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import fill, imap
from webmail.errors import NotAllowed
from webmail.http.backend.model import Folder
from webmail.http.backend.tree import Listed, plant
from webmail.wire.imap_replies import Namespace, Namespaces

FLAT = Namespaces((Namespace("", "/"),), (), ())
UNDER_INBOX = Namespaces((Namespace("INBOX.", "."),), (), ())


def listed(name: str, *flags: str, delimiter: str = "/") -> Listed:
    return Listed(name, delimiter, frozenset(flags))


def shown(tree: tuple[Folder, ...]) -> list[tuple[int, str, str]]:
    return [(folder.depth, folder.label, folder.special) for folder in tree]


def test_special_folders_come_first_then_names_with_their_children() -> None:
    names = [
        "Zoo",
        "work/b",
        "work",
        "Work 2",
        "work/a/deep",
        "Trash",
        "INBOX",
        "Sent",
        "Drafts",
        "INBOX/sub",
        "alpha",
    ]
    assert shown(plant(map(listed, names), FLAT)) == [
        (0, "INBOX", "inbox"),
        (1, "sub", ""),
        (0, "Drafts", "drafts"),
        (0, "Sent", "sent"),
        (0, "Trash", "trash"),
        (0, "alpha", ""),
        (0, "work", ""),
        (1, "a", ""),
        (2, "deep", ""),
        (1, "b", ""),
        (0, "Work 2", ""),
        (0, "Zoo", ""),
    ]


def test_a_marked_folder_goes_before_one_that_is_called_so() -> None:
    tree = plant(
        [listed("INBOX"), listed("Sent"), listed("Gesendet", "\\sent"), listed("Other", "\\sent")], FLAT
    )
    assert shown(tree) == [(0, "INBOX", "inbox"), (0, "Gesendet", "sent"), (0, "Other", ""), (0, "Sent", "")]


def test_under_inbox_nothing_is_a_child_of_it() -> None:
    names = ["INBOX", "INBOX.Sent Items", "INBOX.Lists.a", "INBOX.Trash"]
    tree = plant([listed(name, delimiter=".") for name in names], UNDER_INBOX)
    assert shown(tree) == [
        (0, "INBOX", "inbox"),
        (0, "Sent Items", "sent"),
        (0, "Trash", "trash"),
        (0, "Lists", ""),
        (1, "a", ""),
    ]
    assert not next(folder for folder in tree if folder.label == "Lists").selectable


def test_special_folders_within_one_that_cannot_be_opened() -> None:
    """As Gmail has them."""
    tree = plant(
        [
            listed("INBOX"),
            listed("[Gmail]", "\\noselect"),
            listed("[Gmail]/All Mail", "\\all"),
            listed("[Gmail]/Sent Mail", "\\sent"),
            listed("[Gmail]/Important", "\\important"),
        ],
        FLAT,
    )
    assert shown(tree) == [
        (0, "INBOX", "inbox"),
        (0, "Sent Mail", "sent"),
        (0, "All Mail", "all"),
        (0, "[Gmail]", ""),
        (1, "Important", ""),
    ]


def test_other_people_come_after_ones_own() -> None:
    spaces = Namespaces((Namespace("", "/"),), (Namespace("user/", "/"),), (Namespace("#shared/", "/"),))
    names = ["INBOX", "zebra", "user/bob/Sent", "#shared/Sales"]
    tree = plant(map(listed, names), spaces)
    assert [(folder.name, folder.kind, folder.depth, folder.selectable) for folder in tree] == [
        ("INBOX", "personal", 0, True),
        ("zebra", "personal", 0, True),
        ("user", "other", 0, False),
        ("user/bob", "other", 1, False),
        ("user/bob/Sent", "other", 2, True),
        ("#shared", "shared", 0, False),
        ("#shared/Sales", "shared", 1, True),
    ]
    assert not any(folder.special == "sent" for folder in tree)


def test_what_does_not_exist_is_not_shown() -> None:
    tree = plant([listed("INBOX"), listed("gone", "\\nonexistent"), listed("empty", "\\noselect")], FLAT)
    assert [folder.name for folder in tree] == ["INBOX"]


@pytest.mark.parametrize("name", ["/", "//", "a//b", "/a", "a/", " ", "/" * 1000])
def test_strange_names_do_no_harm(name: str) -> None:
    assert name in {folder.name for folder in plant([listed("INBOX"), listed(name)], FLAT)}


def test_a_server_without_hierarchy() -> None:
    tree = plant([listed("INBOX", delimiter=""), listed("a/b.c", delimiter="")], FLAT)
    assert shown(tree) == [(0, "INBOX", "inbox"), (0, "a/b.c", "")]


@pytest.mark.parametrize(
    "lacking", ["", "LIST-STATUS", "LIST-EXTENDED", "SPECIAL-USE", "NAMESPACE LIST-EXTENDED LIST-STATUS"]
)
def test_dovecot_by_every_way(run: Run, dovecot_a: Backend, lacking: str) -> None:
    name = dovecot_a.spare().name
    fill(dovecot_a, name, [mail("unseen")])
    with imap(dovecot_a, name) as other:
        other.create("Plain")
        other.subscribe("Plain")
        other.create("Unsubscribed/below")

    async def ask() -> None:
        async with box(dovecot_a, name, ignorecapabilities=lacking) as it:
            found = {folder.name: folder for folder in await it.folders()}
            order = [
                "INBOX",
                "Drafts",
                "Sent",
                "Archive",
                "Junk",
                "Trash",
                "Plain",
                "Unsubscribed",
                "Unsubscribed/below",
            ]
            assert list(found) == order
            assert (found["INBOX"].messages, found["INBOX"].unseen) == (1, 1)
            assert (found["Sent"].messages, found["Sent"].special) == (0, "sent")
            assert found["Plain"].subscribed
            assert not found["Unsubscribed/below"].subscribed
            assert found["Unsubscribed/below"].depth == 1

    run(ask())


def test_dovecot_with_everything_under_inbox(run: Run, dovecot_inbox: Dovecot) -> None:
    async def ask() -> None:
        async with box(dovecot_inbox, "gina") as it:
            assert await it.special("sent") == "INBOX.Sent Items"
            assert await it.special("trash") == "INBOX.Trash"
            await it.create_folder("Lists.Grüße")
            found = {folder.name: folder for folder in await it.folders()}
            assert (found["INBOX.Lists.Grüße"].depth, found["INBOX.Lists.Grüße"].subscribed) == (1, True)
            assert (found["INBOX.Trash"].special, found["INBOX.Trash"].subscribed) == ("trash", True)
            await it.rename_folder("INBOX.Lists.Grüße", "INBOX.Umbenannt")
            await it.delete_folder("INBOX.Umbenannt")

    run(ask())


def test_what_others_share(run: Run, dovecot_inbox: Dovecot) -> None:
    with imap(dovecot_inbox, "hugo") as theirs:
        theirs.create("INBOX.Team")
        theirs.setacl("INBOX.Team", "gina", "lr")

    async def ask() -> None:
        async with box(dovecot_inbox, "gina") as it:
            found = {folder.name: folder for folder in await it.folders()}
            team = found["shared.hugo.Team"]
            assert (team.kind, team.depth, team.selectable) == ("other", 2, True)
            assert not found["shared"].selectable
            page = await it.page(team.name)
            assert page.total == 0
            with pytest.raises(NotAllowed):
                await it.append(team.name, 7, [b"a: b\r\n\r\n"[:7]])

    run(ask())


def test_a_namespace_that_list_leaves_out_is_asked_for(run: Run) -> None:
    def list_(command: str) -> bytes:
        inside = b'* LIST () "." shared.team\r\n' if "shared" in command else b'* LIST () "." INBOX\r\n'
        return inside + b"%tag OK done\r\n"

    answers: dict[str, Answer] = {
        "NAMESPACE": b'* NAMESPACE (("INBOX." ".")) NIL (("shared." "."))\r\n%tag OK done\r\n',
        "LIST": list_,
    }

    async def ask() -> None:
        async with (
            Impostor(answers) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(person("ann")) as it,
        ):
            assert [folder.name for folder in await it.folders()] == ["INBOX", "shared", "shared.team"]

    run(ask())


def test_flags_in_any_case_and_no_inbox(run: Run) -> None:
    answer = b'* LIST (\\SENT \\HasNoChildren) "/" Outbox\r\n* LIST (\\trash) "/" Bin\r\n%tag OK done\r\n'

    async def ask() -> None:
        async with (
            Impostor({"LIST": answer}) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(person("ann")) as it,
        ):
            tree = [(folder.name, folder.special) for folder in await it.folders()]
            assert tree == [("INBOX", "inbox"), ("Outbox", "sent"), ("Bin", "trash")]

    run(ask())
