"""What strangers send and people type by accident: nothing of it breaks a page, a mailbox or a protocol line."""

from __future__ import annotations

import html
import time
from urllib.parse import quote, urlencode

import pytest

from tests.gateway.letters import letter
from tests.servers.backend import Backend, Person
from tests.servers.mailbox import encoded, fill, imap, messages
from tests.servers.product import Product
from tests.servers.visitor import Answer, Visitor

INJECTION = "x\r\nSet-Cookie: evil=1\r\n\r\nA9 DELETE INBOX\r\n.\r\nRCPT TO:<evil@example.test>"
SUBJECTS = (
    b"5 * 3 = 15",
    b"* 1 EXISTS",
    b":(",
    b'"\\',
    b"{10}",
    b"a1 OK done",
    b"\xff\xfe junk \x80\x81",
    b"=?utf-8?B?????=?= =?x-unknown?Q?=FF?=",
    b"<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202egnp.exe".encode(),
    b"%s %d {name} {{ 7*7 }}",
    b"x" * 5000,
    b"",
)
NAMES = (
    'with "quotes"',
    "back\\slash",
    "R&D",
    "Grüße 📬 東京",
    "per%cent*",
    "(paren) {brace}",
    "it’s <b>",
    "-flag",
    "[x]",
)
FOLDERS = 5000
PATIENCE = 10  # seconds for a page of these; a loaded machine needs a few


@pytest.fixture
def me(product: Product, dovecot_a: Backend) -> Person:
    return product.newcomer(dovecot_a)


@pytest.fixture
def signed_in(me: Person, visitor: Visitor) -> Visitor:
    visitor.sign_in(me)
    return visitor


def mail_path(folder: str, *parts: int, **query: str) -> str:
    path = "/".join(("/mail", *(str(part) for part in parts)))
    return f"{path}?{urlencode({'folder': folder, **query}, quote_via=quote)}"


def links(page: Answer) -> list[str]:
    """The addresses of the messages in a list, top to bottom."""
    pieces = page.text.split('data-uid="')[1:]
    return [html.unescape(piece.split('href="')[1].split('"')[0]) for piece in pieces]


def test_subjects_that_look_like_protocol(signed_in: Visitor, me: Person, dovecot_a: Backend) -> None:
    mails = [letter("SUBJECT").replace(b"SUBJECT", subject) for subject in SUBJECTS]
    fill(dovecot_a, me.name, mails)
    page = signed_in.get(mail_path("INBOX"))
    assert page.status == 200
    found = links(page)
    assert len(found) == len(SUBJECTS)
    for shown in ("5 * 3 = 15", "* 1 EXISTS", ":(", "{10}", "a1 OK done", "%s %d {name} {{ 7*7 }}"):
        assert shown in html.unescape(page.text)
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    for address in found:
        opened = signed_in.get(address)
        assert opened.status == 200, address
        assert "<script>alert" not in opened.text


def test_mailbox_names_with_everything_in_them(signed_in: Visitor, me: Person, dovecot_a: Backend) -> None:
    fill(dovecot_a, me.name, [letter(f"for {name}") for name in NAMES])
    with imap(dovecot_a, me.name) as connection:
        for name in NAMES:
            mailbox = encoded(name).replace("\\", "\\\\").replace('"', '\\"')
            assert connection.create(f'"{mailbox}"')[0] == "OK", name
            connection.subscribe(f'"{mailbox}"')
    page = signed_in.get(mail_path("INBOX"))
    uidvalidity = page.field("uidvalidity")
    for uid, name in enumerate(NAMES, 1):
        assert f'href="{html.escape(mail_path(name))}"' in page.text or quote(name, safe="") in page.text, (
            name
        )
        fields = {"uidvalidity": uidvalidity, "uid": str(uid), "action": "move", "target": name}
        moved = signed_in.post(mail_path("INBOX"), fields)
        assert moved.status == 303, (name, moved.text)
        inside = signed_in.get(mail_path(name))
        assert inside.status == 200
        assert f"for {name}" in html.unescape(inside.text)
        assert signed_in.get(links(inside)[0]).status == 200
    assert messages(dovecot_a, me.name) == []


