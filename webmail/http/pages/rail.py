"""The folders as the rail and the targets of Move show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webmail.http.backend.model import Folder
from webmail.http.pages.formats import Translate
from webmail.i18n import N_

MOST = 120  # rows of the rail and targets of Move in one page; the page of folders has them all
DEEPEST = 5  # indents that the stylesheet knows
_NAMES = {
    "inbox": N_("Inbox"),
    "sent": N_("Sent"),
    "drafts": N_("Drafts"),
    "trash": N_("Trash"),
    "junk": N_("Junk"),
    "archive": N_("Archive"),
    "flagged": N_("Starred"),
    "all": N_("All mail"),
}
_ICONS = {"flagged": "star", "all": "archive"}
_TURNING = frozenset({"sent", "drafts"})


@dataclass(frozen=True, slots=True)
class Row:
    """A folder in the rail; `count` is what is unread, in Drafts what is there."""

    name: str
    label: str
    icon: str  # empty for a folder in a folder
    turns: str
    indent: int
    count: int
    counted: str
    is_new: bool
    selectable: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """Folders that mail can be moved to: MOST of them by name and label; more are reached by name."""

    shown: tuple[tuple[str, str], ...]
    more: bool


def label(folder: Folder, _: Translate) -> str:
    """What a folder is called: the special ones by their use, others by the last part of their name."""
    known = _NAMES.get(folder.special)
    return _(known) if known else folder.label


def icon(folder: Folder) -> str:
    """The icon of a folder, by its use."""
    return _ICONS.get(folder.special, folder.special or "folder")


def rows(folders: Sequence[Folder], here: str, _: Translate) -> list[Row]:
    """The subscribed folders, MOST of them, and always the current one."""
    shown = [f for f in folders if f.subscribed or f.special or f.name == here]
    kept = shown[:MOST] + [f for f in shown[MOST:] if f.name == here]
    return [_row(folder, _) for folder in kept]


def targets(folders: Sequence[Folder], here: str, _: Translate) -> Targets:
    """Where mail can be moved to from here."""
    fit = [f for f in folders if f.selectable and f.name != here]
    return Targets(tuple((f.name, _indented(f, _)) for f in fit[:MOST]), more=len(fit) > MOST)


def _indented(folder: Folder, _: Translate) -> str:
    return "\u2003" * (0 if folder.special else min(folder.depth, DEEPEST)) + label(folder, _)


def _row(folder: Folder, _: Translate) -> Row:
    drafts = folder.special == "drafts"
    count = (folder.messages if drafts else folder.unseen) or 0
    indent = 0 if folder.special else min(folder.depth, DEEPEST)
    return Row(
        name=folder.name,
        label=label(folder, _),
        icon="" if indent else icon(folder),
        turns="turns" if folder.special in _TURNING else "",
        indent=indent,
        count=count,
        counted=_(N_("messages")) if drafts else _(N_("unread")),
        is_new=bool(folder.unseen) and folder.special not in {"drafts", "junk", "trash", "sent"},
        selectable=folder.selectable,
    )
