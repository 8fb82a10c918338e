"""SEARCH, SORT and THREAD: messages by what they are, in an order, in threads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from webmail.imap.answers import ISSUED, Ok
from webmail.imap.looking import seen
from webmail.imap.selected import Selected
from webmail.imap.session import Session
from webmail.imap.turns import apart
from webmail.mail.thread import Tree, print_threads
from webmail.store import query, sorting
from webmail.store.acl import Who
from webmail.store.query import Viewer
from webmail.store.snapshot import Snapshot
from webmail.store.transaction import Transaction
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_search import Returns, Search, Sort, Thread
from webmail.wire.imap_search import And, Key, Modseq, Not, Or


# RFC 9051, 6.4.4
async def search(session: Session, asked: Search) -> Ok:
    return await _search(session, asked, uid=False)


async def uid_search(session: Session, asked: Search) -> Ok:
    return await _search(session, asked, uid=True)


async def _search(session: Session, asked: Search, *, uid: bool) -> Ok:
    modseq = _needs_modseq(session, asked.key)
    view = await _begin(session, asked.returns, uid=uid)
    found = await view.box.account.search(view.search, asked.key)
    _save(view.box, asked.returns, found)
    await _tell(session, "SEARCH", view, found, asked.returns, uid=uid, modseq=modseq)
    return view.end(uid=uid)


class View:
    """The selected mailbox for one search: of all that is there what the client has been told of."""

    def __init__(self, box: Selected, who: Who, numbers: Sequence[int]) -> None:
        self.box = box
        self._who = who
        self._viewer = Viewer(numbers, box.recent, box.saved)
        self._last = box.last
        self.snapshot = box.snapshot

    def search(self, transaction: Transaction, key: Key) -> list[int]:
        """In the snapshot of this transaction, so that it and the rows are of one moment."""
        _, self.snapshot = seen(transaction, self.box, self._who)
        found = query.search(transaction, self.snapshot, self._viewer, key)
        return found[: bisect_right(found, self._last)]

    def end(self, *, uid: bool) -> Ok:
        """Numbers are kept meanwhile, so some of them may be of messages that are gone (RFC 5530, 3)."""
        there = bisect_right(self.snapshot.uids, self._last)
        return Ok("Found.") if uid or there == len(self.box.uids) else ISSUED


async def _begin(session: Session, returns: Returns | None = None, *, uid: bool) -> View:
    """Tell what is new. Numbers among the keys are those that the client had when it asked.

    What is to be saved is empty until it is found, should the search be refused (RFC 5182, 2.1).
    """
    box = session.box
    numbers, last = box.uids, box.last
    await session.tell(expunges=uid, uid=uid)
    if box.uids is not numbers:
        numbers = numbers + box.uids[bisect_right(box.uids, last) :]
    view = View(box, session.who, numbers)
    if returns is not None and "SAVE" in returns.words:
        box.saved = ()
    return view


def _needs_modseq(session: Session, key: Key) -> bool:
    """Whether mod-sequences are asked for, which enables them (RFC 7162, 3.1.5)."""
    if _asks_modseq(key):
        session.enable("CONDSTORE")
        return True
    return False


def _asks_modseq(key: Key) -> bool:
    match key:
        case And(keys=several) | Or(keys=several):
            return any(map(_asks_modseq, several))
        case Not(key=inner):
            return _asks_modseq(inner)
        case _:
            return isinstance(key, Modseq)


def _save(box: Selected, returns: Returns | None, found: Sequence[int]) -> None:
    if returns is not None and "SAVE" in returns.words:
        box.saved = sorted({*_kept(found, returns)})


# RFC 5182, 2.1; RFC 9394, 3.2
def _kept(found: Sequence[int], returns: Returns) -> Sequence[int]:
    """All that was found, or only its ends and its page if nothing else is told of it."""
    words, page = returns.words, returns.page
    if not found or words & {"ALL", "COUNT"} or (page is None and not words & {"MIN", "MAX"}):
        return found
    ends = _ends(found, words)
    return [*ends, *found[page.of(len(found))]] if page is not None else ends


async def _tell(
    session: Session,
    name: str,
    view: View,
    found: Sequence[int],
    returns: Returns | None,
    *,
    uid: bool,
    modseq: bool,
) -> None:
    line = await apart(
        len(view.box.uids), _answer, session, name, view, found, returns, uid=uid, modseq=modseq
    )
    session.say(line)


def _answer(
    session: Session,
    name: str,
    view: View,
    found: Sequence[int],
    returns: Returns | None,
    *,
    uid: bool,
    modseq: bool,
) -> bytes:
    """What was found, as numbers or uids, in the form that was asked for; empty if it is only to be saved."""
    highest = _highest(view.snapshot, _told(found, returns)) if modseq and found else None
    numbers: Sequence[int] = found if uid else _numbers(view.box, found)
    if returns is None and (name != "SEARCH" or "IMAP4REV2" not in session.enabled):
        answer = said.search if name == "SEARCH" else said.sort
        return answer(numbers, highest)
    words = returns.words if returns is not None else frozenset({"ALL"})
    if words == {"SAVE"} and (returns is None or returns.page is None):
        return b""
    return _esearch(session, numbers, words, returns, uid=uid, highest=highest)


def _esearch(
    session: Session,
    numbers: Sequence[int],
    words: frozenset[str],
    returns: Returns | None,
    *,
    uid: bool,
    highest: int | None,
) -> bytes:
    """RFC 4731; of a SORT, MIN and MAX are the first and the last (RFC 5267, 3.2)."""
    page = returns.page if returns is not None else None
    return said.esearch(
        session.tag,
        uid=uid,
        least=numbers[0] if numbers and "MIN" in words else None,
        most=numbers[-1] if numbers and "MAX" in words else None,
        all_=numbers if "ALL" in words else (),
        count=len(numbers) if "COUNT" in words else None,
        page=(page, numbers[page.of(len(numbers))]) if page is not None else None,
        modseq=highest,
    )


def _numbers(box: Selected, found: Sequence[int]) -> Sequence[int]:
    if len(found) == len(box.uids) and list(found) == list(box.uids):
        return range(1, len(found) + 1)
    numbers = dict(zip(box.uids, range(1, len(box.uids) + 1), strict=True)) if len(found) > 50 else None
    if numbers is not None:
        return [numbers[uid] for uid in found if uid in numbers]
    return [number for uid in found if (number := box.number(uid)) is not None]


# RFC 4731, 3.2
def _told(found: Sequence[int], returns: Returns | None) -> Sequence[int]:
    """The messages whose mod-sequences count: all that was found, unless only its ends are asked for."""
    if returns is None or returns.page is not None or returns.words - {"MIN", "MAX", "SAVE"}:
        return found
    return _ends(found, returns.words)


def _ends(found: Sequence[int], words: frozenset[str]) -> Sequence[int]:
    return [at for word, at in (("MIN", found[0]), ("MAX", found[-1])) if word in words]


def _highest(snapshot: Snapshot, found: Sequence[int]) -> int | None:
    """The highest mod-sequence of these messages."""
    if len(found) == len(snapshot.uids):
        return max(snapshot.modseqs, default=None)
    places = (snapshot.index(uid) for uid in found)
    return max((snapshot.modseqs[place] for place in places if place is not None), default=None)


# RFC 5256, 3; RETURN is RFC 5267
async def sort(session: Session, asked: Sort) -> Ok:
    return await _sort(session, asked, uid=False)


async def uid_sort(session: Session, asked: Sort) -> Ok:
    return await _sort(session, asked, uid=True)


async def _sort(session: Session, asked: Sort, *, uid: bool) -> Ok:
    modseq = _needs_modseq(session, asked.key)
    view = await _begin(session, asked.returns, uid=uid)
    found = await view.box.account.search(_sorted, view, asked)
    _save(view.box, asked.returns, found)
    await _tell(session, "SORT", view, found, asked.returns, uid=uid, modseq=modseq)
    return view.end(uid=uid)


def _sorted(transaction: Transaction, view: View, asked: Sort) -> list[int]:
    found = view.search(transaction, asked.key)
    order = [(key.name, key.reverse) for key in asked.order]
    return sorting.in_order(transaction, view.snapshot, found, order)


# RFC 5256, 3
async def thread(session: Session, asked: Thread) -> Ok:
    return await _thread(session, asked, uid=False)


async def uid_thread(session: Session, asked: Thread) -> Ok:
    return await _thread(session, asked, uid=True)


async def _thread(session: Session, asked: Thread, *, uid: bool) -> Ok:
    view = await _begin(session, uid=uid)
    session.say(await view.box.account.search(_threaded, view, asked, uid=uid))
    return view.end(uid=uid)


def _threaded(transaction: Transaction, view: View, asked: Thread, *, uid: bool) -> bytes:
    """The answer, made in the thread: printing ten thousand messages takes some milliseconds."""
    found = view.search(transaction, asked.key)
    tree: Tree = sorting.in_threads(transaction, view.snapshot, found, asked.algorithm)
    if not uid:
        uids = view.box.uids
        numbers = dict(zip(uids, range(1, len(uids) + 1), strict=True))
        tree = [(depth, numbers.get(each, 0) if each else 0) for depth, each in tree]
    return said.thread(print_threads(tree))
