"""What client and server say about themselves: CAPABILITY, NOOP, LOGOUT, ID, ENABLE, LANGUAGE and others."""

from __future__ import annotations

from collections.abc import Callable

from tests.imap.conftest import Another
from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, letter, plain


def test_capability_says_before_sign_in_how_to_get_in(stranger: Client) -> None:
    told = stranger.ok("CAPABILITY")[0].split()
    assert told[:4] == ["*", "CAPABILITY", "IMAP4rev1", "IMAP4rev2"]
    assert {"AUTH=PLAIN", "SASL-IR", "LITERAL+"} <= set(told)
    assert not {"STARTTLS", "LOGINDISABLED", "AUTH=EXTERNAL", "AUTH=ANONYMOUS", "QUOTA"} & set(told)


def test_capability_says_behind_sign_in_what_there_is(alice: Client) -> None:
    told = set(alice.ok("CAPABILITY")[0].split())
    assert {"IDLE", "QRESYNC", "ACL", "APPENDLIMIT=52428800", "LITERAL+"} <= told
    assert not {"AUTH=PLAIN", "STARTTLS", "COMPRESS=DEFLATE", "LITERAL-"} & told


def test_noop_tells_what_became_different(alice: Client, another: Another) -> None:
    alice.ok("SELECT INBOX")
    assert alice.ok("NOOP") == []
    another(alice).fills("INBOX", letter())
    assert alice.ok("NOOP") == ["* 1 EXISTS", "* 1 RECENT"]
    assert alice.ok("NOOP") == []


def test_logout_says_goodbye_and_closes(alice: Client) -> None:
    assert alice.ok("LOGOUT").like("* BYE …")
    assert alice.hears() == ""


def test_logout_is_for_strangers_too(stranger: Client) -> None:
    assert stranger.ok("LOGOUT").like("* BYE …")


def test_id_tells_our_name_and_notes_the_client_s(imap: Service, alice: Client, stranger: Client) -> None:
    assert alice.ok('ID ("name" "Pigeon" "version" "3\\\\4")').like('* ID ("name" "Webmail" "version" "…")')
    assert "uses Pigeon 3?4" in imap.log
    assert stranger.ok("ID NIL").like("* ID (…)")


def test_id_refuses_what_is_no_list_of_pairs(alice: Client) -> None:
    for asked in ("ID", "ID ()x", 'ID ("name")', "ID (name x)", 'ID ("a" "b" "a" "c")'):
        alice.bad(asked)


def test_enable_tells_what_it_took_and_no_more(alice: Client) -> None:
    assert alice.ok("ENABLE CONDSTORE X-GOOD-IDEA UIDPLUS") == ["* ENABLED CONDSTORE"]
    assert alice.ok("ENABLE CONDSTORE") == ["* ENABLED"]
    assert alice.ok("ENABLE qresync UTF8=ACCEPT") == ["* ENABLED QRESYNC UTF8=ACCEPT"]
    assert alice.ok("ENABLE METADATA IMAP4rev2") == ["* ENABLED METADATA IMAP4rev2"]
    alice.bad("ENABLE")


def test_enable_is_not_for_strangers(stranger: Client) -> None:
    stranger.bad("ENABLE CONDSTORE")


def test_language_tells_and_takes_languages(alice: Client) -> None:
    told = alice.ok("LANGUAGE")
    assert told.like("* LANGUAGE (…)")
    assert "en" in told[0].removeprefix("* LANGUAGE (").removesuffix(")").split()
    assert alice.ok("LANGUAGE xx i-default") == ["* LANGUAGE (i-default)"]
    assert alice.ok("LANGUAGE en") == ["* LANGUAGE (en)"]
    alice.no("LANGUAGE xx")


def test_xserverinfo_tells_pages_that_are_configured(settled: Callable[[dict[str, str]], Service]) -> None:
    service = settled({"local.imap.manageaccounturl": "https://mail.example.test/account"})
    with service.signed_in(service.newcomer()) as client:
        assert client.ok("XSERVERINFO MANAGEACCOUNTURL MANAGELISTSURL ELSE") == [
            '* XSERVERINFO MANAGEACCOUNTURL "https://mail.example.test/account" MANAGELISTSURL NIL ELSE NIL'
        ]
        client.bad("XSERVERINFO")


