"""From what LIST says to a tree of folders in the order in which people look for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from webmail.http.backend.model import Folder
from webmail.wire.imap_replies import Namespace, Namespaces

MAX_DEPTH = 50  # levels; deeper ones are shown at this one

# RFC 6154, 2; the order is the order of the page.
SPECIAL = {
    "\\inbox": "inbox",
    "\\drafts": "drafts",
    "\\sent": "sent",
    "\\archive": "archive",
    "\\junk": "junk",
    "\\trash": "trash",
    "\\flagged": "flagged",
    "\\all": "all",
}
ORDER = {kind: rank for rank, kind in enumerate(SPECIAL.values())}
# Where the server marks none: as clients and servers of many years have called them, most usual first.
NAMES = {
    "drafts": ("drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten"),
    "sent": (
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte",
        "gesendete elemente", "éléments envoyés", "envoyés", "enviados", "posta inviata", "verzonden",
    ),
    "archive": ("archive", "archives", "archiv"),
    "junk": ("junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "spamverdacht"),
    "trash": (
        "trash", "deleted items", "deleted messages", "deleted", "bin", "papierkorb", "gelöschte objekte",
        "gelöschte elemente", "corbeille", "papelera", "cestino", "prullenbak",
    ),
}  # fmt: skip
NONE = Namespaces((Namespace("", "/"),), (), ())


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailbox as the server told of it."""

    name: str
    delimiter: str
    flags: frozenset[str]  # lower case
    subscribed: bool = True
    messages: int | None = None
    unseen: int | None = None


class _Spaces:
    """To which namespace a name belongs (RFC 2342)."""

    def __init__(self, namespaces: Namespaces) -> None:
        kinds = (
            ("personal", namespaces.personal),
            ("other", namespaces.others),
            ("shared", namespaces.shared),
        )
        all_ = [(space.prefix, kind) for kind, spaces in kinds for space in spaces]
        self._all = sorted(all_, key=lambda pair: len(pair[0]), reverse=True)

    def of(self, name: str, delimiter: str) -> tuple[str, str]:
        """Prefix and kind; the longest prefix counts."""
        if name.upper() == "INBOX":
            return "", "personal"
        for prefix, kind in self._all:
            if (name + delimiter).startswith(prefix):
                return prefix, kind
        return "", "personal"

    def parent(self, folder: Folder) -> str | None:
        """The name of the folder above; None at the top, where a personal prefix does not count."""
        if folder.special or not folder.delimiter:
            return None
        prefix, kind = self.of(folder.name, folder.delimiter)
        hidden = len(prefix) if kind == "personal" else 0
        cut = folder.name.rfind(folder.delimiter, hidden)
        return folder.name[:cut] if cut > hidden else None


def plant(listed: Iterable[Listed], namespaces: Namespaces) -> tuple[Folder, ...]:
    """The tree, flattened: special folders first, then by name, each one's children after it.

    Parents that can't be selected stay where something is below them; those that are not listed are made up.
    """
    spaces = _Spaces(namespaces)
    exist = [it for it in listed if "\\nonexistent" not in it.flags]
    folders = {it.name: _folder(it, spaces) for it in exist}
    _mark_special(folders, {it.name: it.flags for it in exist}, spaces)
    paths = _paths(folders, spaces)
    places = {name: tuple(_place(it) for it in path) for name, path in paths.items()}
    return tuple(
        replace(paths[name][-1], depth=min(len(paths[name]) - 1, MAX_DEPTH))
        for name in sorted(places, key=places.__getitem__)
    )


def personal(namespaces: Namespaces) -> Namespace:
    """Where the person's own folders are made."""
    return namespaces.personal[0] if namespaces.personal else NONE.personal[0]


def special_of(folders: Iterable[Folder], kind: str) -> str | None:
    return next((it.name for it in folders if it.special == kind), None)


def _folder(listed: Listed, spaces: _Spaces) -> Folder:
    delimiter = listed.delimiter
    cut = listed.name.rfind(delimiter) if delimiter else -1
    return Folder(
        name=listed.name,
        label=listed.name[cut + len(delimiter) :] if cut >= 0 else listed.name,
        delimiter=delimiter,
        selectable=not listed.flags & {"\\noselect", "\\nonexistent"},
        subscribed=listed.subscribed,
        messages=listed.messages,
        unseen=listed.unseen,
        kind=spaces.of(listed.name, delimiter)[1],
    )


def _mark_special(folders: dict[str, Folder], flags: Mapping[str, frozenset[str]], spaces: _Spaces) -> None:
    """By the server's flags, else by name among the topmost; one folder for each use."""
    mine = sorted(name for name, it in folders.items() if it.selectable and it.kind == "personal")
    uses: dict[str, str] = {}
    for name in mine:
        for flag in {"\\inbox"} if name == "INBOX" else flags[name] & SPECIAL.keys() - {"\\inbox"}:
            uses.setdefault(SPECIAL[flag], name)
    top = {
        folders[name].label.casefold(): name for name in reversed(mine) if not spaces.parent(folders[name])
    }
    for kind, names in NAMES.items():
        called = next((top[name] for name in names if name in top and top[name] not in uses.values()), None)
        if called is not None:
            uses.setdefault(kind, called)
    for kind, name in uses.items():
        folders[name] = replace(folders[name], special=folders[name].special or kind)


def _paths(folders: Mapping[str, Folder], spaces: _Spaces) -> dict[str, tuple[Folder, ...]]:
    """For each folder that is shown the way to it from the top, itself last."""
    paths: dict[str, tuple[Folder, ...]] = {}
    for folder in folders.values():
        if not folder.selectable:
            continue
        path = [folder]
        while len(path) <= MAX_DEPTH and (above := spaces.parent(path[0])):
            path.insert(0, folders.get(above) or _made_up(above, path[0], spaces))
        for depth in range(1, len(path) + 1):
            paths.setdefault(path[depth - 1].name, tuple(path[:depth]))
    return paths


def _made_up(name: str, below: Folder, spaces: _Spaces) -> Folder:
    flags = frozenset({"\\noselect"})
    return _folder(Listed(name, below.delimiter, flags, subscribed=below.subscribed), spaces)


def _place(folder: Folder) -> tuple[int, int, str, str]:
    kind = ("personal", "other", "shared").index(folder.kind)
    return kind, ORDER.get(folder.special, len(ORDER)), folder.label.casefold(), folder.name
