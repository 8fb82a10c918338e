"""Rights (RFC 4314): who may see, read and change what of others, and by which names they know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Run
from tests.imap.conftest import Another
from tests.imap.service import ADMIN, Service
from tests.imap.talk import Client, letter, literal
from webmail.store.shares import Shares

ALL = "lrswipkxtea"


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of these tests alone: what is given to anyone here is seen by nobody else."""
    with Service(tmp_path_factory.mktemp("acl")) as service:
        yield service


@pytest.fixture
def shared(alice: Client, bob: Client) -> Callable[[str], str]:
    """`shared("lr")`: alice’s mailbox Work with two messages, to which bob has these rights; its name for bob."""
    alice.ok("CREATE Work")
    alice.fills("Work", letter("One"))
    alice.fills("Work", letter("Two"), flags="\\Deleted")
    name = f'"Shared Folders/User/{alice.uid}/Work"'

    def given(rights: str) -> str:
        alice.ok(f"SETACL Work {bob.uid} {rights}")
        return name

    return given


def seen(client: Client, owner: Client) -> list[str]:
    """What LIST tells of the owner’s mailboxes; those of other tests’ people may be there, too."""
    prefix = f'"Shared Folders/User/{owner.uid}'
    return [line for line in client.ok('LIST "" "Shared Folders/*"') if prefix in line]


def test_getacl_tells_who_may_what(alice: Client, bob: Client) -> None:
    alice.ok("CREATE Work")
    assert alice.ok("GETACL Work") == [f"* ACL Work {alice.uid} {ALL}cd"]
    alice.ok(f"SETACL Work {bob.uid} lrs")
    alice.ok("SETACL Work anyone l")
    alice.ok(f"SETACL Work -{bob.uid} s")
    (line,) = alice.ok("GETACL Work")
    words = line.removeprefix("* ACL Work ").split()
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        alice.uid: f"{ALL}cd",
        bob.uid: "lrs",
        "anyone": "l",
        f"-{bob.uid}": "s",
    }


def test_setacl_sets_adds_and_takes_away(alice: Client, bob: Client) -> None:
    for rights, left in [("lr", "lr"), ("+swi", "lrswi"), ("-ws", "lri"), ("ead", "tead")]:
        alice.ok(f"SETACL Archive {bob.uid} {rights}")
        assert f"{bob.uid} {left}" in alice.ok("GETACL Archive")[0]
    alice.ok(f'SETACL Archive {bob.uid} ""')
    assert bob.uid not in alice.ok("GETACL Archive")[0]
    alice.bad(f"SETACL Archive {bob.uid} lrq")
    alice.no("SETACL Archive - l", "CANNOT")
    alice.no("SETACL Nowhere anyone l", "NONEXISTENT")


def test_deleteacl_takes_all_rights_away(alice: Client, bob: Client, shared: Callable[[str], str]) -> None:
    name = shared("lr")
    bob.ok(f"SELECT {name}")
    alice.ok(f"DELETEACL Work {bob.uid}")
    assert alice.ok("GETACL Work") == [f"* ACL Work {alice.uid} {ALL}cd"]
    bob.no(f"SELECT {name}", "NONEXISTENT")
    alice.ok(f"DELETEACL Work {bob.uid}")


def test_listrights_tells_what_could_be_given(alice: Client, bob: Client) -> None:
    assert alice.ok(f"LISTRIGHTS INBOX {bob.uid}").like(
        f'* LISTRIGHTS INBOX {bob.uid} "" l r s w i p k x t e a c d'
    )
    assert alice.ok(f"LISTRIGHTS INBOX {alice.uid}").like(
        f"* LISTRIGHTS INBOX {alice.uid} la r s w i p k x t e c d"
    )


def test_myrights_tells_one_s_own(alice: Client, bob: Client, shared: Callable[[str], str]) -> None:
    assert alice.ok("MYRIGHTS INBOX") == [f"* MYRIGHTS INBOX {ALL}cd"]
    name = shared("lrte")
    assert bob.ok(f"MYRIGHTS {name}") == [f"* MYRIGHTS {name} lrted"]


def test_an_owner_keeps_the_rights_to_see_and_to_give(alice: Client) -> None:
    alice.ok(f'SETACL Archive {alice.uid} ""')
    assert alice.ok("MYRIGHTS Archive") == ["* MYRIGHTS Archive la"]
    alice.no("SELECT Archive", "NOPERM")
    alice.ok(f"SETACL Archive {alice.uid} {ALL}")
    alice.ok("SELECT Archive")


