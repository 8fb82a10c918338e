"""Writes letters as the page does: with its fields, by form or as its script."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.servers.visitor import Answer, Visitor

BOUNDARY = "----a-boundary-of-a-browser"
JSON = {"Accept": "application/json"}


@dataclass
class Written:
    """A page of a letter: its fields as they stand."""

    visitor: Visitor
    answer: Answer
    fields: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fields = fields_of(self.answer.text)

    def one(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name), "")

    def set(self, **values: str) -> None:
        self.fields = [(name, value) for name, value in self.fields if name not in values]
        self.fields += values.items()

    def add(self, name: str, value: str) -> None:
        self.fields.append((name, value))

    @property
    def kept(self) -> list[str]:
        return [value for name, value in self.fields if name == "kept"]

    def script(self, action: str) -> Answer:
        """What write.js does."""
        answer = self.visitor.send(
            "POST",
            "/write",
            urlencode([*self.fields, ("action", action)]).encode(),
            {**JSON, "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": self.visitor.token},
        )
        if answer.status == 200 and action == "save":
            self.set(saved=answer.json["saved"], replaces=answer.json["replaces"])
        return answer

    def put(self, name: str, data: bytes, type_: str = "application/octet-stream") -> Answer:
        """An upload by the script."""
        query = urlencode({"name": name, "type": type_})
        headers = {**JSON, "X-CSRF-Token": self.visitor.token}
        answer = self.visitor.send("PUT", f"/write/{self.one('compose')}/files?{query}", data, headers)
        if answer.status == 201:
            self.add("kept", "{id} {size} {name}".format(**answer.json))
        return answer

    def form(self, action: str, files: Sequence[tuple[str, bytes]] = ()) -> Answer:
        """What a browser without JavaScript posts."""
        body = b"".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in [*self.fields, ("action", action)]
        )
        for name, data in files or [("", b"")]:
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            body += f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n"
        body += f"--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.visitor.send("POST", f"/write?token={self.visitor.token}", body, headers)


def write(visitor: Visitor, query: str = "how=new") -> Written:
    """Open the page of a letter."""
    answer = visitor.get(f"/write?{query}")
    assert answer.status == 200, answer.text
    return Written(visitor, answer)


def fields_of(page: str) -> list[tuple[str, str]]:
    """The named fields of the letter's form, in order, without buttons and files."""
    form = page.partition('<form class="writer"')[2].partition("</form>")[0]
    form = re.sub(r"<template.*?</template>", "", form, flags=re.DOTALL)
    found = []
    for tag, text in re.findall(r"<(input\b[^>]*|textarea\b[^>]*)>(?:\n?([^<]*)</textarea>)?", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("type") != "file" and "name" in attributes:
            value = text if tag.startswith("textarea") else attributes.get("value", "")
            found.append((attributes["name"], html.unescape(value)))
    return found
