"""Addresses of the web and of mail inside plain text, made into links without trusting a character of it."""

from __future__ import annotations

import html
import re

MAX_LINKS = 5_000  # of one text; more are left as text
MAX_URL = 2_048  # characters; browsers show no longer ones

# Every repetition is bounded and begins only where a word begins: linear on any text.
_LINK = re.compile(
    r"(?<![A-Za-z0-9@._%+/-])(?:"
    r"(?P<url>(?:https?://|www\.)(?=[^\s<>\"'`\\^{|}])[^\s<>\"'`\\^{|}\x00-\x1f\x7f-\x9f]{1,2048})"
    r"|(?:mailto:)?(?P<mail>[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![A-Za-z0-9@-])"
    r")",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?*_~"
_PAIRS = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\u00bb": "\u00ab", "\u2019": "\u2018"}


def escape(text: str) -> str:
    """Text for HTML, elements and attributes alike."""
    return html.escape(text, quote=True)


def linkify(text: str, room: int = MAX_LINKS) -> tuple[str, int]:
    """One line of text as HTML, and how many links were made of at most `room`."""
    pieces: list[str] = []
    position, made = 0, 0
    for match in _LINK.finditer(text):
        if made == room:
            break
        shown, target = _target(match)
        if not shown:
            continue
        pieces.append(escape(text[position : match.start()]))
        pieces.append(_anchor(target, shown))
        position = match.start() + len(shown)
        made += 1
    pieces.append(escape(text[position:]))
    return "".join(pieces), made


def _anchor(target: str, shown: str) -> str:
    return (
        f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer nofollow">{escape(shown)}</a>'
    )


def _target(match: re.Match[str]) -> tuple[str, str]:
    """What is shown and where it leads; "" for what is no address after all."""
    if match["mail"]:
        return match[0], "mailto:" + match["mail"]
    url = _without_trailing(match["url"])
    if url.lower().startswith("www."):
        return (url, f"http://{url}") if url.count(".") > 1 else ("", "")
    return (url, url) if url.partition("//")[2] else ("", "")


def _without_trailing(url: str) -> str:
    """Punctuation at the end belongs to the sentence, a bracket only if the address opened none."""
    end = len(url)
    counts = {char: url.count(char) for pair in _PAIRS.items() for char in pair}
    while end:
        last = url[end - 1]
        if last in _PAIRS:
            if counts[last] <= counts[_PAIRS[last]]:
                break
            counts[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]
