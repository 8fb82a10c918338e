"""Each command of an IMAP client as one function, and the way its command goes on the wire (RFC 9051, 6)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from webmail.wire.imap_fetch_items import FetchItem
from webmail.wire.imap_search import Criteria, Key
from webmail.wire.imap_sets import SequenceSet
from webmail.wire.imap_values import (
    Argument,
    Atom,
    FlagList,
    Hidden,
    Line,
    List,
    ListPattern,
    Literal,
    LiteralStream,
    LiteralStyle,
    MailboxName,
    Number,
    Quoted,
    SetArgument,
    String,
)

_TAG = re.compile(r"[A-Za-z0-9.]{1,64}")
_NAME = re.compile(r"[A-Z]+(?: [A-Z]+)?")
_STORE = re.compile(r"[+-]?FLAGS(?:\.SILENT)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Command:
    name: str  # "SELECT", "UID FETCH"
    args: tuple[Argument, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("not the name of a command")

    @property
    def public(self) -> str:
        """For a log: secrets starred, literals by their size."""
        line = Line(utf8=True, public=True)
        _write(line, self)
        return line.so_far.decode("utf-8", "replace")


def encode(
    tag: str, command: Command, *, literal: LiteralStyle = "sync", utf8: bool = False
) -> list[bytes | LiteralStream]:
    """The pieces of the command, to be sent one by one.

    After a piece that is a `Synchronising` wait for the server's continuation; if it answers with
    the tagged reply instead, send nothing more. For a LiteralStream send exactly its `size` octets.
    `literal` is "plus" or "minus" where the server has LITERAL+ or LITERAL-; `utf8` after
    ENABLE UTF8=ACCEPT. ValueError if the tag is none.
    """
    if not _TAG.fullmatch(tag):
        raise ValueError("not a tag")
    line = Line(literal, utf8=utf8)
    line.text(tag.encode("ascii") + b" ")
    _write(line, command)
    return line.finish()


def _write(line: Line, command: Command) -> None:
    line.text(command.name.encode("ascii"))
    if command.args:
        line.text(b" ")
        line.words(command.args)


# RFC 9051, 6.1.1
def capability() -> Command:
    return Command("CAPABILITY")


# RFC 9051, 6.1.2
def noop() -> Command:
    return Command("NOOP")


# RFC 9051, 6.1.3
def logout() -> Command:
    return Command("LOGOUT")


# RFC 2971
def id_(fields: Mapping[str, str] | None = None) -> Command:
    if not fields:
        return Command("ID", (Atom("NIL"),))
    return Command("ID", (List(String(text) for pair in fields.items() for text in pair),))


# RFC 9051, 6.2.1
def starttls() -> Command:
    return Command("STARTTLS")


# RFC 9051, 6.2.2; the initial response is RFC 4959
def authenticate(mechanism: str, initial: bytes | None = None) -> Command:
    if initial is None:
        return Command("AUTHENTICATE", (Atom(mechanism),))
    response = b64encode(initial).decode("ascii") or "="
    return Command("AUTHENTICATE", (Atom(mechanism), Hidden(Atom(response))))


# RFC 9051, 6.2.3
def login(user: str, password: str) -> Command:
    return Command("LOGIN", (String(user), Hidden(String(password))))


# Not in an RFC: an administrator becomes the user, as Sun's server and its descendants know it
def proxyauth(user: str) -> Command:
    return Command("PROXYAUTH", (String(user),))


# RFC 9051, 6.3.1
def enable(*capabilities: str) -> Command:
    return Command("ENABLE", tuple(Atom(name) for name in capabilities))


# RFC 9051, 6.3.2; CONDSTORE is RFC 7162, 3.1.8
def select(mailbox: str, *, condstore: bool = False) -> Command:
    return _open("SELECT", mailbox, condstore=condstore)


# RFC 9051, 6.3.3
def examine(mailbox: str, *, condstore: bool = False) -> Command:
    return _open("EXAMINE", mailbox, condstore=condstore)


def _open(name: str, mailbox: str, *, condstore: bool) -> Command:
    parameters = (List((Atom("CONDSTORE"),)),) if condstore else ()
    return Command(name, (MailboxName(mailbox), *parameters))


# RFC 9051, 6.3.4
def create(mailbox: str, *, use: str | None = None) -> Command:
    r"""With `use` such as "\Sent" a special one (RFC 6154, 3)."""
    parameters = (List((Atom("USE"), FlagList((use,)))),) if use else ()
    return Command("CREATE", (MailboxName(mailbox), *parameters))


# RFC 9051, 6.3.5
def delete(mailbox: str) -> Command:
    return Command("DELETE", (MailboxName(mailbox),))


# RFC 9051, 6.3.6
def rename(mailbox: str, new: str) -> Command:
    return Command("RENAME", (MailboxName(mailbox), MailboxName(new)))


# RFC 9051, 6.3.7
def subscribe(mailbox: str) -> Command:
    return Command("SUBSCRIBE", (MailboxName(mailbox),))


# RFC 9051, 6.3.8
def unsubscribe(mailbox: str) -> Command:
    return Command("UNSUBSCRIBE", (MailboxName(mailbox),))


# RFC 9051, 6.3.9; RFC 5258; the STATUS of each is RFC 5819
def list_(
    reference: str,
    patterns: str | Iterable[str],
    *,
    select: Sequence[str] = (),
    return_: Sequence[str] = (),
    status: Sequence[str] = (),
) -> Command:
    """`status` names the STATUS items to be returned with every mailbox."""
    args: list[Argument] = [List(map(Atom, select))] if select else []
    args.append(ListPattern(reference))
    args.append(ListPattern(patterns) if isinstance(patterns, str) else List(map(ListPattern, patterns)))
    options: list[Argument] = [Atom(word) for word in return_]
    if status:
        options += [Atom("STATUS"), List(map(Atom, status))]
    if options:
        args += [Atom("RETURN"), List(options)]
    return Command("LIST", tuple(args))


# RFC 3501, 6.3.9
def lsub(reference: str, pattern: str) -> Command:
    return Command("LSUB", (ListPattern(reference), ListPattern(pattern)))


# RFC 9051, 6.3.10
def namespace() -> Command:
    return Command("NAMESPACE")


# RFC 9051, 6.3.11
def status(mailbox: str, items: Iterable[str]) -> Command:
    return Command("STATUS", (MailboxName(mailbox), List(map(Atom, items))))


# RFC 9051, 6.3.12; UTF8 is RFC 6855, 4
def append(
    mailbox: str,
    message: bytes | LiteralStream,
    flags: Iterable[str] = (),
    when: datetime | None = None,
    *,
    utf8_header: bool = False,
) -> Command:
    """`when` is aware. `utf8_header` for a message with UTF-8 in its header, once UTF8=ACCEPT is enabled."""
    args: list[Argument] = [MailboxName(mailbox)]
    flag_list = FlagList(flags)
    if flag_list.flags:
        args.append(flag_list)
    if when is not None:
        args.append(Quoted(date_time(when)))
    if isinstance(message, bytes):
        data: Argument = Literal(message, eight=utf8_header)
    else:
        data = replace(message, eight=message.eight or utf8_header)
    args += [Atom("UTF8"), List((data,))] if utf8_header else [data]
    return Command("APPEND", tuple(args))


def date_time(when: datetime) -> str:
    """RFC 9051, date-time: ` 1-Feb-2026 08:05:00 +0100`. ValueError for a naive one."""
    zone = when.strftime("%z")[:5]
    if not zone:
        raise ValueError("a moment without a time zone")
    return f"{when.day:2}-{_MONTHS[when.month - 1]}-{when.year:04} {when:%H:%M:%S} {zone}"


# RFC 9051, 6.3.13
def idle() -> Command:
    """Ended by the octets of `DONE`, which is no command."""
    return Command("IDLE")


DONE = b"DONE\r\n"


# RFC 9208, 4.1.2
def getquotaroot(mailbox: str) -> Command:
    return Command("GETQUOTAROOT", (MailboxName(mailbox),))


# RFC 3501, 6.4.1
def check() -> Command:
    return Command("CHECK")


# RFC 9051, 6.4.1
def close() -> Command:
    return Command("CLOSE")


# RFC 9051, 6.4.2
def unselect() -> Command:
    return Command("UNSELECT")


# RFC 9051, 6.4.3; with UIDs 6.4.9
def expunge(uids: SequenceSet | None = None) -> Command:
    if uids is None:
        return Command("EXPUNGE")
    return Command("UID EXPUNGE", (SetArgument(uids),))


# RFC 9051, 6.4.4
def search(keys: Key | Iterable[Key], *, return_: Iterable[str] | None = None, uid: bool = True) -> Command:
    """With `return_` such as ("COUNT", "ALL") the answer is an ESearch (RFC 4731), else a Search."""
    criteria = Criteria((keys,) if isinstance(keys, Key) else tuple(keys))
    options = (Atom("RETURN"), List(map(Atom, return_))) if return_ is not None else ()
    return Command(_by(uid, "SEARCH"), (*options, criteria))


# RFC 9051, 6.4.5; CHANGEDSINCE and VANISHED are RFC 7162, 3.1.4 and 3.2.6
def fetch(
    numbers: SequenceSet,
    items: Iterable[str],
    *,
    uid: bool = True,
    changed_since: int | None = None,
    vanished: bool = False,
) -> Command:
    """Items as imap_fetch_items makes them; each is checked."""
    args: list[Argument] = [SetArgument(numbers), List(map(FetchItem, items))]
    if changed_since is not None:
        words = (Atom("VANISHED"),) if vanished else ()
        args.append(List((Atom("CHANGEDSINCE"), Number(changed_since), *words)))
    return Command(_by(uid, "FETCH"), tuple(args))


# RFC 9051, 6.4.6; UNCHANGEDSINCE is RFC 7162, 3.1.3
def store(
    numbers: SequenceSet,
    what: str,
    flags: Iterable[str],
    *,
    uid: bool = True,
    unchanged_since: int | None = None,
) -> Command:
    """`what` is FLAGS, +FLAGS or -FLAGS, with or without .SILENT."""
    if not _STORE.fullmatch(what):
        raise ValueError("not a way to STORE")
    args: list[Argument] = [SetArgument(numbers)]
    if unchanged_since is not None:
        args.append(List((Atom("UNCHANGEDSINCE"), Number(unchanged_since))))
    args += [Atom(what), FlagList(flags)]
    return Command(_by(uid, "STORE"), tuple(args))


# RFC 9051, 6.4.7
def copy(numbers: SequenceSet, mailbox: str, *, uid: bool = True) -> Command:
    return Command(_by(uid, "COPY"), (SetArgument(numbers), MailboxName(mailbox)))


# RFC 9051, 6.4.8
def move(numbers: SequenceSet, mailbox: str, *, uid: bool = True) -> Command:
    return Command(_by(uid, "MOVE"), (SetArgument(numbers), MailboxName(mailbox)))


def _by(uid: bool, name: str) -> str:
    return f"UID {name}" if uid else name
