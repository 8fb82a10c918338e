"""Which parts of a message to show, and which to offer as attachments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from webmail.wire.imap_replies import Part

MAX_DEPTH = 50  # of multiparts that are looked into; a deeper one is offered as it is
MAX_SHOWN = 1_000  # parts that are listed; the rest are reached by the message's source


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a message is read: `best` is "" when there is nothing to read.

    `more` are further texts without a file name (a list's footer, text between pictures): worth showing below
    the first, and among the attachments too. `inline` maps a Content-ID without brackets to its part.
    """

    text: Part | None
    html: Part | None
    best: Literal["text", "html", ""]
    inline: Mapping[str, Part]
    attachments: tuple[Part, ...]
    more: tuple[Part, ...] = ()


@dataclass(slots=True)
class _Found:
    text: Part | None = None
    html: Part | None = None
    inline: dict[str, Part] = field(default_factory=dict)
    pictures: list[Part] = field(default_factory=list)  # of multipart/related: shown inside the HTML
    more: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)

    def body(self) -> bool:
        return self.text is not None or self.html is not None


def choose(structure: Part) -> Choice:
    """RFC 2046, section 5.1; of each multipart/alternative the last text and the last HTML are taken."""
    found = _single(structure) or _look(structure, MAX_DEPTH)
    if not found.body():
        _fall_back(found)
    if found.html is None:
        found.attachments = [*found.pictures, *found.attachments]
    return Choice(
        text=found.text,
        html=found.html,
        best="html" if found.html else "text" if found.text else "",
        inline=found.inline,
        attachments=tuple(_in_order(found.attachments))[:MAX_SHOWN],
        more=tuple(found.more)[:MAX_SHOWN],
    )


def content_id(part: Part) -> str:
    """The Content-ID as a cid: URL has it (RFC 2392); "" if there is none."""
    return (part.id or b"").decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">")


def _in_order(parts: Iterable[Part]) -> list[Part]:
    return sorted(
        parts, key=lambda part: [int(number) for number in part.section.split(".") if number.isdigit()]
    )


def _single(part: Part) -> _Found | None:
    """A message that is one text: shown whatever its disposition says."""
    if part.type != "text" or part.subtype not in {"plain", "html"}:
        return None
    return _Found(html=part) if part.subtype == "html" else _Found(text=part)


def _fall_back(found: _Found) -> None:
    """No body: the first text that was not sent as an attachment, though it bears a file name."""
    for part in found.attachments:
        if part.type == "text" and part.subtype in {"plain", "html"} and part.disposition != "attachment":
            found.attachments.remove(part)
            found.text, found.html = (part, None) if part.subtype == "plain" else (None, part)
            return


def _look(part: Part, depth: int) -> _Found:
    if part.type != "multipart" or not part.parts or depth == 0:
        return _leaf(part)
    children = [_look(child, depth - 1) for child in part.parts]
    if part.subtype == "alternative":
        return _alternative(children)
    if part.subtype == "related":
        return _related(part, children)
    return _mixed(children)


def _leaf(part: Part) -> _Found:
    shown = part.type == "text" and part.disposition != "attachment" and not _named(part)
    if shown and part.subtype == "plain":
        return _Found(text=part)
    if shown and part.subtype == "html":
        return _Found(html=part)
    cid = content_id(part)
    inline = {cid: part} if cid and part.type == "image" else {}
    return _Found(attachments=[part], inline=inline)


def _named(part: Part) -> bool:
    return any(
        name == stem or name.startswith(f"{stem}*")
        for params, stem in ((part.disposition_params, "filename"), (part.params, "name"))
        for name in params
    )


def _alternative(children: list[_Found]) -> _Found:
    """Ordered from plain to rich by the sender; the unshown (a calendar, another text) are offered."""
    whole = _Found()
    for child in children:
        _gather(whole, child)
        for kind in ("text", "html"):
            newer, older = getattr(child, kind), getattr(whole, kind)
            if newer is not None:
                setattr(whole, kind, newer)
                whole.attachments += [older] if older is not None else []
    return whole


def _related(part: Part, children: list[_Found]) -> _Found:
    """RFC 2387: the root and what it refers to by Content-ID."""
    start = part.params.get("start", b"").strip()
    roots = [n for n, child in enumerate(part.parts) if start and (child.id or b"").strip() == start]
    root = roots[0] if roots else next((n for n, child in enumerate(children) if child.body()), 0)
    whole = children[root]
    for number, child in enumerate(children):
        if number == root:
            continue
        pictures = [leaf for leaf in child.attachments if _is_picture(leaf)]
        child.attachments = [leaf for leaf in child.attachments if not _is_picture(leaf)]
        child.attachments += [leaf for leaf in (child.text, child.html) if leaf is not None]
        whole.pictures += pictures
        _gather(whole, child)
    return whole


def _is_picture(part: Part) -> bool:
    return part.type == "image" and bool(content_id(part)) and part.disposition != "attachment"


def _mixed(children: list[_Found]) -> _Found:
    """The first body is the message; later texts belong to it, but none may get lost."""
    whole = _Found()
    for child in children:
        _gather(whole, child)
        if not whole.body():
            whole.text, whole.html = child.text, child.html
            continue
        later = child.html or child.text
        whole.more += [later] if later is not None else []
        whole.attachments += [leaf for leaf in (child.text, child.html) if leaf is not None]
    return whole


def _gather(whole: _Found, child: _Found) -> None:
    whole.attachments += child.attachments
    whole.pictures += child.pictures
    whole.more += child.more
    for cid, part in child.inline.items():
        whole.inline.setdefault(cid, part)
