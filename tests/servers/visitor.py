"""A browser without a screen: keeps cookies and connection, sends forms and raw requests as told."""

from __future__ import annotations

import html
import http.client
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from tests.servers.backend import Person

TIMEOUT = 60  # seconds for one answer: above each limit of the product
Fields = Mapping[str, str] | Sequence[tuple[str, str]]
_networks = itertools.count(1)
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower-case, of repeated ones `headers` holds the last."""

    status: int
    headers: Mapping[str, str]
    raw_headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def field(self, name: str) -> str:
        """The value of the first form field of this name. Raises AssertionError if there is none."""
        tag = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*>', self.text)
        assert tag, f"no field {name} in {self.text[:2000]}"
        value = re.search(r'\bvalue="([^"]*)"', tag[0])
        return html.unescape(value[1]) if value else ""


class Visitor:
    """`with Visitor(url) as visitor`; follows redirects only when asked with `follow`.

    Each comes from a loopback network of its own, so that the wrong passwords of one slow down no other.
    """

    def __init__(self, url: str) -> None:
        number = next(_networks)
        self.address = f"127.{1 + number // 250}.{number % 250}.1"
        self._connection = http.client.HTTPConnection(
            urlsplit(url).netloc, timeout=TIMEOUT, source_address=(self.address, 0)
        )
        self.cookies: dict[str, str] = {}
        self.token = ""

    def sign_in(self, person: Person) -> Answer:
        """Sign in and remember the token that changing requests need; the first page."""
        answer = self.post("/signin", {"user": person.name, "password": person.password}, token=False)
        assert answer.status == 303, answer.text
        page = self.get(answer.location, follow=True)
        self.token = page.field("token")
        return page

    def get(self, path: str, *, follow: bool = False, headers: Mapping[str, str] | None = None) -> Answer:
        answer = self.send("GET", path, headers=headers)
        for _ in range(5 if follow else 0):
            if answer.status not in {301, 302, 303, 307}:
                break
            answer = self.send("GET", answer.location)
        return answer

    def post(
        self, path: str, fields: Fields, *, token: bool = True, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post a form, with the session's token in it."""
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        if token:
            pairs.append(("token", self.token))
        return self.send("POST", path, urlencode(pairs).encode(), {"Content-Type": FORM, **(headers or {})})

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, exactly; `path` is taken as it is but for what no request line can hold."""
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, quote(path, safe="%/?&=:;,+$!*'()@~[]"), body, sent)
        response = self._connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.getheaders(),
            response.read(),
        )
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: Answer) -> None:
        for name, value in answer.raw_headers:
            if name.lower() == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
                    if not morsel.value or morsel["max-age"] == "0":
                        del self.cookies[morsel.key]

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
