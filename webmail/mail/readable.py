"""HTML of messages as plain text that can be read, quoted and answered."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, field

from webmail.mail.sanitize import TooMuch, structure

MAX_READABLE = 1_048_576  # characters of the text; more is nothing to quote
MAX_DEPTH = 20  # of blockquotes and of lists that are marked

# The sanitiser writes elements so and not otherwise; < and > in its text are escaped.
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: (?:href|alt)="([^"]*)")?>|([^<]+)')
_ANY_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[ \t\n\r\f]+")

_PARAGRAPHS = frozenset(
    ("blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul")
)
_LINES = _PARAGRAPHS | {"br", "dd", "div", "dt", "hr", "li", "tr"}
_NO_GAP = -1


def from_html(html: str) -> str:
    """Readable text: links with their addresses, lists, quotation and rows of tables marked; never raises.

    At most `MAX_READABLE` characters. HTML over the sanitiser's limits is only rid of its tags.
    """
    try:
        clean = structure(html)
    except TooMuch:
        return " ".join(entities.unescape(_ANY_TAG.sub(" ", html[:MAX_READABLE])).split())
    writer = _Writer()
    for token in _TOKEN.finditer(clean):
        if writer.written > MAX_READABLE:
            break
        closing, name, value, text = token.groups()
        if text is not None:
            writer.text(entities.unescape(text))
        elif closing:
            writer.end(name)
        else:
            writer.start(name, entities.unescape(value or ""))
    return writer.finish()


@dataclass(slots=True)
class _Writer:
    """Lines as they come, each with the marks of what it stands in."""

    lines: list[str] = field(default_factory=list)
    line: str = ""
    gap: int = _NO_GAP  # how deep an empty line is quoted that is due before the next
    quotes: int = 0
    pre: int = 0
    lists: list[int] = field(default_factory=list)  # the next number of an ordered list, 0 in others
    mark: str = ""  # of the list item that begins
    target: str = ""  # of the link that is open
    said: list[str] = field(default_factory=list)  # what that link says
    written: int = 0

    def text(self, text: str) -> None:
        if self.target:
            self.said.append(text)
        if self.pre:
            first, *others = text.split("\n")
            self.line += first
            for other in others:
                self._flush()
                self.line = other
            return
        text = _BLANKS.sub(" ", text)
        self.line += text if self.line and not self.line.endswith(" ") else text.lstrip(" ")

    def start(self, name: str, value: str) -> None:
        if name == "br" and not self.line:
            self._leave_gap()
        if name in _LINES:
            self._flush()
        if name in _PARAGRAPHS and not self.lists:
            self._leave_gap()
        match name:
            case "a":
                self.target, self.said = value, []
            case "img" if value.strip():
                self.text(f"[{value.strip()}]")
            case "hr":
                self.line = "-" * 20
                self._flush()
            case "td" | "th" if self.line.strip():
                self.line = f"{self.line.rstrip()} | "
            case _:
                self._enter(name)

    def _enter(self, name: str) -> None:
        match name:
            case "li":
                self.mark = self._mark()
            case "blockquote":
                self.quotes += 1
            case "pre":
                self.pre += 1
            case "ol" | "ul":
                self.lists.append(1 if name == "ol" else 0)
            case _:
                pass

    def end(self, name: str) -> None:
        if name == "a":
            self._link()
        if name in _LINES:
            self._flush()
        match name:
            case "blockquote":
                self.quotes -= 1
            case "pre":
                self.pre -= 1
            case "ol" | "ul" if self.lists:
                self.lists.pop()
            case _:
                pass
        if name in _PARAGRAPHS and not self.lists:
            self._leave_gap()

    def _mark(self) -> str:
        if not self.lists or not self.lists[-1]:
            return "- "
        self.lists[-1] += 1
        return f"{self.lists[-1] - 1}. "

    def _link(self) -> None:
        said = " ".join("".join(self.said).split())
        shown = {
            f"{scheme}{said}{slash}"
            for scheme in ("", "mailto:", "http://", "https://")
            for slash in ("", "/")
        }
        if self.target and self.target not in shown:
            text = self.line.rstrip(" ")
            behind = " " if text != self.line else ""
            self.line = f"{text} <{self.target}>{behind}".lstrip(" ")
        self.target = ""

    def _leave_gap(self) -> None:
        self.gap = self.quotes if self.gap == _NO_GAP else min(self.gap, self.quotes)

    def _flush(self) -> None:
        text = self.line.rstrip()
        self.line = ""
        if not text and not self.pre:
            return
        if self.gap != _NO_GAP and self.lines:
            self._put("> " * min(self.gap, self.quotes, MAX_DEPTH))
        self.gap = _NO_GAP
        indent = "  " * min(max(len(self.lists) - 1, 0), MAX_DEPTH)
        hanging = "  " if self.lists and not self.mark else ""
        self._put(f"{'> ' * min(self.quotes, MAX_DEPTH)}{indent}{hanging}{self.mark}{text}")
        self.mark = ""

    def _put(self, line: str) -> None:
        self.lines.append(line.rstrip())
        self.written += len(line) + 1

    def finish(self) -> str:
        self._flush()
        return "\n".join(self.lines).strip("\n")[:MAX_READABLE]
