"""How an IMAP client asks which mailboxes there are: LIST and LSUB, and what their patterns match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_mailbox import status_items

MAX_PATTERNS = 20  # of one LIST; clients that name several name the roots of their namespaces
MAX_PATTERN = 4096  # characters of all patterns of one LIST: each is compared with every mailbox

_SELECT = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})
_RETURN = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS", "MYRIGHTS"})


@dataclass(frozen=True, slots=True)
class Listing:
    """RFC 5258; SPECIAL-USE is RFC 6154, STATUS RFC 5819, MYRIGHTS RFC 8440."""

    reference: str
    patterns: tuple[str, ...]
    select: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()  # items to return with every mailbox
    extended: bool = False  # said in a way that RFC 3501 did not have: an empty pattern asks for no delimiter


# RFC 9051, 6.3.9
def parse_list(args: Arguments) -> Listing:
    args.space("the reference")
    extended = args.at(b"(")
    select = _select(args) if extended else frozenset()
    reference = args.mailbox_or_none("the reference")
    args.space("the pattern")
    extended |= args.at(b"(")
    patterns = args.one_or_list(args.list_mailbox, "the patterns")
    if len(patterns) > MAX_PATTERNS or sum(map(len, patterns)) > MAX_PATTERN:
        raise ProtocolError("more patterns than one LIST may have")
    more = args.take(b" ")
    returns = _returns(args) if more else {}
    args.end()
    status = returns.get("STATUS", ())
    return Listing(reference, patterns, select, frozenset(returns), status, extended or more)


# RFC 3501, 6.3.9
def parse_lsub(args: Arguments) -> Listing:
    args.space("the reference")
    reference = args.mailbox_or_none("the reference")
    args.space("the pattern")
    pattern = args.list_mailbox()
    args.end()
    return Listing(reference, (pattern,))


# RFC 5258, 3
def _select(args: Arguments) -> frozenset[str]:
    read = args.in_list(lambda: args.one_of(_SELECT, "a selection option"), "the options", empty=True)
    options = frozenset(read)
    args.space("the reference")
    if "RECURSIVEMATCH" in options and not options & {"SUBSCRIBED", "SPECIAL-USE"}:
        raise ProtocolError("RECURSIVEMATCH wants another selection option beside it")
    return options


def _returns(args: Arguments) -> dict[str, tuple[str, ...]]:
    args.one_of({"RETURN"}, "what follows the pattern")
    args.space("the return options")
    return dict(args.in_list(lambda: _return(args), "the return options", empty=True))


def _return(args: Arguments) -> tuple[str, tuple[str, ...]]:
    word = args.one_of(_RETURN, "a return option")
    if word != "STATUS":
        return word, ()
    args.space("the STATUS items")
    return word, status_items(args)


class Pattern:
    """What any of some patterns matches: `*` everything, `%` everything up to the delimiter.

    All ways to match go side by side, a bit each, so a name costs one step for each of its characters,
    whatever the patterns are.
    """

    __slots__ = ("_any", "_ends", "_level", "_starts", "_steps", "_wild", "delimiter")

    def __init__(self, patterns: Iterable[str], delimiter: str) -> None:
        self.delimiter = delimiter
        self._steps: dict[str, int] = {}  # for each character the places where it leads on
        self._any = self._level = self._starts = self._ends = 0
        place = 1
        for pattern in patterns:
            self._starts |= place
            for character in _collapsed(pattern):
                self._add(character, place)
                place <<= 1
            self._ends |= place
            place <<= 1
        self._wild = self._any | self._level

    def _add(self, character: str, place: int) -> None:
        if character == "*":
            self._any |= place
        elif character == "%":
            self._level |= place
        else:
            self._steps[character] = self._steps.get(character, 0) | place

    def matches(self, name: str) -> bool:
        places = self._starts | (self._starts & self._wild) << 1
        for character in name:
            stay = places & (self._any if character == self.delimiter else self._wild)
            places = stay | (places & self._steps.get(character, 0)) << 1
            places |= (places & self._wild) << 1  # a wildcard may match nothing, and none follows another
            if not places:
                return False
        return bool(places & self._ends)


def _collapsed(pattern: str) -> str:
    """Wildcards in a row as the one that they amount to."""
    characters: list[str] = []
    for character in pattern:
        if characters and character in "*%" and characters[-1] in "*%":
            characters[-1] = "*" if "*" in {character, characters[-1]} else "%"
        else:
            characters.append(character)
    return "".join(characters)
