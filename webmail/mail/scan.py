"""A linear look at a message's HTML before the sanitiser parses it: what would cost too much is refused.

The tokens of the HTML standard (section 13.2.5, the data state) depend on nothing but the text once no
element is left whose content is raw, or that has rules of its own. Those are cut out first; the rest can
then be counted as the sanitiser's parser will meet it. Nothing here makes HTML safe: that is done after.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_HTML = 2_097_152  # characters; newsletters have a tenth of it
MAX_TAGS = 100_000  # each costs about 5 µs here and again in the filter
MAX_ATTRIBUTES = 256  # of one tag: parsers compare each name with all before it
MAX_REFERENCES = 150_000  # `&`: the parser's cost grows with the square of their number, 0.2 s here
MAX_NESTING = 100_000_000  # tags times the elements open at each, 0.4 s: closing looks through the open ones
MAX_REOPENED = 1_000_000  # tags times open <font>, <b>, …: each may be opened anew in each block


class TooMuch(ValueError):
    """HTML over a limit; the message is read as text instead."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLANK = r"\t\n\f\r "
_ATTRIBUTE = (
    rf"[^{_BLANK}/>][^{_BLANK}/>=]*+"
    rf"(?:[{_BLANK}]*+=[{_BLANK}]*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^{_BLANK}>]*+))?+"
)
_TAG = re.compile(rf"<(/?+)([a-zA-Z][^{_BLANK}/>]*+)((?:[{_BLANK}/]++|{_ATTRIBUTE})*+)>")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_OPENING = re.compile(r"<(?:/?[a-zA-Z]|[!?/])")
_COMMENT_END = re.compile(r"--!?>")

_RAW = _words("iframe noembed noframes script style textarea title xmp")
_DRAWN = _words("math svg")
_OWN_RULES = _words("applet frameset marquee noscript object plaintext select template")
_CUT = _RAW | _DRAWN | _OWN_RULES
_ENDS = {name: re.compile(rf"</{name}(?=[{_BLANK}/>])[^>]*+>", re.IGNORECASE) for name in _RAW | _DRAWN}

_FORMATTING = _words("a b big code em font i nobr s small strike strong tt u")
_ALONE = _words("a nobr")  # a second one closes the first; one more per table cell
_NEVER_NESTED = _words(  # void, or closed by the next of its kind before anything not counted here opens
    "area base br caption col colgroup embed hr img input link meta p param source tbody td tfoot th thead"
    " tr track wbr"
)


def prepare(html: str) -> str:
    """The same HTML without raw elements, drawings and tags of forms; TooMuch if it would cost too much."""
    if len(html) > MAX_HTML:
        raise TooMuch("characters")
    if html.count("&") > MAX_REFERENCES:
        raise TooMuch("character references")
    text = html.replace("\x00", "\ufffd")
    kept: list[str] = []
    start = 0
    tally = _Tally()
    for tag, end in _tags(text):
        name = tag[2].lower()
        tally.count(name, tag)
        if name in _CUT:
            kept += (text[start : tag.start()], " ")  # a blank, lest < before and a letter behind be a tag
            start = end
    kept.append(text[start:])
    return "".join(kept)


def _tags(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """The tags as the parser will find them, and where each ends with the content that is cut with it."""
    position = 0
    never_ended: set[str] = set()
    while opening := _OPENING.search(text, position):
        if not opening[0][-1].isalpha():
            position = _after_comment(text, opening.start())
            continue
        tag = _TAG.match(text, opening.start())
        if tag is None:
            return  # the text ends inside a tag: the parser drops it
        position = tag.end()
        name = tag[2].lower()
        if name in _ENDS and not tag[1] and name not in never_ended:
            position = _after_content(text, name, tag)
            if position == tag.end():
                never_ended.add(name)  # asked once, so that many of them stay linear
        yield tag, position


def _after_comment(text: str, start: int) -> int:
    """13.2.5.41 to 13.2.5.52: comments, and what is treated as one."""
    if text.startswith(("<!-->", "<!--->"), start):
        return text.index(">", start) + 1
    if text.startswith("<!--", start):
        end = _COMMENT_END.search(text, start + 4)
        return end.end() if end else len(text)
    closed = text.find(">", start)
    return closed + 1 if closed >= 0 else len(text)


def _after_content(text: str, name: str, tag: re.Match[str]) -> int:
    if name in _DRAWN and tag[3].endswith("/"):
        return tag.end()
    end = _ENDS[name].search(text, tag.end())
    if end:
        return end.end()
    return len(text) if name in _RAW else tag.end()


@dataclass(slots=True)
class _Tally:
    """What is open, never less than the parser will have open.

    An end tag inside a table cannot close what stands outside it, so each table counts for itself and
    hands on what it left open.
    """

    tables: list[Counter[str]] = field(default_factory=lambda: [Counter()])
    shapes: dict[str, set[str]] = field(default_factory=dict)  # the different start tags of each
    formatting: Counter[str] = field(default_factory=Counter)
    open: int = 0
    tags: int = 0
    nesting: int = 0
    reopened: int = 0

    def count(self, name: str, tag: re.Match[str]) -> None:
        self.tags += 1
        self.nesting += self.open
        self.reopened += self._formats() if self.formatting else 0
        if self.tags > MAX_TAGS or self.nesting > MAX_NESTING or self.reopened > MAX_REOPENED:
            raise TooMuch("elements, or elements inside each other")
        if name in _CUT:
            return
        if len(tag[3]) > 2 * MAX_ATTRIBUTES and len(_ATTRIBUTES.findall(tag[3])) > MAX_ATTRIBUTES:
            raise TooMuch("attributes")
        if tag[1]:
            self._close(name)
        elif name not in _NEVER_NESTED:
            self._open(name, tag[0])

    def _formats(self) -> int:
        """The parser keeps at most three of the same name and attributes (13.2.4.3)."""
        return sum(
            min(count, 3 if name in _ALONE else 3 * len(self.shapes[name]))
            for name, count in self.formatting.items()
        )

    def _open(self, name: str, shape: str) -> None:
        self.open += 1
        if name == "table":
            self.tables.append(Counter())
            return
        self.tables[-1][name] += 1
        if name in _FORMATTING:
            self.formatting[name] += 1
            self.shapes.setdefault(name, set()).add(shape)

    def _close(self, name: str) -> None:
        if name == "table":
            if len(self.tables) > 1:
                left = self.tables.pop()
                self.tables[-1].update(left)
                self.open -= 1
            return
        if self.tables[-1][name] > 0:
            self.tables[-1][name] -= 1
            self.open -= 1
            if name in _FORMATTING:
                self.formatting[name] -= 1