def test_five_thousand_folders_that_nobody_has_counted_yet(
    visitor: Visitor, me: Person, dovecot_a: Backend
) -> None:
    fill(dovecot_a, me.name, [letter("one")])
    dovecot_a.create(me.name, [f"Project {number // 100:02}/Folder {number:04}" for number in range(FOLDERS)])
    start = time.monotonic()
    visitor.sign_in(me)
    assert time.monotonic() - start < PATIENCE
    for path in ("/mail", mail_path("Project 49/Folder 4999"), "/folders"):
        start = time.monotonic()
        page = visitor.get(path)
        assert page.status == 200, page.text
        assert time.monotonic() - start < PATIENCE
    assert visitor.get("/healthz").status == 200


def safe(answer: Answer) -> Answer:
    """No answer to an injection is ours to be ashamed of."""
    assert answer.status < 500, answer.text
    assert "evil" not in answer.headers.get("set-cookie", "")
    assert "Traceback" not in answer.text
    for _, value in answer.raw_headers:
        assert "\r" not in value
        assert "\n" not in value
    return answer


EVIL = quote(INJECTION, safe="")
ADDRESSES = (
    f"/{EVIL}",
    f"/mail/{EVIL}",
    f"/mail/1/{EVIL}?folder=INBOX",
    f"/mail/{EVIL}/1?folder=INBOX",
    f"/mail?folder={EVIL}",
    f"/mail?folder=INBOX&page={EVIL}",
    f"/mail?folder=INBOX&told={EVIL}&n={EVIL}",
    f"/mail?{EVIL}={EVIL}",
    f"/mail/1/1?folder={EVIL}",
    *(
        f"/mail/1/1/{leaf}?folder={EVIL}"
        for leaf in ("source", "headers", "print", "part/1", "body/1", "inline/1")
    ),
    *(f"/mail/UIDVALIDITY/1/{leaf}/{EVIL}?folder=INBOX" for leaf in ("part", "body", "inline")),
    f"/mail/UIDVALIDITY/1/part/1?folder=INBOX&key={EVIL}",
    f"/mail/UIDVALIDITY/1/body/1?folder=INBOX&key={EVIL}",
    f"/write?how={EVIL}",
    f"/write?how=reply&folder={EVIL}&uidvalidity={EVIL}&uid={EVIL}",
    f"/write?how=new&to={EVIL}&cc={EVIL}&bcc={EVIL}&subject={EVIL}&body={EVIL}",
    f"/write?compose={EVIL}",
    f"/signin?next={EVIL}",
    f"/signin?next=/{EVIL}",
    f"/signin?next=//evil.example/{EVIL}",
    f"/folders?told={EVIL}",
    f"/settings?told={EVIL}",
    f"/outbox?{EVIL}",
    f"/static/{EVIL}",
)
FORMS = {
    "/mail?folder=INBOX": {
        "uidvalidity": "UIDVALIDITY",
        "uid": "1",
        "action": "move",
        "target": "Archive",
        "page": "1",
        "back": "list",
    },
    "/folders": {"action": "create", "name": "New", "folder": "New", "new": "Newer", "parent": ""},
    "/settings": {"action": "save", "name": "", "zone": "UTC", "timezone": "UTC", "language": "en"},
    "/outbox": {"action": "retry", "id": "1"},
}


def uidvalidity_of(visitor: Visitor) -> str:
    return visitor.get("/mail?folder=INBOX").field("uidvalidity")


@pytest.fixture
def with_one_message(me: Person, signed_in: Visitor, dovecot_a: Backend) -> Visitor:
    fill(dovecot_a, me.name, [letter("precious")])
    return signed_in


def test_line_breaks_in_every_part_of_an_address(
    with_one_message: Visitor, me: Person, dovecot_a: Backend
) -> None:
    uidvalidity = uidvalidity_of(with_one_message)
    for address in ADDRESSES:
        answer = safe(with_one_message.get(address.replace("UIDVALIDITY", uidvalidity)))
        assert not answer.location.startswith(("//", "http")), address
    assert len(messages(dovecot_a, me.name)) == 1


