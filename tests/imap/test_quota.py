"""How much an account may hold (RFC 9208): told, set by administrators, enforced for everything that comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.imap.conftest import Another
from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, letter, literal

BIG = letter(text="x" * 2000)


@pytest.fixture
def limited(imap: Service, alice: Client) -> Callable[[str], None]:
    """`limited("MESSAGE 2")`: give alice these limits."""

    def limit(limits: str) -> None:
        with imap.signed_in(ADMIN) as admin:
            admin.ok(f"SETQUOTA {alice.uid} ({limits})")

    return limit


def test_an_account_without_limits_has_a_root_without_resources(alice: Client) -> None:
    assert alice.ok("GETQUOTAROOT INBOX") == [
        f'* QUOTAROOT INBOX "{alice.uid}"',
        f'* QUOTA "{alice.uid}" ()',
    ]
    assert alice.ok(f"GETQUOTA {alice.uid}") == [f'* QUOTA "{alice.uid}" ()']
    alice.no("GETQUOTAROOT Nowhere", "NONEXISTENT")


def test_what_is_used_is_told(alice: Client, another: Another, limited: Callable[[str], None]) -> None:
    limited("STORAGE 10 MESSAGE 5")
    assert alice.ok(f"GETQUOTA {alice.uid}") == [f'* QUOTA "{alice.uid}" (STORAGE 0 10 MESSAGE 0 5)']
    another(alice).fills("Archive", BIG, BIG, flags="\\Deleted")
    assert alice.ok("GETQUOTAROOT Sent")[1] == f'* QUOTA "{alice.uid}" (STORAGE 5 10 MESSAGE 2 5)'
    alice.ok("SELECT Archive")
    alice.ok("EXPUNGE")
    assert alice.ok(f"GETQUOTA {alice.uid}") == [f'* QUOTA "{alice.uid}" (STORAGE 0 10 MESSAGE 0 5)']


def test_what_could_be_freed_is_told(alice: Client) -> None:
    alice.fills("Archive", BIG, flags="\\Deleted")
    assert alice.ok("STATUS Archive (DELETED DELETED-STORAGE)") == [
        "* STATUS Archive (DELETED 1 DELETED-STORAGE 2)"
    ]


def test_a_resource_that_is_not_named_has_no_limit(
    alice: Client, imap: Service, limited: Callable[[str], None]
) -> None:
    limited("STORAGE 10 MESSAGE 5")
    with imap.signed_in(ADMIN) as admin:
        assert admin.ok(f"SETQUOTA {alice.uid} (MESSAGE 7)") == [f'* QUOTA "{alice.uid}" (MESSAGE 0 7)']
        assert admin.ok(f"SETQUOTA {alice.uid} ()") == [f'* QUOTA "{alice.uid}" ()']
        admin.no(f"SETQUOTA {alice.uid} (MAILBOX 7)")
        admin.no("SETQUOTA nobody-at-all (MESSAGE 7)", "NONEXISTENT")
        admin.bad(f"SETQUOTA {alice.uid} (MESSAGE)")


def test_limits_are_set_and_others_seen_by_administrators_only(imap: Service, bob: Client) -> None:
    uid = imap.newcomer()
    with imap.client() as client:
        client.ok(f'LOGIN {uid} "{PASSWORD}"')
        client.no(f"SETQUOTA {uid} (MESSAGE 1)", "NOPERM")
        client.no(f"GETQUOTA {bob.uid}", "NONEXISTENT")


def test_append_stops_where_there_is_no_room(
    alice: Client, another: Another, limited: Callable[[str], None]
) -> None:
    other = another(alice)
    other.ok("SELECT INBOX")
    limited("MESSAGE 2")
    alice.fills("INBOX", letter())
    alice.no(b"APPEND INBOX %b %b" % (literal(letter()), literal(letter())), "OVERQUOTA")
    assert other.ok("NOOP") == ["* 1 EXISTS", "* 1 RECENT"]
    alice.fills("INBOX", letter())
    alice.no("APPEND INBOX {100}", "OVERQUOTA")
    limited("STORAGE 3")
    alice.no(b"APPEND INBOX " + literal(b"x" * 3000), "OVERQUOTA")
    alice.fills("INBOX", letter())
    assert alice.number("INBOX", "MESSAGES") == 3


def test_copy_stops_where_there_is_no_room_and_move_does_not(
    alice: Client, limited: Callable[[str], None]
) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"))
    limited("MESSAGE 3")
    alice.ok("SELECT INBOX")
    alice.no("COPY 1:2 Archive", "OVERQUOTA")
    assert alice.number("Archive", "MESSAGES") == 0
    alice.ok("COPY 1 Archive")
    alice.no("UID COPY 1 Archive", "OVERQUOTA")
    alice.ok("MOVE 1:2 Archive")
    assert alice.number("Archive", "MESSAGES") == 3


def test_who_is_over_a_new_limit_keeps_everything(alice: Client, limited: Callable[[str], None]) -> None:
    alice.fills("INBOX", letter("One"), letter("Two"))
    limited("MESSAGE 1")
    alice.ok("SELECT INBOX")
    alice.ok("STORE 1:2 +FLAGS (\\Seen)")
    alice.no("APPEND INBOX {100}", "OVERQUOTA")
    assert alice.number("INBOX", "MESSAGES") == 2


def test_replace_needs_room_only_for_what_is_more(alice: Client, limited: Callable[[str], None]) -> None:
    alice.fills("Drafts", letter("One"), letter("Two"))
    limited("MESSAGE 2")
    alice.ok("SELECT Drafts")
    alice.ok(b"REPLACE 1 Drafts " + literal(letter("Three")))
    assert alice.number("Drafts", "MESSAGES") == 2


def test_the_owner_s_room_counts_for_what_others_put_there(
    alice: Client, bob: Client, limited: Callable[[str], None]
) -> None:
    limited("MESSAGE 1")
    alice.ok(f"SETACL Archive {bob.uid} lri")
    name = f'"Shared Folders/User/{alice.uid}/Archive"'
    bob.fills("INBOX", letter("One"), letter("Two"))
    bob.ok("SELECT INBOX")
    bob.no(f"COPY 1:2 {name}", "OVERQUOTA")
    bob.no(f"MOVE 1:2 {name}", "OVERQUOTA")
    assert bob.number("INBOX", "MESSAGES") == 2
    assert alice.number("Archive", "MESSAGES") == 0
    bob.fills(name, letter())
    bob.no(f"APPEND {name} {{100}}", "OVERQUOTA")
    assert bob.ok(f"GETQUOTAROOT {name}")[1] == f'* QUOTA "{alice.uid}" (MESSAGE 1 1)'


def test_limits_of_everybody_are_the_administrator_s(settled: Callable[[dict[str, str]], Service]) -> None:
    service = settled({"store.defaultmailboxquota": "4096", "store.defaultmessagequota": "2"})
    with service.signed_in(service.newcomer()) as client:
        assert client.ok(f"GETQUOTA {client.uid}") == [f'* QUOTA "{client.uid}" (STORAGE 0 4 MESSAGE 0 2)']
        client.fills("INBOX", letter(), letter())
        client.no("APPEND INBOX {100}", "OVERQUOTA")
        service.refresh({"store.quotaenforcement": "no"})
        client.fills("INBOX", letter())
        service.refresh({"store.quotaenforcement": "yes", "local.imap.adminbypassquota": "yes"})
        client.fills("INBOX", letter())


def test_who_has_little_room_left_is_warned_when_a_mailbox_is_opened(
    alice: Client, another: Another, limited: Callable[[str], None]
) -> None:
    """store.quotawarn: from 90 percent on."""
    warned = "* NO [ALERT] Mailbox is at …"
    limited("MESSAGE 10")
    another(alice).fills("Archive", *[BIG] * 8)
    assert not alice.ok("SELECT INBOX").like(warned)
    another(alice).fills("Archive", BIG)
    assert "* NO [ALERT] Mailbox is at 90% of quota" in alice.ok("EXAMINE INBOX")
