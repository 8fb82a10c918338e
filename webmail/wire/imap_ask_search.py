"""How an IMAP client asks for messages by what they are: SEARCH, SORT, THREAD."""

from __future__ import annotations

from dataclasses import dataclass

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_keys import CHARSETS, BadCharset, parse_keys
from webmail.wire.imap_search import Key
from webmail.wire.imap_sets import Page

MAX_SORT_KEYS = 20  # more than there are

_RETURN = frozenset({"MIN", "MAX", "ALL", "COUNT", "SAVE", "PARTIAL"})
_SORT = frozenset({"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"})
_THREAD = frozenset({"REFERENCES", "ORDEREDSUBJECT"})


@dataclass(frozen=True, slots=True)
class Returns:
    """RFC 4731, 3.1: what an ESEARCH answer is to tell; SAVE is RFC 5182."""

    words: frozenset[str]  # MIN, MAX, ALL, COUNT, SAVE
    page: Page | None = None  # RFC 9394, 3.1


@dataclass(frozen=True, slots=True)
class Search:
    key: Key
    returns: Returns | None = None  # None: said as in RFC 3501


@dataclass(frozen=True, slots=True)
class SortKey:
    name: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    order: tuple[SortKey, ...]
    key: Key
    returns: Returns | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    algorithm: str
    key: Key


# RFC 9051, 6.4.4
def parse_search(args: Arguments) -> Search:
    args.space("a search key")
    returns = _returns(args)
    if args.take_word("CHARSET"):
        args.space("the charset")
        _charset(args)
    return Search(parse_keys(args), returns)


# RFC 5256, 3; RETURN is RFC 5267, 3
def parse_sort(args: Arguments) -> Sort:
    args.space("the order")
    returns = _returns(args)
    order = args.in_list(lambda: _sort_key(args), "the order")
    if len(order) > MAX_SORT_KEYS:
        raise ProtocolError(f"an order of more than {MAX_SORT_KEYS} keys")
    args.space("the charset")
    _charset(args)
    return Sort(order, parse_keys(args), returns)


# RFC 5256, 3
def parse_thread(args: Arguments) -> Thread:
    args.space("the algorithm")
    algorithm = args.one_of(_THREAD, "an algorithm")
    args.space("the charset")
    _charset(args)
    return Thread(algorithm, parse_keys(args))


def _sort_key(args: Arguments) -> SortKey:
    reverse = args.take_word("REVERSE")
    if reverse:
        args.space("what to sort by")
    return SortKey(args.one_of(_SORT, "something to sort by"), reverse)


def _charset(args: Arguments) -> None:
    """Texts are read as UTF-8, of which US-ASCII is a part."""
    if args.text("the charset").upper() not in CHARSETS:
        raise BadCharset("a charset that is not known")
    args.space("a search key")


# RFC 4731, 3.1
def _returns(args: Arguments) -> Returns | None:
    if not args.take_word("RETURN"):
        return None
    args.space("the result options")
    read = args.in_list(lambda: _return(args), "the result options", empty=True)
    args.space("what to search for")
    words = frozenset(word for word, _ in read)
    pages = [page for _, page in read if page]
    if len(pages) > 1 or (pages and "ALL" in words):
        raise ProtocolError("PARTIAL is wanted once, and without ALL")
    return Returns(words - {"PARTIAL"} if words else frozenset({"ALL"}), *pages)


def _return(args: Arguments) -> tuple[str, Page | None]:
    word = args.one_of(_RETURN, "a result option")
    if word != "PARTIAL":
        return word, None
    args.space("the range")
    return word, args.page()
