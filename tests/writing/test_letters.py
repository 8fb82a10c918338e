"""Letters written, kept, sent and given back, against real servers."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Kind
from tests.gateway.letters import files_of, letter, parsed, text_of
from tests.servers.backend import Backend, Person
from tests.servers.certificates import Authority
from tests.servers.mailbox import deliver, imap, messages, wait_for
from tests.servers.postfix import Postfix
from tests.servers.process import free_port
from tests.servers.product import Product, settings_for
from tests.servers.visitor import Answer, Visitor
from tests.writing.writer import Written, write

DATA = bytes(range(256)) * 200
LIMIT = 60_000  # octets of a message, at the product called `narrow`
IDLE = 3  # seconds until its sessions end


@pytest.fixture
def me(product: Product, visitor: Visitor, dovecot_a: Backend) -> Person:
    person = product.newcomer(dovecot_a)
    visitor.sign_in(person)
    return person


@pytest.fixture
def friend(product: Product, dovecot_b: Backend) -> Person:
    return product.newcomer(dovecot_b)


@pytest.fixture(scope="module")
def narrow(servers: Path, dovecot_a: Backend, postfix: Postfix) -> Iterator[Product]:
    """A product with a small limit and short sessions."""
    settings = settings_for([dovecot_a], postfix) | {
        "service.http.maxmessagesize": str(LIMIT),
        "service.http.maxpostsize": str(LIMIT // 2),
        "service.http.sessiontimeout": str(IDLE),
    }
    with Product(servers / "narrow", settings) as made:
        yield made


@pytest.fixture(scope="module")
def cut_off(servers: Path, dovecot_a: Backend) -> Iterator[Product]:
    """A product whose MTA is down."""
    settings = settings_for([dovecot_a], None) | {"service.http.smtpport": str(free_port())}
    with Product(servers / "cut-off", settings) as made:
        yield made


def address(person: Person) -> str:
    return f"{person.name}@example.test"


def received(visitor: Visitor, me: Person, dovecot: Backend, content: bytes) -> str:
    """Deliver a message; the query that names it on /write."""
    deliver(dovecot, me.name, content)
    wait_for(dovecot, me.name)
    page = visitor.get("/mail?folder=INBOX").text
    path = page.partition('href="/mail/')[2].partition('"')[0].replace("&amp;", "&")
    uidvalidity, uid = path.partition("?")[0].split("/")[:2]
    return f"folder=INBOX&uidvalidity={uidvalidity}&uid={uid}"


def flags_of(dovecot: Backend, name: str, folder: str = "INBOX") -> str:
    with imap(dovecot, name) as connection:
        connection.select(folder, readonly=True)
        return str(connection.fetch("1", "(FLAGS)")[1][0])


def test_answer_with_a_file_without_javascript(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    query = received(visitor, me, dovecot_a, letter("Tea?", "At five.\n", f"F <{address(friend)}>"))
    page = write(visitor, f"how=reply&{query}")
    assert (page.one("to"), page.one("subject")) == (f"F <{address(friend)}>", "Re: Tea?")
    assert "> At five." in page.one("text")
    page.set(text="Gladly.\n\n" + page.one("text"))
    page = Written(visitor, page.form("attach", [("a “b”.bin", DATA), ("c.txt", b"")]))
    assert len(page.kept) == 2
    assert len(messages(dovecot_a, me.name, "Drafts")) == 1
    sent = page.form("send")
    assert (sent.status, sent.location) == (303, "/mail?folder=INBOX&told=sent")
    arrived = parsed(wait_for(dovecot_b, friend.name)[0])
    assert files_of(arrived) == {"a “b”.bin": DATA, "c.txt": b""}
    assert "Gladly." in text_of(arrived)
    assert arrived["X-Webmail-Draft"] is None
    assert arrived["In-Reply-To"] == parsed(messages(dovecot_a, me.name)[0])["Message-ID"]
    wait_for(dovecot_a, me.name, "Sent")
    assert messages(dovecot_a, me.name, "Drafts") == []
    time.sleep(0.3)
    assert "\\Answered" in flags_of(dovecot_a, me.name)


def test_files_may_come_with_send_itself(
    visitor: Visitor, me: Person, friend: Person, dovecot_b: Backend
) -> None:
    page = write(visitor)
    page.set(to=address(friend), subject="at once")
    assert page.form("send", [("late.bin", DATA)]).status == 303
    assert files_of(parsed(wait_for(dovecot_b, friend.name)[0])) == {"late.bin": DATA}


def test_draft_saved_twice_leaves_one_copy(visitor: Visitor, me: Person, dovecot_a: Backend) -> None:
    page = write(visitor)
    page.set(to="half@", subject="one", text="first")
    assert page.script("save").status == 200
    page.set(text="second\n\n  indented\n> quoted\n-- \nme")
    page.put("file.bin", DATA)
    assert page.script("save").json["told"].startswith("Saved ")
    (draft,) = messages(dovecot_a, me.name, "Drafts")
    assert text_of(parsed(draft)).splitlines()[0] == "second"
    assert "\\Draft" in flags_of(dovecot_a, me.name, "Drafts")


def test_draft_opened_again_has_all_of_it_and_is_replaced(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    query = received(visitor, me, dovecot_a, letter("Tea?", "At five.\n"))
    page = write(visitor, f"how=reply&{query}")
    text = "one\n\n  indented\n> quoted\nlong " + "words " * 40 + "end\n-- \nme"
    page.set(to=f"{address(friend)}, half@", cc="c@elsewhere.test", bcc="b@elsewhere.test", text=text)
    page.put("Übersicht.bin", DATA)
    here = page.script("save").json["here"]
    again = Written(visitor, visitor.get(here))
    assert again.one("compose") == page.one("compose")
    assert again.kept == page.kept
    other = Written(visitor, visitor.get(here.replace(page.one("compose"), "")))
    assert other.one("compose") != page.one("compose")
    for name in ("to", "cc", "bcc", "subject", "text", "how", "origin", "in_reply_to", "references"):
        assert other.one(name) == page.one(name), name
    assert len(other.kept) == 1
    other.set(to=address(friend))
    assert other.script("save").status == 200
    (draft,) = messages(dovecot_a, me.name, "Drafts")
    assert files_of(parsed(draft)) == {"Übersicht.bin": DATA}
    assert other.script("send").json["told"] == "sent"
    arrived = parsed(wait_for(dovecot_b, friend.name)[0])
    assert files_of(arrived) == {"Übersicht.bin": DATA}
    assert arrived["Bcc"] is None
    assert parsed(wait_for(dovecot_a, me.name, "Sent")[0])["Bcc"] == "b@elsewhere.test"
    assert messages(dovecot_a, me.name, "Drafts") == []
    time.sleep(0.3)
    assert "\\Answered" in flags_of(dovecot_a, me.name)


def test_discarded_draft_is_found_in_trash(visitor: Visitor, me: Person, dovecot_a: Backend) -> None:
    page = write(visitor)
    page.set(subject="not this")
    page.put("file.bin", DATA)
    page.script("save")
    assert page.script("discard").json == {"told": "discarded", "go": "/mail?folder=INBOX&told=discarded"}
    assert messages(dovecot_a, me.name, "Drafts") == []
    assert parsed(messages(dovecot_a, me.name, "Trash")[0])["Subject"] == "not this"
    assert write(visitor, f"compose={page.one('compose')}").kept == []


def test_forward_takes_the_files_along_from_server_to_server(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    first = write(visitor)
    first.set(to=address(me), subject="with files", text="look")
    first.put("one.bin", DATA)
    first.put("two.txt", b"2")
    assert first.script("send").json["told"] == "sent"
    query = received_query(visitor, me, dovecot_a)
    page = write(visitor, f"how=forward&{query}")
    assert page.one("subject") == "Fwd: with files"
    assert "Forwarded message" in page.one("text")
    assert len(page.kept) == 2
    page.set(to=address(friend))
    assert page.script("send").json["told"] == "sent"
    assert files_of(parsed(wait_for(dovecot_b, friend.name)[0])) == {"one.bin": DATA, "two.txt": b"2"}
    time.sleep(0.3)
    assert "$Forwarded" in flags_of(dovecot_a, me.name)


def received_query(visitor: Visitor, me: Person, dovecot: Backend) -> str:
    wait_for(dovecot, me.name)
    page = visitor.get("/mail?folder=INBOX").text
    path = page.partition('href="/mail/')[2].partition('"')[0]
    uidvalidity, uid = path.partition("?")[0].split("/")[:2]
    return f"folder=INBOX&uidvalidity={uidvalidity}&uid={uid}"


@pytest.mark.parametrize("text", ["plain\n", "Grüße, 8 bit\n"])
def test_forward_as_attachment_is_the_message_itself(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend, dovecot_b: Backend, text: str
) -> None:
    query = received(visitor, me, dovecot_a, letter("the original", text))
    original = messages(dovecot_a, me.name)[0]
    page = write(visitor, f"how=attach&{query}")
    page.set(to=address(friend))
    assert page.script("send").json["told"] == "sent"
    content = wait_for(dovecot_b, friend.name)[0]
    (part,) = parsed(content).iter_attachments()
    assert part.get_content_type() == "message/rfc822"
    assert part.get_filename() == "the original.eml"
    assert original in content


def test_edit_as_new_is_a_letter_of_its_own(visitor: Visitor, me: Person, dovecot_a: Backend) -> None:
    query = received(visitor, me, dovecot_a, letter("again", "the text\n"))
    page = write(visitor, f"how=edit&{query}")
    assert (page.one("subject"), page.one("text"), page.one("origin")) == ("again", "the text", "")
    assert page.one("in_reply_to") == page.one("saved") == page.one("replaces") == ""


def test_pressed_twice_it_is_sent_once(
    visitor: Visitor, me: Person, friend: Person, product: Product, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    page = write(visitor)
    page.set(to=address(friend), subject="once")
    page.put("file.bin", DATA * 20)
    answers: list[Answer] = []

    def press() -> None:
        with Visitor(product.url) as other:
            setattr(other._connection, "source_address", (visitor.address, 0))  # noqa: B010  a session is its address's
            other.cookies, other.token = visitor.cookies, visitor.token
            copy = Written(other, page.answer)
            copy.fields = list(page.fields)
            answers.append(copy.script("send"))

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    answers.append(page.script("send"))
    assert [answer.status for answer in answers] == [200] * 5, [answer.text for answer in answers]
    wait_for(dovecot_a, me.name, "Sent")
    wait_for(dovecot_b, friend.name)
    time.sleep(1)
    assert len(messages(dovecot_b, friend.name)) == 1
    assert len(messages(dovecot_a, me.name, "Sent")) == 1
    assert page.script("save").status == 409
    assert messages(dovecot_a, me.name, "Drafts") == []
    assert write(visitor, f"compose={page.one('compose')}").one("compose") != page.one("compose")


def test_the_limit_is_exact_to_the_octet(narrow: Product, dovecot_a: Backend) -> None:
    person = narrow.newcomer(dovecot_a)

    def send(visitor: Visitor, text: str) -> Answer:
        page = write(visitor)
        page.set(to=address(person), subject="weighed", text=text)
        return page.script("send")

    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        assert send(visitor, "x").status == 200
        light = len(wait_for(dovecot_a, person.name, "Sent")[0])
        lines, rest = divmod(LIMIT - light, 62)
        text = "x\n" + ("y" * 60 + "\n") * (lines - 1) + "y" * (60 + rest)
        assert send(visitor, text).status == 200
        assert len(wait_for(dovecot_a, person.name, "Sent", count=2)[1]) == LIMIT
        refused = send(visitor, text + "y")
        assert (refused.status, refused.json["kind"]) == (413, "toobig")
        assert f"{LIMIT + 1:,} bytes" in refused.json["error"]
        assert f"{LIMIT:,} bytes" in refused.json["error"]


def test_a_file_that_fits_exactly_and_one_octet_more(narrow: Product, dovecot_a: Backend) -> None:
    person = narrow.newcomer(dovecot_a)
    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        assert page.put("half.bin", b"x" * (LIMIT // 2 + 1)).status == 413
        left = page.put("a", b"x" * (LIMIT // 2)).json["left"]
        assert page.put("attachment", b"y" * (left + 1)).status == 413
        assert page.put("attachment", b"y" * left).status == 201
        page.set(to=address(person), subject="more than the header’s room " * 9)
        heavy = page.script("send")
        assert (heavy.status, heavy.json["kind"]) == (413, "toobig")
        assert len(heavy.json["files"]) == 2


def test_too_big_a_file_without_javascript_keeps_all_the_rest(narrow: Product, dovecot_a: Backend) -> None:
    person = narrow.newcomer(dovecot_a)
    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to=address(person), subject="s", text="dear text")
        answer = page.form("attach", [("big.bin", b"x" * LIMIT), ("small.bin", b"x")])
        assert answer.status == 413
        assert "“big.bin” is too big" in answer.text
        again = Written(visitor, answer)
        assert (again.one("text"), again.one("to"), len(again.kept)) == ("dear text", address(person), 1)
        sent = again.form("send", [("big.bin", b"x" * LIMIT)])
        assert (sent.status, "Not sent" in sent.text) == (413, True)
        assert messages(dovecot_a, person.name) == []


def test_files_outlive_the_session_in_the_draft(narrow: Product, dovecot_a: Backend) -> None:
    person = narrow.newcomer(dovecot_a)
    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to=address(person), subject="kept", text="text")
        page.put("kept.bin", DATA[:9000])
        page.script("save")
        page.put("lost.bin", DATA[:10])
        time.sleep(IDLE + 1.5)
        assert page.script("save").json["kind"] == "expired"
        answer = visitor.post(
            "/signin",
            {"user": person.name, "password": person.password},
            token=False,
            headers={"Accept": "application/json"},
        )
        visitor.token = answer.json["token"]
        page.set(token=visitor.token)
        refused = page.script("send")
        assert (refused.status, refused.json["kind"]) == (409, "files")
        assert refused.json["lost"] == [page.kept[1].partition(" ")[0]]
        assert [file["name"] for file in refused.json["files"]] == ["kept.bin"]
        page.fields.remove(("kept", page.kept[1]))
        assert page.script("send").json["told"] == "sent"
    assert files_of(parsed(wait_for(dovecot_a, person.name)[0])) == {"kept.bin": DATA[:9000]}


def test_nobody_goes_on_with_another_ones_letter(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend
) -> None:
    page = write(visitor)
    page.set(person=friend.name, text="private")
    answer = page.script("save")
    assert answer.status == 403
    assert friend.name in answer.json["error"]
    assert messages(dovecot_a, me.name, "Drafts") == []


def test_fields_that_cannot_be_read_are_marked_and_everything_is_kept(visitor: Visitor, me: Person) -> None:
    page = write(visitor)
    page.set(to="ana@", cc="b@elsewhere.test", subject="<s>", text="<t> & t")
    answer = page.form("send", [("file.bin", DATA)])
    assert answer.status == 422
    assert 'aria-invalid="true" aria-describedby="to-why"' in answer.text
    assert "“ana@” is not a whole e-mail address." in answer.text
    again = Written(visitor, answer)
    for name in ("to", "cc", "subject", "text"):
        assert again.one(name) == page.one(name)
    assert len(again.kept) == 1
    assert set(page.script("send").json["fields"]) == {"to"}


def test_refused_letter_is_mended_and_sent(
    visitor: Visitor, me: Person, friend: Person, dovecot_a: Backend, dovecot_b: Backend
) -> None:
    page = write(visitor)
    page.set(to=f"nobody-there@example.test, {address(friend)}", subject="to nobody")
    page.put("file.bin", DATA)
    answer = page.script("send")
    assert (answer.status, answer.json["kind"]) == (422, "refused")
    assert "User unknown" in answer.json["error"]
    assert "nobody-there@example.test" in answer.json["fields"]["to"]
    assert messages(dovecot_b, friend.name) == []
    assert files_of(parsed(wait_for(dovecot_a, me.name, "Drafts")[0])) == {"file.bin": DATA}
    assert "back in Drafts" in visitor.get("/outbox").text
    page.set(to=address(friend))
    assert page.script("send").json["told"] == "sent"
    assert files_of(parsed(wait_for(dovecot_b, friend.name)[0])) == {"file.bin": DATA}
    wait_for(dovecot_a, me.name, "Sent")
    assert messages(dovecot_a, me.name, "Drafts") == []
    assert "Nothing waits here" in visitor.get("/outbox").text


def test_mta_away_it_waits_and_can_be_taken_back(cut_off: Product, dovecot_a: Backend) -> None:
    person = cut_off.newcomer(dovecot_a)
    with Visitor(cut_off.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to="a@elsewhere.test", bcc="b@elsewhere.test", subject="waiting <b>")
        page.put("file.bin", DATA)
        page.script("save")
        sent = page.script("send")
        assert sent.json["told"] == "queued"
        assert messages(dovecot_a, person.name, "Drafts") == []
        shown = visitor.get("/outbox")
        assert "waiting &lt;b&gt;" in shown.text
        assert "The mail server cannot be reached." in shown.text
        assert visitor.post("/outbox", {"id": shown.field("id"), "action": "retry"}).status == 303
        assert visitor.post("/outbox", {"id": shown.field("id"), "action": "cancel"}).status == 303
        (draft,) = wait_for(dovecot_a, person.name, "Drafts")
        assert parsed(draft)["Bcc"] == "b@elsewhere.test"
        assert files_of(parsed(draft)) == {"file.bin": DATA}
        assert visitor.post("/outbox", {"id": "no such", "action": "cancel"}).status == 404
        assert visitor.post("/outbox", {"id": "x", "action": "explode"}).status == 400


def test_gone_message_and_nonsense_are_answered_kindly(visitor: Visitor, me: Person) -> None:
    assert visitor.get("/write?how=reply&folder=INBOX&uidvalidity=1&uid=1").status == 404
    assert visitor.get("/write?how=reply").status == 400
    assert visitor.get("/write?how=explode").status == 400
    page = write(visitor)
    page.set(compose="../../etc")
    assert page.script("save").status == 400
    assert visitor.send("PUT", "/write/zz/files", b"x", {"X-CSRF-Token": visitor.token}).status == 400
    assert visitor.send("PUT", f"/write/{'0' * 32}/files", b"x").status == 403
    remove = f"/write/{'0' * 32}/files/..%2f..%2fx"
    assert visitor.send("DELETE", remove, headers={"X-CSRF-Token": visitor.token}).status in {400, 404}


def test_letters_opened_and_left_take_no_room_from_others(narrow: Product, dovecot_a: Backend) -> None:
    """Regression: the spool's quota was used up by forwards that were only looked at."""
    person = narrow.newcomer(dovecot_a)
    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to=address(person), subject="with a file")
        page.put("file.bin", b"x" * 29_000)
        assert page.script("send").json["told"] == "sent"
        query = received_query(visitor, person, dovecot_a)
        first = write(visitor, f"how=forward&{query}")
        for _ in range(12):  # 240,000 octets are all that a person has
            assert len(write(visitor, f"how=forward&{query}").kept) == 1
        first.set(to=address(person))
        assert first.script("send").json["told"] == "sent"
    assert files_of(parsed(wait_for(dovecot_a, person.name, count=2)[1])) == {"file.bin": b"x" * 29_000}


