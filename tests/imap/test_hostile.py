"""Clients that mean harm, or are broken: each costs its own connection only, and the others are served."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.imap.service import ADMIN, PASSWORD, Service
from tests.imap.talk import Client, letter, literal, plain
from webmail.wire import imap_request as requests

PROMPT = 0.25  # seconds in which others are answered on a machine that tests are run on
Settled = Callable[[dict[str, str]], Service]


@contextmanager
def harmless(imap: Service, witness: Client) -> Iterator[None]:
    """Whatever happens in the block: others are served promptly meanwhile, and nothing fails inside."""
    failed = imap.log.count(" failed")
    yield
    began = time.perf_counter()
    witness.ok("NOOP")
    assert time.perf_counter() - began < PROMPT
    assert imap.log.count(" failed") == failed


def closed(client: Client) -> bool:
    """Whether the server has closed, with or without a goodbye."""
    with suppress(ConnectionError):
        while client.hears(5):
            pass
    return True


# Lines and literals.


def test_a_line_too_long_is_refused_by_its_tag_and_the_session_goes_on(
    alice: Client, stranger: Client
) -> None:
    for client, most in ((stranger, requests.MAX_LINE_BEFORE_LOGIN), (alice, requests.MAX_LINE)):
        client.bad("NOOP " + "x" * most)
        assert client.ok("NOOP") == []
        client.bad(f'LIST "" "{"x" * most}"')
        assert client.ok("CAPABILITY")


def test_id_may_say_as_much_as_its_rfc_allows(stranger: Client) -> None:
    """CVE-2026-42391: and no more."""
    fields = [f'"f{number:029}" "{"x" * 1024}"' for number in range(31)]
    assert stranger.ok(f"ID ({' '.join(fields[:30])})")
    stranger.bad(f"ID ({' '.join(fields)})")
    stranger.bad(f'ID ("{"f" * 31}" NIL)')


def test_a_literal_too_large_is_refused_before_it_is_sent(alice: Client, stranger: Client) -> None:
    for client, most in ((stranger, requests.MAX_LITERAL_BEFORE_LOGIN), (alice, requests.MAX_LITERAL)):
        client.no(f"LOGIN {{{most + 1}}}" if client is stranger else f"SELECT {{{most + 1}}}", "TOOBIG")
        assert client.ok("NOOP") == []


def test_what_comes_unasked_is_read_past_up_to_a_limit(alice: Client, imap: Service) -> None:
    alice.no(b"SELECT " + literal(b"x" * (requests.MAX_LITERAL + 1)), "TOOBIG")
    assert alice.ok("NOOP") == []
    for client, size in ((imap.client(), 100_000), (imap.signed_in(alice.uid), 17 * 1024 * 1024)):
        with client:
            client.says(f"a1 LOGIN {{{size}+}}")
            assert client.hears().startswith("* BYE ")
            assert closed(client)


def test_a_refused_command_is_not_followed_for_ever(imap: Service) -> None:
    """Each literal is small; all together are too much."""
    with imap.client() as stranger, suppress(ConnectionError):
        stranger.says("a1 SELECT {1000+}")
        for _ in range(100):
            stranger.says(b"x" * 1000 + b" {1000+}\r\n")
        assert closed(stranger)


@pytest.mark.parametrize("depth", [9, 5000])
def test_parentheses_of_strangers_are_few(stranger: Client, depth: int) -> None:
    """CVE-2026-27857, CVE-2026-42006."""
    stranger.bad(f"ID {'(' * depth}")


def test_parentheses_and_keys_of_a_search_are_bounded(alice: Client) -> None:
    alice.ok("SELECT INBOX")
    assert alice.ok(f"SEARCH {'(' * 50}ALL{')' * 50}") == ["* SEARCH"]
    alice.bad(f"SEARCH {'(' * 60_000}")
    alice.bad(f"SEARCH {'NOT ' * 51}ALL")
    alice.bad(f"SEARCH {'OR ' * 10_000}")
    alice.bad(f"SEARCH {'SEEN ' * 5000}SEEN")
    alice.bad(f"FETCH 1 ({'FLAGS ' * 5000}FLAGS)")
    assert alice.ok("NOOP") == []


def test_a_line_without_end_is_cut(imap: Service, alice: Client) -> None:
    """A gigabyte of nothing."""
    with harmless(imap, alice), imap.client() as stranger:
        sent = 0
        with suppress(ConnectionError):
            for _ in range(1024):
                stranger.says(b"x" * 1024 * 1024)
                sent += 1
        assert sent < 20


def test_commands_that_are_none_are_counted(imap: Service, alice: Client) -> None:
    for client, most in ((imap.client(), 3), (imap.signed_in(alice.uid), 20)):
        with client:
            client.says(b"\r\n" * 10_000)
            assert [client.hears()[:6] for _ in range(most)] == ["* BAD "] * most
            assert client.hears().startswith("* BYE ")
            assert closed(client)


def test_garbage_is_answered_by_bad_or_a_closed_connection(imap: Service, alice: Client) -> None:
    chance = random.Random(3501)
    said = [
        b"a1",
        b" ",
        b"SELECT",
        b"FETCH",
        b"{5}",
        b"{3+}",
        b"~{9+}",
        b"\0",
        b"\r\n",
        b"(",
        b'"',
        b"\xff",
        b"\\",
        b"*",
        b"1:*",
    ]
    with harmless(imap, alice):
        for number in range(60):
            with imap.signed_in(alice.uid) if number % 2 else imap.client() as client:
                client.says(b"".join(chance.choices(said, k=300)) + b"\r\n" * 30)
                client._socket.shutdown(socket.SHUT_WR)
                assert closed(client)


def test_nul_is_nowhere_but_in_messages(alice: Client) -> None:
    for command in (b"SELECT IN\0BOX", b'SELECT "IN\0BOX"', b"SELECT " + literal(b"IN\0BOX"), b"NO\0OP"):
        alice.bad(command)
    alice.ok(b"APPEND INBOX ~" + literal(letter(text="a\0b")))
    alice.ok("SELECT INBOX")
    assert alice.ok("NOOP") == []


def test_who_stops_sending_still_hears_the_answers(alice: Client) -> None:
    alice.fills("INBOX", *[letter(text="x" * 1000)] * 50)
    alice.says("x1 SELECT INBOX\r\nx2 FETCH 1:* BODY.PEEK[]\r\nx3 NOOP")
    alice._socket.shutdown(socket.SHUT_WR)
    heard = list(iter(alice.hears, ""))
    assert sum(" FETCH " in line for line in heard) == 50
    assert heard[-1] == "x3 OK Done."


# Names.


# Modified UTF-7 that nobody makes: half a character, half a surrogate pair, a control, base64 that is none
ODD = [
    b"&AAo-",
    b"&AA0ACg-",
    b"&AAA-",
    b"&2AA-",
    b"&3AA-",
    b"&",
    b"&AG",
    b"&Zeq",
    b"&IKwgrA",
    b"&*-",
    b"&AGE-",
]
REFUSED = [
    *(b"a\r\nb", b"a\nb", b"\0", b"a\rb", b"\x7f", b"\xff\xfe", "a\u2028b".encode()),
    *(b"/", b"a//b", b"/a", b"..", b"a/../b", b"x" * 1025, b"a/" * 60 + b"a"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_could_be_something_else_are_refused(alice: Client, name: bytes) -> None:
    before = alice.ok('LIST "" *')
    for command in (b"CREATE ", b"SUBSCRIBE ", b"RENAME Sent "):
        assert alice.asks(command + literal(name)).end[:2] in {"BA", "NO"}
    assert alice.ok('LIST "" *') == before


@pytest.mark.parametrize("name", ODD)
def test_odd_utf7_names_itself_and_nothing_else(alice: Client, name: bytes) -> None:
    """It is kept as it stands; a name that a control or another mailbox could hide in is none."""
    alice.ok(b"CREATE " + literal(name))
    assert alice.ok(b'LIST "" ' + literal(name.replace(b"*", b"%"))) == [
        f'* LIST (\\HasNoChildren) "/" {name.replace(b"&", b"&-").decode()}'.replace("&-*-", '"&-*-"')
    ]
    alice.no(b"CREATE " + literal(name.replace(b"&", b"&-")), "ALREADYEXISTS")


def test_what_is_listed_can_be_asked_for(alice: Client) -> None:
    for name in (
        b'"',
        b"\\",
        b'\\"',
        b"{3}",
        b"{3+}",
        b"a b",
        b"(",
        b"%",
        b"*",
        b"NIL",
        b"&-",
        b"a]b",
        b"~x",
        b"'",
    ):
        alice.ok(b"CREATE " + literal(b"odd " + name))
        (line,) = alice.ok(b'LIST "" ' + literal(b"odd " + name.replace(b"*", b"%")))[:1]
        told = line.partition(' "/" ')[2]
        alice.ok(f"SELECT {told}")
        alice.ok(f"DELETE {told}")


# What happened to others.


def test_base64_that_is_none_ends_that_attempt_only(imap: Service, stranger: Client) -> None:
    """CVE-2025-59028."""
    with imap.client() as other:
        tag = other.begins("AUTHENTICATE PLAIN")
        assert other.hears().startswith("+")
        for wrong in ("!!!!", "AA=A", "=", "A" * 8000):
            stranger_tag = stranger.begins("AUTHENTICATE PLAIN")
            assert stranger.hears().startswith("+")
            stranger.says(wrong)
            answer = stranger.ends(stranger_tag)
            assert answer.end[:2] in {"BA", "NO"}
            if answer.end.startswith("BAD"):
                break
        other.says("*")
        assert other.ends(tag).end.startswith("BAD ")
        assert other.ok("NOOP") == []


def test_who_signs_in_is_not_believed_more_than_that(settled: Settled) -> None:
    """CVE-2026-42395, CVE-2026-4200: nor where from; CVE-2026-24031, CVE-2026-27860: nor is a name a statement.

    CVE-2025-30189: nor is what was remembered of one person true of another.
    """
    service = settled({})
    alice, bob = service.newcomer("alice"), service.newcomer("bob")
    with service.client() as client:
        client.ok(f'LOGIN {alice} "{PASSWORD}"')
        client.ok("UNAUTHENTICATE")
        client.ok('ID ("x-originating-ip" "192.0.2.66" "x-session-id" "1" "x-proxy-ttl" "1")')
        client.no(f"LOGIN {bob} wrong", "AUTHENTICATIONFAILED")
        client.no(b"LOGIN " + literal(b"' OR 1=1 --") + b" x", "AUTHENTICATIONFAILED")
    assert "192.0.2.66" not in service.log


@pytest.mark.parametrize("command", ["COMPRESS DEFLATE", "URLFETCH x", "GENURLAUTH x INTERNAL", "RESETKEY"])
def test_what_went_wrong_elsewhere_is_not_offered(alice: Client, command: str) -> None:
    """CVE-2026-40203, CVE-2026-52687, CVE-2026-73209, CVE-2026-42392."""
    alice.bad(command)
    assert not any(
        word in str(alice.ok("CAPABILITY")) for word in ("COMPRESS", "URLAUTH", "SCRAM", "XCLIENT")
    )


def test_idle_ends_by_done_and_nothing_else(imap: Service, alice: Client) -> None:
    """CVE-2026-40015."""
    for line in ("a9 NOOP", "DONE x", "(" * 60, "x" * 100_000):
        with imap.signed_in(alice.uid) as client, harmless(imap, alice):
            tag = client.begins("IDLE")
            assert client.hears().startswith("+")
            client.says(line)
            assert client.ends(tag).end.startswith("BAD ")
            assert client.ok("NOOP") == []


def test_one_connection_too_many_is_refused_and_the_others_go_on(imap: Service, alice: Client) -> None:
    """CVE-2026-33263: twenty of one person from one address."""
    clients = [alice, *(imap.signed_in(alice.uid) for _ in range(19))]
    with imap.client() as late:
        late.no(f"AUTHENTICATE PLAIN {plain(alice.uid, ADMIN, PASSWORD)}", "LIMIT")
    clients.pop().close()
    until = time.monotonic() + 5
    with imap.client() as late:  # the other side may not have noticed yet
        while late.asks(f"AUTHENTICATE PLAIN {plain(alice.uid, ADMIN, PASSWORD)}").end.startswith("NO"):
            assert time.monotonic() < until
    for client in clients:
        assert client.ok("NOOP") == []
        client.close()
