"""The right that each command and each change takes (RFC 4314, 4), also while a mailbox is open."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another, Shared
from tests.imap.talk import Client, letter, literal

ALL = "lrswipkxtea"


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
        ("SETACL %s carol l", "a"),
        ("DELETEACL %s carol", "a"),
        ("LISTRIGHTS %s carol", "a"),
        ("GETMETADATA %s /shared/comment", "r"),
        ('SETMETADATA %s (/shared/comment "x")', "rw"),
    ],
)
def test_a_command_takes_its_right(bob: Client, shared: Shared, command: str, rights: str) -> None:
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
    bob: Client, shared: Shared, command: str, right: str
) -> None:
    bob.ok(f"SELECT {shared('lri')}")
    bob.no(command, "NOPERM")
    bob.ok(f"SELECT {shared(f'lr{right}')}")
    bob.ok(command)


def test_a_mailbox_that_cannot_be_changed_is_open_for_reading(bob: Client, shared: Shared) -> None:
    assert bob.ok(f"SELECT {shared('lr')}").code == "READ-ONLY"
    assert bob.ok(f"SELECT {shared('lrs')}").code == "READ-WRITE"


def test_flags_that_may_be_set_are_told(bob: Client, shared: Shared) -> None:
    for rights, permanent in [
        ("lrs", "\\Seen"),
        ("lrt", "\\Deleted"),
        ("lrw", "\\Answered \\Flagged \\Draft \\*"),
        ("lrswt", "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*"),
        ("lri", ""),
    ]:
        answer = bob.ok(f"SELECT {shared(rights)}")
        assert answer.among("* OK [PERMANENTFLAGS …").startswith(f"* OK [PERMANENTFLAGS ({permanent})]")


def test_store_changes_only_the_flags_that_one_may_set(alice: Client, bob: Client, shared: Shared) -> None:
    bob.ok(f"SELECT {shared('lrs')}")
    assert bob.ok("STORE 2 FLAGS (\\Seen \\Flagged)") == ["* 2 FETCH (FLAGS (\\Deleted \\Seen \\Recent))"]
    alice.ok("SELECT Work")
    assert alice.ok("FETCH 2 FLAGS").like("* 2 FETCH (FLAGS (\\Deleted \\Seen…))")


def test_reading_sets_seen_only_where_that_is_allowed(bob: Client, shared: Shared) -> None:
    bob.ok(f"SELECT {shared('lri')}")
    assert len(bob.ok("FETCH 1 BODY[]")) == 1
    assert "\\Seen" not in bob.ok("FETCH 1 FLAGS")[0]
    bob.ok(f"SELECT {shared('lrs')}")
    assert "\\Seen" in " ".join(bob.ok("FETCH 1 BODY[]"))


def test_close_expunges_only_where_that_is_allowed(alice: Client, bob: Client, shared: Shared) -> None:
    bob.ok(f"SELECT {shared('lrst')}")
    bob.ok("CLOSE")
    assert alice.number("Work", "MESSAGES") == 2
    bob.ok(f"SELECT {shared('lrste')}")
    bob.ok("CLOSE")
    assert alice.number("Work", "MESSAGES") == 1


def test_what_is_put_into_another_s_mailbox_has_the_flags_one_may_set(
    alice: Client, bob: Client, shared: Shared
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
    alice: Client, bob: Client, another: Another, shared: Shared
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
    alice: Client, bob: Client, shared: Shared
) -> None:
    bob.ok(f"SELECT {shared('lrte')}")
    assert bob.ok(b"REPLACE 1 INBOX " + literal(letter("Mine"))).like(
        "* OK [APPENDUID … 1] …", "* 1 EXPUNGE", "* 1 RECENT"
    )
    assert bob.number("INBOX", "MESSAGES") == 1
    assert alice.number("Work", "MESSAGES") == 1


def test_move_takes_the_rights_to_delete(bob: Client, shared: Shared) -> None:
    bob.ok(f"SELECT {shared('lrit')}")
    bob.no("MOVE 1 INBOX", "NOPERM")
    bob.ok(f"SELECT {shared('lrie')}")
    bob.no("MOVE 1 INBOX", "NOPERM")
    assert bob.number("INBOX", "MESSAGES") == 0


def test_rename_takes_rights_at_both_ends(alice: Client, bob: Client, shared: Shared) -> None:
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


def test_rights_that_are_taken_away_hold_for_who_has_the_mailbox_open(
    alice: Client, bob: Client, shared: Shared
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


def test_two_people_in_one_mailbox_hear_of_each_other(alice: Client, bob: Client, shared: Shared) -> None:
    bob.ok(f"SELECT {shared('lrswit')}")
    alice.ok("SELECT Work")
    bob.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert alice.ok("NOOP").like("* 1 FETCH (FLAGS (\\Flagged…))")
    alice.fills("Work", letter("Three"))
    assert bob.ok("NOOP").like("* 3 EXISTS", "* … RECENT")
