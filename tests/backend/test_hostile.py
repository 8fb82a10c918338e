"""Backends that stall, cut, babble and lie: the right error, in time, and the next request works."""

from __future__ import annotations

import time

import pytest

from tests.backend.impostor import CUT, DRIP, HANG, ROW, SELECT, Answer, Impostor
from tests.backend.talk import at, person, pool
from tests.conftest import Run
from webmail.errors import AlreadyExists, MailError, NotAllowed, NotFound, OverQuota, TooBig, Unavailable
from webmail.http.backend import exchange
from webmail.http.backend.pool import Pool

ANN = person("ann")


async def first_page(made: Pool) -> list[str]:
    async with made.lease(ANN) as box:
        return [row.subject for row in (await box.page("INBOX")).rows]


@pytest.mark.parametrize(
    "answer",
    [
        HANG,
        CUT,
        b"* 1 FETCH (UID 5 BODY[] {1000}\r\nonly so much" + CUT,
        b"* 1 FETCH (UID 5 FLAGS (\\Seen" + CUT,
        b"\x16\x03\x01 this is no IMAP at all\r\n",
        b"<html><body>502 Bad Gateway</body></html>\r\n",
        b"* 1 FETCH (UID 5 ENVELOPE ((((((((\r\n%tag OK done\r\n",
        b"* 1 FETCH " + b"(" * 100_000 + b"\r\n%tag OK done\r\n",
        b"* 1 FETCH (BODY[] {99999999999}\r\n",
        b"* 1 FETCH (BODY[] {-1}\r\nx)\r\n%tag OK done\r\n",
        b"* 1 FETCH (UID 5 BODY[1] {3}\r\nmore (than three)\r\n%tag OK done\r\n",
        b"ZZZ99 OK an answer to nothing\r\n",
        b"%tag OK done\r\n%tag OK done again\r\n",
        b"+ go on\r\n" * 2 + HANG,
        b"* BYE overload\r\n",
        b"* BYE overload\r\n" + CUT,
        b"x" * 2_000_000,
        b"* 1 EXISTS\r\n" * 300_000,
        b"%tag BAD what?\r\n",
    ],
)
def test_nonsense_in_the_middle(run: Run, answer: bytes) -> None:
    async def talk() -> None:
        async with (
            Impostor({"FETCH": answer}) as server,
            pool(at("127.0.0.1", server.port, timeout=1)) as made,
        ):
            began = time.monotonic()
            if answer.startswith(b"%tag OK done"):
                assert await first_page(made) == []
            else:
                with pytest.raises(Unavailable):
                    await first_page(made)
            assert time.monotonic() - began < 3
            server.answers["FETCH"] = ROW
            assert await first_page(made) == ["hi"]

    run(talk())


@pytest.mark.parametrize("step", ["CAPABILITY", "AUTHENTICATE", "SELECT", "FETCH"])
def test_silence_ends_in_time(run: Run, step: str) -> None:
    async def talk() -> None:
        async with Impostor({step: HANG}) as server, pool(at("127.0.0.1", server.port, timeout=1)) as made:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await first_page(made)
            assert 0.9 < time.monotonic() - began < 2

    run(talk())


@pytest.mark.parametrize(
    "greeting",
    [
        HANG,
        CUT,
        b"* BYE too many\r\n",
        b"220 mail.example.test ESMTP\r\n",
        b"* PREAUTH hello\r\n",
        b"* 3 EXISTS\r\n",
    ],
)
def test_strange_greetings(run: Run, greeting: bytes) -> None:
    async def talk() -> None:
        async with (
            Impostor(greeting=greeting) as server,
            pool(at("127.0.0.1", server.port, timeout=1)) as made,
        ):
            with pytest.raises(Unavailable):
                await first_page(made)
            assert "SELECT" not in server.names

    run(talk())


def test_a_drip_does_not_hold_for_ever(run: Run) -> None:
    """Something now and then is no answer: the time limit is for the whole command."""

    async def talk() -> None:
        async with Impostor({"FETCH": DRIP}) as server, pool(at("127.0.0.1", server.port, timeout=1)) as made:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await first_page(made)
            assert time.monotonic() - began < 2

    run(talk())


