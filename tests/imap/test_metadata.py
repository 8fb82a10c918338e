"""Annotations of mailboxes and of the server (RFC 5464)."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.service import ADMIN, Service
from tests.imap.talk import Client, literal


def test_values_are_set_told_and_taken_away(alice: Client, another: Another) -> None:
    alice.ok('SETMETADATA INBOX (/private/comment "mine" /SHARED/Comment "ours")')
    other = another(alice)
    assert other.ok("GETMETADATA INBOX /private/comment") == ['* METADATA INBOX (/private/comment "mine")']
    assert other.ok("GETMETADATA INBOX (/shared/comment /private/comment)") == [
        '* METADATA INBOX (/shared/comment "ours" /private/comment "mine")'
    ]
    alice.ok("SETMETADATA INBOX (/private/comment NIL)")
    assert other.ok("GETMETADATA INBOX /private/comment") == ["* METADATA INBOX (/private/comment NIL)"]


def test_values_may_be_any_octets(alice: Client) -> None:
    alice.ok(b"SETMETADATA INBOX (/private/comment ~{4+}\r\n\0\r\n\xff)")
    assert alice.ok("GETMETADATA INBOX /private/comment") == [
        "* METADATA INBOX (/private/comment ~{4}\r\n\0\r\n\udcff)"
    ]
    alice.ok(b"SETMETADATA INBOX (/private/comment " + literal(b'say "x"') + b")")
    assert "say" in alice.ok("GETMETADATA INBOX /private/comment")[0]


def test_private_values_are_everybody_s_own(alice: Client, bob: Client) -> None:
    alice.ok(f"SETACL Archive {bob.uid} lrw")
    name = f'"Shared Folders/User/{alice.uid}/Archive"'
    alice.ok('SETMETADATA Archive (/private/comment "a" /shared/comment "s")')
    bob.ok(f'SETMETADATA {name} (/private/comment "b")')
    assert alice.ok("GETMETADATA Archive /private/comment") == ['* METADATA Archive (/private/comment "a")']
    assert bob.ok(f"GETMETADATA {name} (/private/comment /shared/comment)") == [
        f'* METADATA {name} (/private/comment "b" /shared/comment "s")'
    ]


def test_the_server_has_values_too(imap: Service, alice: Client, bob: Client) -> None:
    alice.ok('SETMETADATA "" (/private/vendor/pigeon/colour "blue")')
    assert alice.ok('GETMETADATA "" /private/vendor/pigeon/colour') == [
        '* METADATA "" (/private/vendor/pigeon/colour "blue")'
    ]
    assert bob.ok('GETMETADATA "" /private/vendor/pigeon/colour')[0].endswith(" NIL)")
    bob.no('SETMETADATA "" (/shared/comment "x")', "NOPERM")
    with imap.signed_in(ADMIN) as admin:
        admin.ok('SETMETADATA "" (/shared/admin "mailto:postmaster@example.test")')


def test_depth_and_size_limit_what_is_told(alice: Client) -> None:
    alice.ok('SETMETADATA INBOX (/private/a "1" /private/a/b "22" /private/a/b/c "333" /private/ab "4")')
    told = "* METADATA INBOX (%s)"
    assert alice.ok("GETMETADATA INBOX (DEPTH 1) /private/a") == [told % '/private/a "1" /private/a/b "22"']
    assert alice.ok("GETMETADATA (DEPTH infinity) INBOX /private/a") == [
        told % '/private/a "1" /private/a/b "22" /private/a/b/c "333"'
    ]
    answer = alice.ok("GETMETADATA INBOX (MAXSIZE 2 DEPTH infinity) /private/a")
    assert answer == [told % '/private/a "1" /private/a/b "22"']
    assert answer.code == "METADATA LONGENTRIES 3"
    alice.bad("GETMETADATA INBOX (DEPTH 2) /private/a")


@pytest.mark.parametrize(
    "command",
    [
        "GETMETADATA INBOX /public/comment", "GETMETADATA INBOX comment", "GETMETADATA INBOX /private/*", "GETMETADATA INBOX ()",
        "GETMETADATA INBOX", "SETMETADATA INBOX ()", 'SETMETADATA INBOX (/private/a//b "x")', "SETMETADATA INBOX (/private/a)",
    ],
)  # fmt: skip
def test_names_have_to_be_names(alice: Client, command: str) -> None:
    alice.bad(command)


def test_values_have_bounds(alice: Client) -> None:
    alice.no(b"SETMETADATA INBOX (/private/comment %b)" % literal(b"x" * 65_537), "METADATA MAXSIZE 65536")
    alice.no("GETMETADATA Nowhere /private/comment", "NONEXISTENT")


def test_values_go_with_their_mailbox(alice: Client) -> None:
    alice.ok("CREATE Work")
    alice.ok('SETMETADATA Work (/private/comment "x")')
    alice.ok("RENAME Work Jobs")
    assert alice.ok("GETMETADATA Jobs /private/comment") == ['* METADATA Jobs (/private/comment "x")']
    alice.ok("DELETE Jobs")
    alice.ok("CREATE Jobs")
    assert alice.ok("GETMETADATA Jobs /private/comment") == ["* METADATA Jobs (/private/comment NIL)"]
