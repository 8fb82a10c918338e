"""IMAPClient, on which many programs in Python stand."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.clients.letters import letter
from tests.servers.backend import Person
from tests.servers.certificates import Authority
from tests.servers.imap_service import ImapService

WHEN = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@contextmanager
def entered(service: ImapService, person: Person) -> Iterator[Any]:
    with IMAPClient(service.host, service.imap, ssl=False, timeout=20) as client:
        client.normalise_times = False
        client.login(person.name, person.password)
        yield client


@pytest.fixture
def client(service: ImapService, person: Person) -> Iterator[Any]:
    with entered(service, person) as made:
        yield made


def test_over_verified_tls(service: ImapService, person: Person, certificates: Authority) -> None:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with IMAPClient("localhost", service.imaps, ssl_context=context) as over_tls:
        over_tls.login(person.name, person.password)
        assert over_tls.select_folder("INBOX")[b"EXISTS"] == 0
    with IMAPClient("localhost", service.imap, ssl=False) as plain:
        plain.starttls(context)
        plain.plain_login(person.name, person.password)
        assert plain.noop() is not None


def test_folders_with_any_name(client: Any) -> None:
    client.create_folder("Grüße & 東京")
    client.subscribe_folder("Grüße & 東京")
    listed = {name: flags for flags, _, name in client.list_folders()}
    assert b"\\Sent" in listed["Sent"]
    assert "Grüße & 東京" in listed
    assert [name for _, _, name in client.list_sub_folders(pattern="Gr*")] == ["Grüße & 東京"]
    assert client.find_special_folder(b"\\Trash") == "Trash"
    client.rename_folder("Grüße & 東京", "Plain")
    assert client.folder_exists("Plain")
    client.delete_folder("Plain")
    assert client.namespace().personal == (("", "/"),)


def test_append_tells_the_uid_and_move_and_expunge_take_it(
    client: Any, service: ImapService, person: Person
) -> None:
    assert b"[APPENDUID " in client.append("INBOX", letter(1), [b"\\Seen", b"$Label"], WHEN)
    client.multiappend("INBOX", [letter(2), letter(3), letter(4)])
    client.select_folder("INBOX")
    assert client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"] == WHEN
    with entered(service, person) as other:
        other.select_folder("INBOX")
        client.move([1], "Archive")
        client.delete_messages([2, 3])
        client.uid_expunge([2])
        assert client.search() == [3, 4]
        assert [line[1] for line in other.noop()[1]].count(b"EXPUNGE") == 2
        assert other.search("DELETED") == [3]
    client.copy([4], "Archive")
    assert client.folder_status("Archive", ["MESSAGES", "UNSEEN"]) == {b"MESSAGES": 2, b"UNSEEN": 1}


def test_what_a_message_is_made_of(client: Any) -> None:
    client.append("INBOX", letter(1, attachment=b"\0\1\2" * 1000))
    client.select_folder("INBOX", readonly=True)
    found = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "BODY.PEEK[2]", "FLAGS"])[1]
    assert found[b"ENVELOPE"].subject == b"Number 1"
    assert found[b"ENVELOPE"].date == datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
    assert found[b"ENVELOPE"].from_[0].mailbox == b"ann1"
    assert found[b"BODYSTRUCTURE"].is_multipart
    assert found[b"BODYSTRUCTURE"][0][1][1] == b"octet-stream"
    assert found[b"RFC822.SIZE"] == len(letter(1, attachment=b"\0\1\2" * 1000))
    assert b"\\Seen" not in found[b"FLAGS"]


def test_searching_sorting_and_threading(client: Any) -> None:
    for number, reply_to in ((1, None), (2, 1), (3, None), (4, 2)):
        client.append("INBOX", letter(number, reply_to=reply_to))
    client.select_folder("INBOX")
    assert client.search(["SUBJECT", "number 1"]) == [1, 2]
    assert client.search(["TEXT", "grüße"], "UTF-8") == [1, 2, 3, 4]
    assert client.search(["NOT", ["FROM", "ann1@"], "SINCE", datetime(2026, 6, 1, tzinfo=UTC).date()]) == [
        2,
        3,
        4,
    ]
    assert client.sort(["REVERSE DATE"]) == [4, 3, 2, 1]
    assert client.sort(["SUBJECT", "DATE"]) == [1, 2, 4, 3]
    assert client.thread("REFERENCES") == ((1, 2, 4), (3,))


def test_flags_by_their_names(client: Any) -> None:
    client.multiappend("INBOX", [letter(1), letter(2)])
    client.select_folder("INBOX")
    assert client.add_flags([1, 2], [b"\\Flagged", b"$Work"])[2] == (b"\\Flagged", b"$Work", b"\\Recent")
    assert b"\\Flagged" not in client.remove_flags([1], b"\\Flagged")[1]
    assert client.get_flags([1])[1] == (b"$Work", b"\\Recent")
    assert client.search(["KEYWORD", "$Work", "FLAGGED"]) == [2]
    assert client.fetch([1, 2, 3], ["FLAGS"], ["CHANGEDSINCE 1"]).keys() == {1, 2}


def test_idle_hears_of_what_others_do(client: Any, service: ImapService, person: Person) -> None:
    client.select_folder("INBOX")
    client.idle()
    with entered(service, person) as other:
        other.append("INBOX", letter(1))
        assert (1, b"EXISTS") in client.idle_check(5)
        other.select_folder("INBOX")
        other.add_flags([1], [b"\\Answered"])
        (told,) = client.idle_check(5)
        assert told[:2] == (1, b"FETCH")
        other.delete_messages([1])
        other.expunge()
        heard = client.idle_check(5)
        while (1, b"EXPUNGE") not in heard:
            heard += client.idle_check(5)
    assert client.idle_done()[0] == b"Waited."
    assert client.search() == []


def test_quotas_are_told_and_hold(service: ImapService, client: Any, person: Person) -> None:
    small = next(each for each in service.people if each.name == "small")
    with entered(service, small) as other:
        (quota,) = other.get_quota_root("INBOX")[1]
        assert (quota.quota_root, quota.resource, quota.limit) == ("small", "STORAGE", 1024)
        with pytest.raises(IMAPClientError, match="OVERQUOTA"):
            other.append("INBOX", letter(1, attachment=b"x" * 1_000_000))
    root, (quota,) = client.get_quota_root("INBOX")
    assert root.quota_roots == [person.name]
    assert quota.usage == 0


def test_a_folder_is_shared_and_seen_by_the_other(service: ImapService, client: Any, person: Person) -> None:
    friend = service.spare()
    client.create_folder("Ours")
    client.setacl("Ours", friend.name, "lrswi")
    assert dict(client.getacl("Ours"))[friend.name.encode()] == b"lrswi"
    name = f"Shared Folders/User/{person.name}/Ours"
    with entered(service, friend) as other:
        assert name in [each for _, _, each in other.list_folders()]
        other.append(name, letter(1))
        other.select_folder(name)
        assert other.search() == [1]
    client.select_folder("Ours")
    assert client.search() == [1]


def test_an_administrator_acts_for_a_person(service: ImapService, person: Person) -> None:
    with IMAPClient(service.host, service.imap, ssl=False) as client:
        client.plain_login(service.admin, service.adminpass, person.name)
        client.append("INBOX", letter(1))
    with entered(service, person) as own:
        assert own.select_folder("INBOX")[b"EXISTS"] == 1