@pytest.mark.parametrize("path", FORMS)
def test_line_breaks_in_every_field(
    path: str, with_one_message: Visitor, me: Person, dovecot_a: Backend
) -> None:
    uidvalidity = uidvalidity_of(with_one_message)
    usual = {name: value.replace("UIDVALIDITY", uidvalidity) for name, value in FORMS[path].items()}
    for name in usual:
        for evil in (INJECTION, "\r", "\n", "a\rb", "a\nb", "a\x00b"):
            safe(with_one_message.post(path, {**usual, name: evil}))
    fresh = with_one_message.get("/mail?folder=INBOX")
    assert fresh.status in {200, 303}
    total = sum(len(messages(dovecot_a, me.name, folder)) for folder in ("INBOX", "Archive", "Trash"))
    assert total == 1


@pytest.mark.parametrize("name", ["user", "password", "next", "zone", "kept.text"])
def test_line_breaks_at_the_door(name: str, visitor: Visitor, me: Person) -> None:
    fields = {"user": me.name, "password": me.password, "next": "/mail", "zone": "UTC", name: INJECTION}
    answer = safe(visitor.post("/signin", fields, token=False))
    assert not answer.location.startswith(("//", "http"))


def test_line_breaks_in_every_field_of_a_letter(
    with_one_message: Visitor, me: Person, dovecot_a: Backend, product: Product
) -> None:
    victim = product.newcomer(dovecot_a)
    page = with_one_message.get("/write?how=new")
    hidden = {name: page.field(name) for name in ("compose", "person") if f'name="{name}"' in page.text}
    usual = {**hidden, "to": f"{victim.name}@example.test", "cc": "", "bcc": "", "subject": "s", "text": "t"}
    for name in ("to", "cc", "bcc", "subject", "compose", "person", "kept", "action"):
        evil = f"{victim.name}@example.test\r\nBcc: evil@example.test\r\n\r\nRCPT TO:<evil@example.test>"
        safe(with_one_message.post("/write", {**usual, "action": "save", name: evil}))
        safe(with_one_message.post("/write", {**usual, "action": "send", name: evil}))
    for folder in ("Drafts", "Sent"):
        for content in messages(dovecot_a, me.name, folder):
            head = content.partition(b"\r\n\r\n")[0].lower()
            assert b"\r\nbcc: evil@" not in head.replace(b"\r\nbcc: \r\n", b"")
    for content in messages(dovecot_a, victim.name):
        assert b"\r\nbcc:" not in content.partition(b"\r\n\r\n")[0].lower()


ENDLESS = {
    "recipients": b"".join(
        b"To: %s\r\n" % b", ".join(b"a%d@b.test" % n for n in range(7000)) for _ in range(12)
    )
    + b"\r\nx",
    "parts": b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    + b"".join(
        b'--B\r\nContent-Type: application/x; name="%s"\r\n\r\nx\r\n' % (b"n" * 150) for _ in range(8000)
    )
    + b"--B--\r\n",
    "levels": b"MIME-Version: 1.0\r\n"
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=B%d\r\n\r\n--B%d\r\n" % (level, level)
        for level in range(120)
    )
    + b"\r\nx\r\n",
}


@pytest.mark.parametrize("endless", ENDLESS)
def test_one_message_without_end_hides_none_of_the_others(
    endless: str, signed_in: Visitor, me: Person, dovecot_a: Backend
) -> None:
    head = b"From: Mallory <m@evil.test>\r\nSubject: hostile\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
    fill(dovecot_a, me.name, [letter("before"), head + ENDLESS[endless], letter("after")])
    page = signed_in.get(mail_path("INBOX"))
    assert page.status == 200
    for shown in ("before", "hostile", "Mallory", "after"):
        assert shown in page.text
    opened = signed_in.get(links(page)[1])
    assert opened.status == 200
    assert "m@evil.test" in opened.text
    uidvalidity, uid = links(page)[1].split("?")[0].split("/")[2:4]
    query = urlencode({"how": "reply", "folder": "INBOX", "uidvalidity": uidvalidity, "uid": uid})
    assert "m@evil.test" in signed_in.get(f"/write?{query}").text
