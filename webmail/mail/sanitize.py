"""HTML of messages made harmless: an allow-list of elements, attributes, values; nothing from elsewhere.

nh3 parses as browsers do and serialises once; nothing edits its output. The page shows it in a sandboxed
frame under a policy of its own, so that a hole here would still lead nowhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import nh3

from webmail.mail.css import clean_style
from webmail.mail.scan import TooMuch, prepare

__all__ = ["Clean", "TooMuch", "document", "sanitize", "structure"]

MAX_DATA_URL = 262_144  # characters of a picture inside the HTML
MAX_URL = 8_192  # characters of a link
MAX_CELLS = 200  # rows or columns that one cell may span
# Seconds. nh3 lets go of the interpreter's lock between two attributes, and has it back before anybody who
# waits wakes up: without these pauses other threads stand still until it is done.
TURN = 0.005
PAUSE = 0.0002

_REL = "noopener noreferrer nofollow"
_STYLES_URL = re.compile(r"(?:url|image|image-set|cross-fade|src)\s*\(", re.IGNORECASE)


def _words(text: str) -> set[str]:
    return set(text.split())


_TAGS = _words(
    "a abbr acronym address article aside b bdi big blockquote br caption center cite code col colgroup dd"
    " del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main"
    " mark nav ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot"
    " th thead time tr tt u ul var wbr"
)


@dataclass(frozen=True, slots=True)
class Clean:
    """A fragment that can be put into `document`, and how many things of the sender's network it lost."""

    html: str
    blocked: int


def sanitize(html: str, cid: Callable[[str], str | None]) -> Clean:
    """`cid` gives the URL for a Content-ID (without brackets), or None; TooMuch for HTML over a limit.

    Takes up to two seconds for the worst that the limits admit: not for the event loop if it is long.
    """
    attributes = _Filter(cid)
    cleaner = nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=set(),  # raw elements are gone before: see webmail.mail.scan
        attributes=_ATTRIBUTES,
        attribute_filter=attributes,
        url_schemes={"http", "https", "mailto", "cid", "data"},  # which of them where, the filter decides
        link_rel=_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
    return Clean(cleaner.clean(prepare(html)), attributes.blocked)


_STRUCTURE = _words(
    "a blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr img li ol p pre table tbody td tfoot th thead tr ul"
)


def structure(html: str) -> str:
    """What of HTML matters to one who reads it as text: elements, `href` and `alt`; TooMuch as above."""
    return nh3.clean(
        prepare(html),
        tags=_STRUCTURE,
        clean_content_tags=set(),
        attributes={"*": set(), "a": {"href"}, "img": {"alt"}},  # without "*" nh3 lets lang and title through
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel=None,
    )


