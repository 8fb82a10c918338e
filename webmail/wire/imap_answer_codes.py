"""Response codes as an IMAP server prints them, without their brackets (RFC 9051, 7.1).

Those that are one word, such as READ-ONLY or TRYCREATE, are just written where they are said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from webmail.wire.imap_ask_keys import CHARSETS
from webmail.wire.imap_print import flag_list
from webmail.wire.imap_sets import compact


# RFC 9051, 7.1; the charsets that SEARCH knows
def badcharset() -> bytes:
    return b"BADCHARSET (" + " ".join(CHARSETS).encode("ascii") + b")"


# RFC 5465, 5
def badevent(events: Iterable[str]) -> bytes:
    return b"BADEVENT (" + " ".join(events).encode("ascii") + b")"


# RFC 9051, 7.1
def capability(names: Iterable[str]) -> bytes:
    return b"CAPABILITY " + " ".join(names).encode("ascii")


# RFC 9051, 7.1
def permanentflags(flags: Iterable[str]) -> bytes:
    return b"PERMANENTFLAGS " + flag_list(flags)


# RFC 9051, 7.1
def uidvalidity(number: int) -> bytes:
    return b"UIDVALIDITY %d" % number


# RFC 9051, 7.1
def uidnext(uid: int) -> bytes:
    return b"UIDNEXT %d" % uid


# RFC 3501, 7.1
def unseen(seq: int) -> bytes:
    return b"UNSEEN %d" % seq


# RFC 9051, 7.1; several messages are RFC 3502
def appenduid(validity: int, uids: Sequence[int]) -> bytes:
    return b"APPENDUID %d %s" % (validity, compact(uids))


# RFC 9051, 7.1
def copyuid(validity: int, source: Sequence[int], target: Sequence[int]) -> bytes:
    """The UIDs of the same messages in the same order, at least one; `validity` is the target's."""
    return b"COPYUID %d %s %s" % (validity, compact(source), compact(target))


# RFC 7162, 3.1.2.1
def highestmodseq(modseq: int) -> bytes:
    return b"HIGHESTMODSEQ %d" % modseq


# RFC 7162, 3.1.3
def modified(numbers: Sequence[int]) -> bytes:
    return b"MODIFIED " + compact(numbers)


# RFC 8474, 4.1
def mailboxid(identifier: str) -> bytes:
    return b"MAILBOXID (" + identifier.encode("ascii") + b")"


# RFC 5464, 4.2.1
def longentries(size: int) -> bytes:
    """The octets of the longest value, which was left out."""
    return b"METADATA LONGENTRIES %d" % size


# RFC 5464, 4.3
def metadata_maxsize(size: int) -> bytes:
    """How many octets a value may have."""
    return b"METADATA MAXSIZE %d" % size


TOOMANY = b"METADATA TOOMANY"
NOPRIVATE = b"METADATA NOPRIVATE"
