"""Rights (RFC 4314): who may see, read and change what of others, and by which names they know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Run
from tests.imap.conftest import Shared
from tests.imap.service import ADMIN, Service
from tests.imap.talk import Client, letter, literal
from webmail.store.shares import Shares

ALL = "lrswipkxtea"


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of these tests alone: what is given to anyone here is seen by nobody else."""
    with Service(tmp_path_factory.mktemp("acl")) as service:
        yield service


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


def test_deleteacl_takes_all_rights_away(alice: Client, bob: Client, shared: Shared) -> None:
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


def test_myrights_tells_one_s_own(alice: Client, bob: Client, shared: Shared) -> None:
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
    alice: Client, bob: Client, shared: Shared
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


def test_who_may_not_see_a_mailbox_does_not_learn_of_it(alice: Client, bob: Client, shared: Shared) -> None:
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


def test_looking_at_what_others_share_makes_no_accounts(imap: Service, bob: Client, run: Run) -> None:
    async def remember() -> None:
        shares = Shares(imap.directory / "store" / "shares.sqlite")
        await shares.record("gone", {bob.uid})
        await shares.close()

    run(remember())
    assert "User/gone" not in " ".join(bob.ok('LIST "" "Shared Folders/*"'))
    bob.no('SELECT "Shared Folders/User/gone"', "NONEXISTENT")
    assert not list(imap.directory.glob("**/gone"))


def test_new_mailboxes_have_the_rights_of_the_one_above(alice: Client, bob: Client, shared: Shared) -> None:
    shared("lrk")
    alice.ok("CREATE Work/Below")
    assert bob.ok(f'MYRIGHTS "Shared Folders/User/{alice.uid}/Work/Below"').like("* MYRIGHTS … lrk…")


def test_negative_rights_take_away_what_others_give(alice: Client, bob: Client, shared: Shared) -> None:
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