_NUMBER = re.compile(r"[0-9]{1,4}")
_LENGTH = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,2})?(?:%|px)?")
_SIZE = re.compile(r"[+-]?[0-9]{1,2}")
_COLOUR = re.compile(r"#?[0-9a-zA-Z]{3,32}")
_FACE = re.compile(r"[\w ,.'\"\-]{1,200}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_MOMENT = re.compile(r"[0-9A-Za-z:+.\- ]{1,40}")
_WORD = re.compile(r"[A-Za-z]{1,16}")

# Each attribute is either matched whole by a pattern, or decided by a method of that name below.
_VALUES = {
    "align": _WORD,
    "bgcolor": _COLOUR,
    "border": _LENGTH,
    "cellpadding": _LENGTH,
    "cellspacing": _LENGTH,
    "clear": _WORD,
    "color": _COLOUR,
    "datetime": _MOMENT,
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "face": _FACE,
    "frame": _WORD,
    "height": _LENGTH,
    "hspace": _NUMBER,
    "lang": _LANGUAGE,
    "noshade": re.compile(r"(?:noshade)?", re.IGNORECASE),
    "nowrap": re.compile(r"(?:nowrap)?", re.IGNORECASE),
    "reversed": re.compile(r"(?:reversed)?", re.IGNORECASE),
    "rules": _WORD,
    "scope": _WORD,
    "size": _SIZE,
    "start": _SIZE,
    "type": re.compile(r"[1aAiI]|disc|circle|square", re.IGNORECASE),
    "valign": _WORD,
    "value": _NUMBER,
    "vspace": _NUMBER,
    "width": _LENGTH,
}
_BOX = "align valign bgcolor height width background"
_TABLE = f"{_BOX} border cellpadding cellspacing frame rules"
_CELL = f"{_BOX} colspan nowrap rowspan scope"
_ATTRIBUTES = {
    "*": _words("dir lang style title"),
    "img": _words("align alt border height hspace src srcset vspace width"),
    "table": _words(_TABLE),
    **dict.fromkeys(("td", "th"), _words(_CELL)),
    **dict.fromkeys(("col", "colgroup"), _words(f"span {_BOX}")),
    **dict.fromkeys(("thead", "tbody", "tfoot", "tr"), _words(_BOX)),
    **dict.fromkeys(("caption", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6"), _words("align")),
    **dict.fromkeys(("del", "ins", "time"), _words("datetime")),
    "a": {"href"},
    "br": {"clear"},
    "font": _words("color face size"),
    "hr": _words("align color noshade size width"),
    "li": _words("type value"),
    "ol": _words("reversed start type"),
    "ul": {"type"},
}

_IGNORED_IN_URLS = dict.fromkeys([*range(32), *range(127, 160)])
_LINK = re.compile(r"(?:https?://[^/?#]|mailto:)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:|ftp:|[/\\]{2})", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp);base64,[A-Za-z0-9+/=%]*", re.IGNORECASE)


class _Filter:
    """Decides each attribute of one message; never raises, because nh3 could only report that to stderr."""

    def __init__(self, cid: Callable[[str], str | None]) -> None:
        self._cid = cid
        self._turn = time.monotonic() + TURN
        self.blocked = 0

    def __call__(self, _tag: str, name: str, value: str) -> str | None:
        if time.monotonic() > self._turn:
            time.sleep(PAUSE)
            self._turn = time.monotonic() + TURN
        pattern = _VALUES.get(name)
        if pattern is not None:
            value = value.strip()
            return value if pattern.fullmatch(value) else None
        decide = _DECISIONS.get(name)
        return decide(self, value) if decide else None

    def source(self, value: str) -> str | None:
        url = value.translate(_IGNORED_IN_URLS).strip()
        scheme = url.partition(":")[0].lower()
        if scheme == "cid":
            return self._cid(unquote(url[4:]))
        if scheme == "data" and len(url) <= MAX_DATA_URL:
            url = url.replace(" ", "")
            return url if _PICTURE.fullmatch(url) else None
        self.blocked += bool(_REMOTE.match(url))
        return None

    def never(self, value: str) -> None:
        self.blocked += bool(_REMOTE.search(value))

    def style(self, value: str) -> str | None:
        self.blocked += bool(_STYLES_URL.search(value))
        return clean_style(value) or None

    def link(self, value: str) -> str | None:
        url = value.translate(_IGNORED_IN_URLS).strip()
        return url if len(url) <= MAX_URL and _LINK.match(url) else None

    def span(self, value: str) -> str | None:
        return value if _NUMBER.fullmatch(value) and int(value) <= MAX_CELLS else None


_DECISIONS: dict[str, Callable[[_Filter, str], str | None]] = {
    "alt": lambda _, value: value,
    "background": _Filter.never,
    "colspan": _Filter.span,
    "href": _Filter.link,
    "rel": lambda _, __: _REL,  # these two are set by nh3 on each link
    "target": lambda _, __: "_blank",
    "rowspan": _Filter.span,
    "span": _Filter.span,
    "src": _Filter.source,
    "srcset": _Filter.never,
    "style": _Filter.style,
    "title": lambda _, value: value,
}


STYLE = """\
html{background:#fff;color:#1a1a1a;color-scheme:light}
body{margin:12px;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
img{max-width:100%;height:auto}
pre{white-space:pre-wrap}
blockquote{margin:.5em 0;padding-left:1em;border-left:2px solid #c8c8c8}
a{color:#0b57d0}"""


def document(clean_html: str, *, style: str = STYLE) -> str:
    """The whole document of the frame around a `Clean.html`; `style` is ours, for the policy’s hash."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title></title>'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f'<style>{style}</style></head><body dir="auto">{clean_html}</body></html>'
    )
