"""Who is signed in, for how long, and what only their own browser can make them do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.letters import letter
from tests.servers.backend import Backend, Person
from tests.servers.mailbox import deliver, messages
from tests.servers.product import ROOT, Product, settings_for
from tests.servers.visitor import Visitor

IDLE = 3  # seconds after which the sessions of `hasty` end


def cookie_line(visitor: Visitor, person: Person, **headers: str) -> str:
    fields = {"user": person.name, "password": person.password}
    answer = visitor.post("/signin", fields, token=False, headers=headers)
    return next(value for name, value in answer.raw_headers if name.lower() == "set-cookie")


@pytest.fixture(scope="module")
def hasty(servers: Path, dovecot_a: Backend) -> Iterator[Product]:
    """A product whose sessions end soon and which trusts a proxy on this host."""
    settings = settings_for([dovecot_a], None) | {
        "service.http.sessiontimeout": str(IDLE),
        "service.http.trustedproxies": "127.0.0.0/8",
    }
    with Product(servers / "hasty", settings) as product:
        yield product


def test_cookie_over_plain_http(product: Product, visitor: Visitor, dovecot_a: Backend) -> None:
    line = cookie_line(visitor, product.newcomer(dovecot_a)).lower()
    assert "httponly" in line
    assert "samesite" in line
    assert "secure" not in line
    assert "__host-" not in line


def test_cookie_over_tls_is_another(hasty: Product, dovecot_a: Backend) -> None:
    person = hasty.newcomer(dovecot_a)
    with Visitor(hasty.url) as visitor:
        line = cookie_line(visitor, person, **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"})
        assert line.startswith("__Host-")
        assert {"secure", "httponly", "path=/"} <= {word.strip().lower() for word in line.split(";")}
        value = line.partition("=")[2].partition(";")[0]
        visitor.cookies = {"webmail": value}
        assert visitor.get("/mail").status == 303


def test_cookie_is_worthless_after_sign_out(product: Product, visitor: Visitor, dovecot_a: Backend) -> None:
    visitor.sign_in(product.newcomer(dovecot_a))
    stolen = dict(visitor.cookies)
    assert visitor.post("/signout", {}).status == 303
    visitor.cookies = stolen
    assert visitor.get("/mail").location.startswith("/signin")


def test_each_sign_in_has_an_id_of_its_own(product: Product, visitor: Visitor, dovecot_a: Backend) -> None:
    person = product.newcomer(dovecot_a)
    visitor.sign_in(person)
    first = dict(visitor.cookies)
    visitor.post("/signout", {})
    visitor.sign_in(person)
    assert visitor.cookies != first


def test_tampered_cookie_is_none(product: Product, visitor: Visitor, dovecot_a: Backend) -> None:
    visitor.sign_in(product.newcomer(dovecot_a))
    ((name, value),) = visitor.cookies.items()
    for broken in (value[:-1], value + "x", value[::-1], "", "x", "\u00ff"):
        visitor.cookies = {name: broken.encode("ascii", "replace").decode()}
        assert visitor.get("/mail").status == 303


@pytest.mark.parametrize(
    "path", ["/mail?folder=INBOX", "/folders", "/settings", "/write", "/outbox", "/signout"]
)
def test_nothing_changes_without_the_token(
    path: str, product: Product, visitor: Visitor, dovecot_a: Backend
) -> None:
    person = product.newcomer(dovecot_a)
    deliver(dovecot_a, person.name, letter("precious"))
    page = visitor.sign_in(person)
    fields = {"uidvalidity": page.field("uidvalidity"), "uid": "1", "action": "delete", "name": "x"}
    assert visitor.post(path, fields, token=False).status == 403
    assert visitor.post(path, {**fields, "token": "0" * len(visitor.token)}, token=False).status == 403
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert visitor.post(path, fields, headers=elsewhere).status == 403
    assert visitor.get("/mail").status == 200
    assert len(messages(dovecot_a, person.name)) == 1


def test_letter_survives_a_session_that_ended(hasty: Product, dovecot_a: Backend) -> None:
    person = hasty.newcomer(dovecot_a)
    with Visitor(hasty.url) as visitor:
        visitor.sign_in(person)
        page = visitor.get("/write?how=new")
        fields = {name: page.field(name) for name in ("compose", "person")}
        fields |= {
            "to": "x@elsewhere.test",
            "cc": "",
            "bcc": "",
            "subject": "kept <&> subject",
            "text": "a long\nletter",
        }
        time.sleep(IDLE + 1.5)
        asked = visitor.post("/write", {**fields, "action": "save"})
        assert asked.status == 401
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
        assert "kept &lt;&amp;&gt; subject" in asked.text
        hidden = {
            name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            for name, value in hidden.items()
        }
        back = visitor.post(
            "/signin", {**hidden, "user": person.name, "password": person.password}, token=False
        )
        assert back.status == 200
        assert "a long\nletter" in back.text
        again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', back.text))
        again["subject"] = "kept <&> subject"
        assert visitor.post("/write", {**again, "action": "save"}, token=False).status == 200
    draft = messages(dovecot_a, person.name, "Drafts")[0]
    assert b"kept <&> subject" in draft
    assert b"a long" in draft


def test_failed_sign_in_is_the_line_that_fail2ban_reads(product: Product, visitor: Visitor) -> None:
    fields = {"user": "mallory x]\r\nbadlogin: [1.2.3.4]", "password": "hunter2hunter2"}
    assert visitor.post("/signin", fields, token=False).status in {200, 401}
    rule = (ROOT / "deploy/fail2ban/webmail.conf").read_text().partition("failregex = ")[2].splitlines()[0]
    pattern = re.compile(rule.replace("<ADDR>", r"(?P<address>[\d.]+)"))
    found = [match for line in product.log.read_text().splitlines() if (match := pattern.match(line))]
    assert {match["address"] for match in found} >= {visitor.address}
    assert any("mallory" in match[0] for match in found)
    assert "hunter2hunter2" not in product.log.read_text()


def test_only_who_was_signed_in_gets_much_kept(hasty: Product, dovecot_a: Backend) -> None:
    long = {"user": "nobody", "password": "x", "text": "a" * 1_100_000}
    with Visitor(hasty.url) as known:
        known.sign_in(hasty.newcomer(dovecot_a))
        time.sleep(IDLE + 1)
        answer = known.post("/write", long)
        assert answer.status == 401
        assert long["text"] in answer.text
    for path in ("/signin", "/write"):
        with Visitor(hasty.url) as stranger:
            assert stranger.post(path, long, token=False).status == 413


def test_what_cannot_be_kept_without_a_session_is_told(product: Product, visitor: Visitor) -> None:
    answer = visitor.post("/write", {}, token=False, headers={"Content-Type": "text/plain"})
    assert answer.status == 400
    assert "That didn’t work" in answer.text