def test_the_mtas_limit_holds_where_it_is_smaller(
    servers: Path, dovecot_a: Backend, postfix: Postfix
) -> None:
    settings = settings_for([dovecot_a], postfix) | {
        "service.http.maxmessagesize": "100000000",
        "service.http.maxpostsize": "90000000",
    }
    with Product(servers / "wide", settings) as wide, Visitor(wide.url) as visitor:
        visitor.sign_in(wide.newcomer(dovecot_a))
        page = write(visitor)
        assert f'data-limit="{postfix.size_limit}"' in page.answer.text
        refused = page.put("big.bin", b"x" * 23_000_000)
        assert refused.status == 413
        assert "the outgoing mail server takes at most 30 MB" in refused.json["error"]


def test_own_passwords_file_while_signed_in(servers: Path, dovecot_a: Backend, postfix: Postfix) -> None:
    settings = settings_for([dovecot_a], postfix) | {"local.service.proxy.login": "user"}
    with Product(servers / "own-passwords", settings) as product, Visitor(product.url) as visitor:
        person = product.newcomer(dovecot_a)
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to=address(person), subject="filed as myself")
        assert page.script("send").json["told"] == "sent"
        wait_for(dovecot_a, person.name, "Sent")


def test_backend_away_a_letter_is_written_and_sent_all_the_same(
    servers: Path, certificates: Authority, backend: Kind, postfix: Postfix
) -> None:
    certificate = certificates.issue("away", "127.0.0.1", "localhost")
    with backend(servers / "away", [], certificate, spare="away") as away:
        product = Product(servers / "away-product", settings_for([away], postfix))
        person = product.newcomer(away)
        with product, Visitor(product.url) as visitor:
            visitor.sign_in(person)
            away.kill()
            page = write(visitor)
            page.set(to="x@elsewhere.test", subject="sent, not filed")
            page.put("file.bin", DATA)
            assert page.script("save").status == 503
            assert page.script("send").json["told"] == "unfiled"
            shown = visitor.get("/outbox")
            assert "Sent, but not yet filed in Sent." in shown.text
            away.start()
            away.wait_ready()
            end = time.monotonic() + 15  # a backend that was away is not asked at once
            while not (filed := messages(away, person.name, "Sent")):
                assert time.monotonic() < end
                assert visitor.post("/outbox", {"id": shown.field("id"), "action": "retry"}).status == 303
                time.sleep(0.5)
            assert files_of(parsed(filed[0])) == {"file.bin": DATA}


