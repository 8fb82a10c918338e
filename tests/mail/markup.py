"""HTML written so that two of the same meaning are equal: attributes sorted."""

from __future__ import annotations

import html
from html.parser import HTMLParser


def canonical(fragment: str) -> str:
    """The sanitiser's elements and text; nh3 keeps the attributes it adds in no order."""
    writer = _Writer()
    writer.feed(fragment)
    writer.close()
    return "".join(writer.pieces)


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = "".join(f' {name}="{html.escape(value or "")}"' for name, value in sorted(attrs))
        self.pieces.append(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.pieces.append(html.escape(data, quote=False))