def test_an_endless_answer_is_cut_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_REPLIES", 1000)

    async def talk() -> None:
        endless = b'* LIST () "/" a\r\n' * 5000 + HANG
        async with (
            Impostor({"LIST": endless}) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            with pytest.raises(Unavailable, match="more than 1000 replies"):
                await box.folders()

    run(talk())


def counted(command: str) -> bytes:
    name = command.split(" ", 1)[1].rsplit(" (", 1)[0]
    return f"* STATUS {name} (MESSAGES 3 UNSEEN 1)\r\n%tag OK done\r\n".encode()


def test_five_thousand_folders_are_listed_and_only_some_of_them_counted(run: Run) -> None:
    names = [f"Customer {n // 100}/Case {n}" for n in range(5000)]
    listing = "".join(f'* LIST (\\HasNoChildren) "/" "{name}"\r\n' for name in names).encode()
    capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE"

    async def talk() -> None:
        answers: dict[str, Answer] = {"LIST": listing + b"%tag OK done\r\n", "STATUS": counted}
        async with (
            Impostor(answers, capabilities=capabilities) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            began = time.process_time()
            found = await box.folders()
            assert time.process_time() - began < 2
            assert len(found) == 5000 + 50 + 1  # with the customers themselves, who are not listed
            assert (found[0].name, found[0].special) == ("INBOX", "inbox")
            assert (found[1].name, found[1].selectable, found[1].depth) == ("Customer 0", False, 0)
            assert (found[2].name, found[2].unseen, found[2].depth) == ("Customer 0/Case 0", 1, 1)
            assert server.names.count("LIST") == 1
            assert server.names.count("STATUS") == 100

    run(talk())


def test_counts_are_asked_of_some_folders_only(run: Run) -> None:
    listing = "".join(f'* LIST () "/" "Folder {n}"\r\n' for n in range(500)).encode()

    async def talk() -> None:
        answers: dict[str, Answer] = {"LIST": listing + b"%tag OK done\r\n", "STATUS": counted}
        async with (
            Impostor(answers) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            found = await box.folders()
            assert len(found) == 501
            assert sum(folder.unseen == 1 for folder in found) == 100
            assert server.names.count("STATUS") == 100
            assert found[0].unseen == 1

    run(talk())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"%tag NO [OVERQUOTA] Quota exceeded\r\n", OverQuota),
        (b"%tag NO Over quota\r\n", OverQuota),
        (b"%tag NO [ALREADYEXISTS] it is\r\n", AlreadyExists),
        (b"%tag NO Mailbox already exists\r\n", AlreadyExists),
        (b"%tag NO [NOPERM] no\r\n", NotAllowed),
        (b"%tag NO [TOOBIG] no\r\n", TooBig),
        (b"%tag NO [UNAVAILABLE] later\r\n", Unavailable),
        (b"%tag NO [NONEXISTENT] no\r\n", NotFound),
        (b"%tag NO [X-SECRET word] /var/mail/ann: some internals\r\n", MailError),
    ],
)
def test_refusals_become_our_errors(run: Run, answer: bytes, error: type[MailError]) -> None:
    """By response code or by what is said; the server's own words are for the log only."""

    async def talk() -> None:
        async with Impostor({"CREATE": answer}) as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(ANN) as box:
                with pytest.raises(error) as caught:
                    await box.create_folder("New")
                assert "internals" not in caught.value.text
                assert caught.value.detail.startswith("CREATE: NO")
                await box.page("INBOX")
            assert server.connections == 1

    run(talk())


def test_a_server_without_uidplus_never_loses_the_mail_of_others(run: Run) -> None:
    """If EXPUNGE is refused, what others marked as deleted is marked again."""
    answers = {"UID SEARCH": b"* SEARCH 3\r\n%tag OK done\r\n", "EXPUNGE": b"%tag NO [NOPERM] no\r\n"}

    async def talk() -> None:
        async with Impostor(answers) as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(ANN) as box:
                with pytest.raises(NotAllowed):
                    await box.move("INBOX", 7, [5], "Other")
            stores = [it for it in server.commands if it.startswith("UID STORE")]
            assert stores == [
                "UID STORE 3 -FLAGS.SILENT (\\Deleted)",
                "UID STORE 5 +FLAGS.SILENT (\\Deleted)",
                "UID STORE 3 +FLAGS.SILENT (\\Deleted)",
            ]

    run(talk())


def test_a_message_that_the_server_cannot_describe(run: Run) -> None:
    """It is in the list all the same, and can be opened."""
    told = ROW.replace(ROW[ROW.index(b"ENVELOPE") : ROW.index(b"BODYSTRUCTURE")], b"ENVELOPE NIL ")

    async def talk() -> None:
        async with (
            Impostor({"FETCH": told, "UID FETCH": told}) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            (row,) = (await box.page("INBOX")).rows
            assert (row.uid, row.subject, row.sender) == (5, "", ())
            assert (await box.open("INBOX", 7, 5)).summary == row

    run(talk())


@pytest.mark.parametrize("found", [b"1:4294967295", b"1:*", b"x", b"5,0"])
def test_a_search_that_finds_more_than_there_is(run: Run, found: bytes) -> None:
    answers = {"UID SEARCH": b"* ESEARCH (TAG x) UID ALL " + found + b"\r\n%tag OK done\r\n"}
    capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS ESEARCH"

    async def talk() -> None:
        async with (
            Impostor(answers, capabilities=capabilities) as server,
            pool(at("127.0.0.1", server.port)) as made,
            made.lease(ANN) as box,
        ):
            with pytest.raises(Unavailable):
                await box.empty_folder("INBOX")
            assert "UID STORE" not in server.names

    run(talk())


def test_a_folder_that_may_only_be_read(run: Run) -> None:
    answers = {"SELECT": SELECT.replace(b"READ-WRITE", b"READ-ONLY")}

    async def talk() -> None:
        async with Impostor(answers) as server, pool(at("127.0.0.1", server.port)) as made:
            async with made.lease(ANN) as box:
                assert (await box.page("INBOX")).total == 1
                with pytest.raises(NotAllowed, match="not change it"):
                    await box.flag("INBOX", 7, [5], add=["\\Seen"])
            assert "UID STORE" not in server.names

    run(talk())