def test_proxyauth_turns_an_administrator_into_somebody_else(imap: Service, alice: Client) -> None:
    alice.fills("INBOX", letter("Mine"))
    with imap.signed_in(ADMIN) as admin:
        assert "PROXYAUTH" in admin.ok("CAPABILITY")[0].split()
        admin.ok("SELECT INBOX")
        admin.ok(f"PROXYAUTH {alice.uid}")
        admin.bad("FETCH 1 FLAGS")
        assert "* 1 EXISTS" in admin.ok("SELECT INBOX")
        admin.ok(f"PROXYAUTH {ADMIN}")
        assert "* 0 EXISTS" in admin.ok("SELECT INBOX")
        admin.no("PROXYAUTH nobody-at-all", "AUTHORIZATIONFAILED")
        admin.ok("CHECK")


def test_proxyauth_takes_nothing_along(imap: Service, alice: Client, bob: Client) -> None:
    with imap.signed_in(ADMIN) as admin:
        admin.ok(f"PROXYAUTH {alice.uid}")
        admin.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))")
        admin.ok(f"PROXYAUTH {bob.uid}")
        alice.fills("INBOX", letter())
        assert admin.hears_nothing()
        admin.no(f'SELECT "Shared Folders/User/{alice.uid}"', "NONEXISTENT")


def test_proxyauth_is_for_administrators_only(imap: Service, bob: Client) -> None:
    with imap.client() as client:
        uid = imap.newcomer()
        client.ok(f'LOGIN {uid} "{PASSWORD}"')
        assert "PROXYAUTH" not in client.ok("CAPABILITY")[0].split()
        client.no(f"PROXYAUTH {bob.uid}", "NOPERM")
        assert client.ok("GETQUOTAROOT INBOX")[0] == f'* QUOTAROOT INBOX "{uid}"'


def test_unauthenticate_leaves_a_stranger_behind(imap: Service, alice: Client, another: Another) -> None:
    alice.fills("INBOX", letter(), flags="\\Deleted")
    alice.ok("ENABLE QRESYNC UTF8=ACCEPT")
    alice.ok("SELECT INBOX")
    assert alice.ok("UNAUTHENTICATE") == []
    alice.bad("NOOP x")
    alice.bad("SELECT INBOX")
    assert "AUTH=PLAIN" in alice.ok("CAPABILITY")[0].split()
    alice.ok(f"AUTHENTICATE PLAIN {plain(imap.newcomer(), ADMIN, PASSWORD)}")
    assert alice.ok("ENABLE QRESYNC") == ["* ENABLED QRESYNC"]
    assert "* 0 EXISTS" in alice.ok("SELECT INBOX")
    assert "* 1 EXISTS" in another(alice).ok("SELECT INBOX")


def test_unauthenticate_forgets_the_language(alice: Client, imap: Service) -> None:
    languages = alice.ok("LANGUAGE")[0].removeprefix("* LANGUAGE (").removesuffix(")").split()
    other = next((each for each in languages if each not in {"en", "i-default"}), "en")
    before = alice.no("SELECT nowhere", "NONEXISTENT").end
    alice.ok(f"LANGUAGE {other}")
    alice.ok("UNAUTHENTICATE")
    alice.ok(f"AUTHENTICATE PLAIN {plain(alice.uid, ADMIN, PASSWORD)}")
    assert alice.no("SELECT nowhere", "NONEXISTENT").end == before


def test_commands_have_to_be_known_and_in_their_state(alice: Client) -> None:
    alice.bad("XYZZY")
    alice.bad("FETCH 1 FLAGS")
    alice.bad("LOGIN a b")
    alice.bad("NOOP now")
    alice.says("nonsense")
    assert alice.hears().startswith("* BAD ")
    alice.ok("NOOP")


def test_a_program_is_logged_by_the_name_that_it_says_first(imap: Service, stranger: Client) -> None:
    """Whoever said one after another filled the log without having signed in."""
    for number in range(50):
        stranger.ok(f'ID ("name" "Program{id(stranger)}" "version" "{number}")')
    assert imap.log.count(f"Program{id(stranger)}") == 1
