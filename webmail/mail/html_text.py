"""The text of HTML for searching and previews, in a hundredth of the time that showing it takes.

Nothing is parsed: tags are cut out as they are met. What `readable` makes is nicer to read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

PIECE = 65_536  # characters; some milliseconds, if they are all `<`

_CUT = re.compile(r"<(?:!--|(script|style|title)(?=[\s/>]))", re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}[^<>]*+>", re.IGNORECASE) for name in ("script", "style", "title")}
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|cite|code|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span|strike"
    r"|strong|sub|sup|tt|u|var|wbr)(?:\s[^<>]*+)?>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*+>")


def strip(markup: str) -> str:
    """Words with single blanks between them; without style, script, title and comments."""
    text = "".join([_TAG.sub(" ", _INLINE.sub("", piece)) for piece in _pieces(_without_cut(markup))])
    if "&" in text:
        text = html.unescape(text.replace("&nbsp;", " "))
    return " ".join(text.split())


def _pieces(markup: str) -> Iterator[str]:
    """Cut before a `<`, which no tag has inside: no other thread runs while one is searched."""
    start = 0
    while start < len(markup):
        end = markup.rfind("<", start + 1, start + PIECE)
        if end < 0:
            end = markup.find("<", start + PIECE)
        end = len(markup) if end < 0 or len(markup) - start <= PIECE else end
        yield markup[start:end]
        start = end


def _without_cut(markup: str) -> str:
    kept: list[str] = []
    position = 0
    endless: set[str] = set()  # asked once, so that many of them stay linear
    while opening := _next_cut(markup, position):
        name = (opening[1] or "").lower()
        end = -1 if name in endless else _end(markup, name, opening.end())
        kept.append(markup[position : opening.start()])
        position = opening.end() if end < 0 else end
        if end < 0:
            endless.add(name)
    return " ".join([*kept, markup[position:]]) if kept else markup


def _next_cut(markup: str, position: int) -> re.Match[str] | None:
    for at in range(position, len(markup), PIECE):
        if opening := _CUT.search(markup, at, at + PIECE + len("<script ")):
            return opening
    return None


def _end(markup: str, name: str, start: int) -> int:
    """Behind what ends a comment (name "") or an element; -1 if nothing does."""
    if not name:
        end = markup.find("-->", start)
        return end + 3 if end >= 0 else -1
    match = _ENDS[name].search(markup, start)
    return match.end() if match else -1