def test_without_javascript_an_expired_letter_goes_on_after_signing_in(
    narrow: Product, dovecot_a: Backend
) -> None:
    person = narrow.newcomer(dovecot_a)
    with Visitor(narrow.url) as visitor:
        visitor.sign_in(person)
        page = write(visitor)
        page.set(to=address(person), subject="late", text="two\n\nparagraphs <&>")
        page = Written(visitor, page.form("attach", [("kept.bin", DATA[:5000])]))
        time.sleep(IDLE + 1.5)
        asked = page.form("send")
        assert asked.status == 401
        hidden = hidden_of(asked.text)
        welcome = visitor.post(
            "/signin", [*hidden, ("user", person.name), ("password", person.password)], token=False
        )
        assert welcome.status == 200
        action = html.unescape(re.findall(r'<form method="post" action="([^"]*)" data-go', welcome.text)[0])
        assert "token=" not in action
        sent = visitor.post(action, hidden_of(welcome.text), token=False)
        assert (sent.status, sent.location) == (303, "/mail?folder=INBOX&told=sent")
    arrived = parsed(wait_for(dovecot_a, person.name)[0])
    assert files_of(arrived) == {"kept.bin": DATA[:5000]}
    assert text_of(arrived).splitlines()[:3] == ["two", "", "paragraphs <&>"]


def hidden_of(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return [(name, html.unescape(value)) for name, value in found]
