"""Names of mailboxes among each other: what is above what, and which of them LIST and LSUB tell.

An account may have ten thousand names, each in fifty others: this is work for a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from webmail.imap.picture import Entry
from webmail.store import mailboxes
from webmail.store.mailboxes import DELIMITER, INBOX, above
from webmail.wire.imap_ask_list import Listing, Pattern


# RFC 9051, 6.3.9; RFC 5258, 3
def chosen(asked: Listing, entries: Iterable[Entry], subscribed: Iterable[str]) -> list[Entry]:
    """The names that LIST tells, sorted."""
    found = _with_above(entries, subscribed)
    matches = _matcher(asked)
    if "RECURSIVEMATCH" in asked.select:
        _note_children(asked, found, matches)
    return [found[name] for name in sorted(found) if matches(name) and _selected(asked, found[name])]


# RFC 3501, 6.3.9
def subscriptions(asked: Listing, subscribed: Iterable[str]) -> list[tuple[str, bool]]:
    """The names that LSUB tells, sorted, and whether each is subscribed to.

    Others are above some that are and that no pattern matches.
    """
    names, matches = frozenset(subscribed), _matcher(asked)
    matching = {name for name in names if matches(name)}
    told = {parent for name in matching for parent in above(name)}  # by what is below them
    others = {parent for name in names - matching for parent in above(name)} - names - told
    return sorted(
        [*((name, True) for name in matching), *((name, False) for name in filter(matches, others))]
    )


def _with_above(entries: Iterable[Entry], subscribed: Iterable[str]) -> dict[str, Entry]:
    """Every name that there may be something to say of, with all names above it."""
    found = {entry.name: entry for entry in entries}
    for name in subscribed:
        found.setdefault(name, Entry(name)).subscribed = True
    for name in list(found):
        child = found[name]
        for parent in above(name):
            holder = found.setdefault(parent, Entry(parent))
            holder.children |= bool(child.mailbox) or child.children
            child = holder
    return found


def _selected(asked: Listing, entry: Entry) -> bool:
    if entry.child_info:
        return True
    if "SUBSCRIBED" in asked.select and not entry.subscribed:
        return False
    if "SPECIAL-USE" in asked.select and not (entry.mailbox and entry.mailbox.use):
        return False
    return entry.mailbox is not None or entry.children or "SUBSCRIBED" in asked.select


# RFC 5258, 3.5
def _note_children(asked: Listing, found: dict[str, Entry], matches: Callable[[str], bool]) -> None:
    """Names above what is selected, and not told because no pattern matches it, say so."""
    for entry in [entry for name, entry in found.items() if not matches(name)]:
        for option in ("SUBSCRIBED", "SPECIAL-USE"):
            fits = entry.subscribed if option == "SUBSCRIBED" else bool(entry.mailbox and entry.mailbox.use)
            if option in asked.select and fits:
                for parent in above(entry.name):
                    found[parent].child_info.add(option)


# RFC 9051, 5.1
def _matcher(asked: Listing) -> Callable[[str], bool]:
    """INBOX is found in any case."""
    patterns = [mailboxes.canonical(asked.reference + pattern) for pattern in asked.patterns]
    found = Pattern(patterns, DELIMITER).matches
    inbox = Pattern([pattern.upper() for pattern in patterns], DELIMITER).matches
    return lambda name: found(name) or (name == INBOX and inbox(name))
