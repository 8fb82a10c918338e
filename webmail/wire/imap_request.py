"""The frame of what an IMAP client asks: tag, command, and the literal that a line announces at its end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webmail.wire import ProtocolError

MAX_TAG = 126  # octets; as many as Dovecot takes
MAX_LINE_BEFORE_LOGIN = 32 * 1024  # octets without CR LF: ID with all that RFC 2971, 3.3 lets it say
MAX_LINE = 64 * 1024  # 8 KiB at least (RFC 7162, 4); a set of a thousand UIDs is longer
MAX_LITERAL_BEFORE_LOGIN = 4 * 1024  # octets of a stranger's user name or password
MAX_LITERAL = 128 * 1024  # octets of one that is no message: METADATA values, search texts
MAX_LITERALS = 1000  # of one command: a SEARCH of as many texts as it may have keys
MAX_COMMAND_BEFORE_LOGIN = 64 * 1024  # octets of all lines and literals of a stranger's command
MAX_COMMAND = 1024 * 1024  # the same of somebody signed in, messages apart
MAX_SIZE = 2**63 - 1  # number64; what is announced beyond counts as this much

# ASTRING-CHAR without "+" (RFC 9051, tag)
_TAG = re.compile(rb"([!#$&'\-,./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+) ")
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9.\-]{0,31}(?![^ ])")
_UID = re.compile(rb" ([A-Za-z]{1,32})(?![^ ])")
_LITERAL = re.compile(rb"\{([0-9]+)(\+?)\}\Z")


class BadRequest(ProtocolError):
    """A line that is no command; `tag` is what the answer bears, "*" where the line had none."""

    def __init__(self, text: str, tag: str = "*") -> None:
        super().__init__(text)
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Announced:
    """A literal, whose octets come behind the line's CRLF (RFC 9051, 4.3)."""

    size: int
    synchronising: bool  # the client waits for our continuation
    binary: bool = False  # literal8, `~{n}` (RFC 3516, 4.4): may hold NUL


@dataclass(frozen=True, slots=True)
class Opening:
    tag: str
    name: str  # upper case; "UID FETCH" is one name
    rest: bytes  # of the line, with the space before the arguments


# RFC 9051, 4.3; RFC 7888
def announced(line: bytes) -> Announced | None:
    """The literal that a line without its CRLF announces. Its octets have to be read whatever the command
    is: the client sends them, and what they hold must never be taken for commands.
    """
    if not line.endswith(b"}"):
        return None
    brace = line.rfind(b"{")
    match = _LITERAL.match(line, brace) if brace >= 0 else None
    if match is None:
        return None
    return Announced(_size(match[1]), not match[2], binary=line[brace - 1 : brace] == b"~")


# RFC 9051, 9: command
def opening(line: bytes) -> Opening:
    """Tag and name at the start of a line without its CRLF. BadRequest if it has none."""
    found = _TAG.match(line)
    if found is None:
        raise BadRequest("a tag, a space and a command are wanted")
    if len(found[1]) > MAX_TAG:
        raise BadRequest(f"a tag of more than {MAX_TAG} octets")
    tag = found[1].decode("ascii")
    match = _NAME.match(line, found.end())
    if match is None:
        raise BadRequest("a command is wanted after the tag", tag)
    name, end = match[0].decode("ascii").upper(), match.end()
    if name == "UID" and (match := _UID.match(line, end)):
        name, end = f"UID {match[1].decode('ascii').upper()}", match.end()
    return Opening(tag, name, line[end:])


def _size(digits: bytes) -> int:
    digits = digits.lstrip(b"0") or b"0"
    return min(int(digits), MAX_SIZE) if len(digits) <= 19 else MAX_SIZE