def test_others_mailboxes_are_listed_once_they_may_be_seen(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    assert seen(bob, alice) == []
    name = shared("l")
    assert f'* LIST (\\HasNoChildren) "/" {name}' in bob.ok('LIST "" *')
    assert seen(bob, alice) == [
        f'* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Shared Folders/User/{alice.uid}"',
        f'* LIST (\\HasNoChildren) "/" {name}',
    ]
    assert bob.ok(f'LIST "Shared Folders/User/{alice.uid}/" W%').like(f"* LIST … {name}")
    assert not [line for line in bob.ok('LIST "" *') if f"{alice.uid}/Archive" in line]


def test_another_s_inbox_is_named_like_its_owner(alice: Client, bob: Client) -> None:
    alice.fills("INBOX", letter())
    alice.ok(f"SETACL INBOX {bob.uid} lr")
    name = f'"Shared Folders/User/{alice.uid}"'
    assert seen(bob, alice) == [f'* LIST (\\HasNoChildren) "/" {name}']
    assert "* 1 EXISTS" in bob.ok(f"SELECT {name}")
    bob.ok(f"SUBSCRIBE {name}")
    assert bob.ok('LSUB "" Shared*') == [f'* LSUB () "/" {name}']


def test_who_may_not_see_a_mailbox_does_not_learn_of_it(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    name, absent = shared("p"), f'"Shared Folders/User/{alice.uid}/Absent"'
    for command in (
        "SELECT %s",
        "STATUS %s (MESSAGES)",
        "MYRIGHTS %s",
        "GETACL %s",
        "DELETE %s",
        "SUBSCRIBE %s",
        "GETMETADATA %s /shared/comment",
        "GETQUOTAROOT %s",
        f"LISTRIGHTS %s {bob.uid}",
        "RENAME %s Mine",
        "APPEND %s {5}",
    ):
        told = {bob.no(command % each).end.replace(each, "") for each in (name, absent)}
        assert len(told) == 1, told


# RFC 4314, 4: the right and the command


@pytest.mark.parametrize(
    ("command", "rights"),
    [
        ("SELECT %s", "r"),
        ("EXAMINE %s", "r"),
        ("STATUS %s (MESSAGES)", "r"),
        ("GETQUOTAROOT %s", "r"),
        ("APPEND %s {1+}\r\nx", "i"),
        ("DELETE %s", "x"),
        ("CREATE %s/Below", "k"),
        ("GETACL %s", "a"),
        ("SETACL %s anyone l", "a"),
        ("DELETEACL %s anyone", "a"),
        ("LISTRIGHTS %s anyone", "a"),
        ("GETMETADATA %s /shared/comment", "r"),
        ('SETMETADATA %s (/shared/comment "x")', "rw"),
    ],
)
def test_a_command_takes_its_right(
    bob: Client, shared: Callable[[str], str], command: str, rights: str
) -> None:
    def asked(name: str) -> str:
        return command % name if "%s/" not in command else command.replace("%s/Below", name[:-1] + '/Below"')

    bob.no(asked(shared("".join(right for right in ALL if right not in rights))), "NOPERM")
    bob.ok(asked(shared("l" + rights)))


@pytest.mark.parametrize(
    ("command", "right"),
    [
        ("STORE 1 +FLAGS (\\Seen)", "s"),
        ("STORE 1 +FLAGS (\\Deleted)", "t"),
        ("STORE 1 +FLAGS (\\Flagged Label)", "w"),
        ("EXPUNGE", "e"),
        ("UID EXPUNGE 1", "e"),
    ],
)
def test_a_change_in_an_open_mailbox_takes_its_right(
    bob: Client, shared: Callable[[str], str], command: str, right: str
) -> None:
    bob.ok(f"SELECT {shared('lri')}")
    bob.no(command, "NOPERM")
    bob.ok(f"SELECT {shared(f'lr{right}')}")
    bob.ok(command)


def test_a_mailbox_that_cannot_be_changed_is_open_for_reading(
    bob: Client, shared: Callable[[str], str]
) -> None:
    assert bob.ok(f"SELECT {shared('lr')}").code == "READ-ONLY"
    assert bob.ok(f"SELECT {shared('lrs')}").code == "READ-WRITE"


def test_flags_that_may_be_set_are_told(bob: Client, shared: Callable[[str], str]) -> None:
    for rights, permanent in [
        ("lrs", "\\Seen"),
        ("lrt", "\\Deleted"),
        ("lrw", "\\Answered \\Flagged \\Draft \\*"),
        ("lrswt", "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*"),
        ("lri", ""),
    ]:
        answer = bob.ok(f"SELECT {shared(rights)}")
        assert answer.among("* OK [PERMANENTFLAGS …").startswith(f"* OK [PERMANENTFLAGS ({permanent})]")


def test_store_changes_only_the_flags_that_one_may_set(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    bob.ok(f"SELECT {shared('lrs')}")
    assert bob.ok("STORE 2 FLAGS (\\Seen \\Flagged)") == ["* 2 FETCH (FLAGS (\\Deleted \\Seen \\Recent))"]
    alice.ok("SELECT Work")
    assert alice.ok("FETCH 2 FLAGS").like("* 2 FETCH (FLAGS (\\Deleted \\Seen…))")


def test_reading_sets_seen_only_where_that_is_allowed(bob: Client, shared: Callable[[str], str]) -> None:
    bob.ok(f"SELECT {shared('lri')}")
    assert len(bob.ok("FETCH 1 BODY[]")) == 1
    assert "\\Seen" not in bob.ok("FETCH 1 FLAGS")[0]
    bob.ok(f"SELECT {shared('lrs')}")
    assert "\\Seen" in " ".join(bob.ok("FETCH 1 BODY[]"))


def test_close_expunges_only_where_that_is_allowed(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    bob.ok(f"SELECT {shared('lrst')}")
    bob.ok("CLOSE")
    assert alice.number("Work", "MESSAGES") == 2
    bob.ok(f"SELECT {shared('lrste')}")
    bob.ok("CLOSE")
    assert alice.number("Work", "MESSAGES") == 1


def test_what_is_put_into_another_s_mailbox_has_the_flags_one_may_set(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    name = shared("lis")
    bob.ok(b"APPEND %b (\\Seen \\Flagged \\Deleted) %b" % (name.encode(), literal(letter("Three"))))
    bob.fills("INBOX", letter("Four"), flags="\\Seen \\Answered Label")
    bob.ok("SELECT INBOX")
    bob.ok(f"COPY 1 {name}")
    alice.ok("SELECT Work")
    assert alice.ok("FETCH 3:4 FLAGS") == [
        "* 3 FETCH (FLAGS (\\Seen \\Recent))",
        "* 4 FETCH (FLAGS (\\Seen \\Recent))",
    ]


def test_move_between_accounts_takes_the_message_along(
    alice: Client, bob: Client, another: Another, shared: Callable[[str], str]
) -> None:
    other, name = another(alice), shared("lrte")
    alice.ok("SELECT Work")
    bob.ok(f"SELECT {name}")
    other.ok("SELECT Work")
    assert bob.ok("MOVE 1 INBOX").like("* OK [COPYUID … 1 1] …", "* 1 EXPUNGE")
    assert other.ok("NOOP") == ["* 1 EXPUNGE"]
    bob.ok("SELECT INBOX")
    assert bob.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]")[0].count("Subject: One") == 1
    bob.no(f"MOVE 1 {name}", "NOPERM")
    assert bob.number("INBOX", "MESSAGES") == 1
    shared("i")
    bob.ok(f"MOVE 1 {name}")
    assert other.ok("NOOP") == ["* 2 EXISTS", "* 1 RECENT"]


def test_replace_between_accounts_takes_the_old_message_away(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    bob.ok(f"SELECT {shared('lrte')}")
    assert bob.ok(b"REPLACE 1 INBOX " + literal(letter("Mine"))).like("* OK [APPENDUID … 1] …", "* 1 EXPUNGE")
    assert bob.number("INBOX", "MESSAGES") == 1
    assert alice.number("Work", "MESSAGES") == 1


def test_looking_at_what_others_share_makes_no_accounts(imap: Service, bob: Client, run: Run) -> None:
    async def remember() -> None:
        shares = Shares(imap.directory / "store" / "shares.sqlite")
        await shares.record("gone", {bob.uid})
        await shares.close()

    run(remember())
    assert "User/gone" not in " ".join(bob.ok('LIST "" "Shared Folders/*"'))
    bob.no('SELECT "Shared Folders/User/gone"', "NONEXISTENT")
    assert not list(imap.directory.glob("**/gone"))


def test_move_takes_the_rights_to_delete(bob: Client, shared: Callable[[str], str]) -> None:
    bob.ok(f"SELECT {shared('lrit')}")
    bob.no("MOVE 1 INBOX", "NOPERM")
    bob.ok(f"SELECT {shared('lrie')}")
    bob.no("MOVE 1 INBOX", "NOPERM")
    assert bob.number("INBOX", "MESSAGES") == 0


def test_rename_takes_rights_at_both_ends(alice: Client, bob: Client, shared: Callable[[str], str]) -> None:
    name = shared("lrk")
    below = f'"Shared Folders/User/{alice.uid}/Work/Below"'
    bob.ok(f"CREATE {below}")
    bob.no(f'RENAME {below} {below[:-1]}2"', "NOPERM")
    alice.ok(f"SETACL Work/Below {bob.uid} lrkx")
    bob.ok(f'RENAME {below} {below[:-1]}2"')
    bob.no(f'RENAME {below[:-1]}2" "Shared Folders/User/{alice.uid}/Elsewhere"', "NOPERM")
    bob.no(f'RENAME {below[:-1]}2" Mine')
    assert alice.ok('LIST "" Work/%').like('* LIST (…) "/" Work/Below2')
    assert name


def test_new_mailboxes_have_the_rights_of_the_one_above(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    shared("lrk")
    alice.ok("CREATE Work/Below")
    assert bob.ok(f'MYRIGHTS "Shared Folders/User/{alice.uid}/Work/Below"').like("* MYRIGHTS … lrk…")


def test_negative_rights_take_away_what_others_give(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    name = shared("lrs")
    alice.ok("SETACL Work anyone lrw")
    assert bob.ok(f"MYRIGHTS {name}").like("* MYRIGHTS … lrsw")
    alice.ok(f"SETACL Work -{bob.uid} ws")
    assert bob.ok(f"MYRIGHTS {name}").like("* MYRIGHTS … lr")
    alice.ok("SETACL Work -anyone r")
    bob.no(f"SELECT {name}", "NOPERM")
    alice.ok("DELETEACL Work -anyone")
    bob.ok(f"SELECT {name}")


def test_anyone_is_everybody(alice: Client, bob: Client, imap: Service) -> None:
    alice.ok("SETACL Archive anyone lr")
    with imap.signed_in(imap.newcomer()) as third:
        for client in (bob, third):
            assert f"{alice.uid}/Archive" in " ".join(seen(client, alice))
            client.ok(f'EXAMINE "Shared Folders/User/{alice.uid}/Archive"')
    alice.ok("DELETEACL Archive anyone")
    assert seen(bob, alice) == []


def test_rights_that_are_taken_away_hold_for_who_has_the_mailbox_open(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    alice.ok("SELECT Work")
    bob.ok(f"SELECT {shared('lrstew')}")
    bob.ok("STORE 1 +FLAGS (\\Seen)")
    shared("lrs")
    bob.ok("NOOP")
    bob.no("EXPUNGE", "NOPERM")
    alice.ok(f"DELETEACL Work {bob.uid}")
    assert bob.ok("NOOP") == ["* 2 EXPUNGE", "* 1 EXPUNGE"]
    assert bob.ok("UID FETCH 1:* FLAGS") == []
    bob.ok("UNSELECT")


def test_two_people_in_one_mailbox_hear_of_each_other(
    alice: Client, bob: Client, shared: Callable[[str], str]
) -> None:
    bob.ok(f"SELECT {shared('lrswit')}")
    alice.ok("SELECT Work")
    bob.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert alice.ok("NOOP").like("* 1 FETCH (FLAGS (\\Flagged…))")
    alice.fills("Work", letter("Three"))
    assert bob.ok("NOOP").like("* 3 EXISTS", "* … RECENT")


def test_an_administrator_in_their_own_name_may_all(imap: Service, alice: Client) -> None:
    with imap.signed_in(ADMIN) as admin:
        name = f'"Shared Folders/User/{alice.uid}/Archive"'
        assert admin.ok(f"MYRIGHTS {name}").like(f"* MYRIGHTS … {ALL}cd")
        admin.ok(b"APPEND " + name.encode() + b" " + literal(letter()))
    assert alice.number("Archive", "MESSAGES") == 1


def test_folders_of_one_owner_are_everybody_s(settled: Callable[[dict[str, str]], Service]) -> None:
    service = settled({"store.publicsharedfolders.user": "public"})
    service._add("public")
    with service.signed_in("public") as public, service.signed_in(service.newcomer()) as reader:
        public.ok("CREATE News")
        public.fills("News", letter())
        assert reader.ok('LIST "" "Shared Folders/%"') == []
        public.ok("SETACL News anyone lr")
        assert reader.ok('LIST "" "Shared Folders/%"') == [
            '* LIST (\\HasNoChildren) "/" "Shared Folders/News"'
        ]
        assert "* 1 EXISTS" in reader.ok('SELECT "Shared Folders/News"')
        reader.no('CREATE "Shared Folders/Mine"', "NOPERM")
        reader.no('SELECT "Shared Folders"', "NONEXISTENT")
        reader.no('SELECT "Shared Folders/User"', "NONEXISTENT")


@pytest.mark.parametrize(
    "name",
    ["Shared Folders", "Shared Folders/", "Shared Folders/User", "Shared Folders/User/", "Shared Folders/X"],
)
def test_names_between_the_namespaces_are_no_mailboxes(alice: Client, name: str) -> None:
    for command in ("SELECT", "CREATE", "DELETE", "GETACL", "SUBSCRIBE"):
        alice.no(f'{command} "{name}"')
