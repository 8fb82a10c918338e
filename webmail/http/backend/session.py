"""One person's open connection: what is selected, and answers that were looked at."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from webmail.errors import BadRequest, MailError, NotAllowed, NotFound, Unavailable
from webmail.http.backend.cache import Cache, Key, Shelf
from webmail.http.backend.connection import Connection
from webmail.http.backend.exchange import Answer
from webmail.http.backend.refusals import FOLDER_GONE, FOLDER_RENUMBERED, MESSAGE_GONE, READ_ONLY, refusal
from webmail.http.backend.route import UNAVAILABLE, Route
from webmail.wire.imap_commands import Command, noop, select, unselect
from webmail.wire.imap_replies import Code, Condition, Expunge, Fetch, Namespaces
from webmail.wire.imap_sets import UidSet
from webmail.wire.imap_values import MailboxName

# They change nothing, so they may be sent again over a new connection.
HARMLESS = frozenset({
    "CAPABILITY", "EXAMINE", "FETCH", "GETQUOTAROOT", "LIST", "LSUB", "NAMESPACE", "NOOP", "SEARCH", "SELECT",
    "STATUS", "UID FETCH", "UID SEARCH",
})  # fmt: skip
MAX_FOLLOWED = (
    10  # messages of one answer whose numbers are followed through EXPUNGE: only few are opened at once
)
MAX_NAME = 1000  # characters of a mailbox's name; servers take fewer


@dataclass(slots=True)
class Selected:
    """The selected mailbox as SELECT told it."""

    name: str
    uidvalidity: int
    uidnext: int | None
    writable: bool
    changes: int  # of the connection, when it was selected
    serial: int = field(default_factory=itertools.count(1).__next__)


class Session:
    """An authenticated connection of one person, lent to one lease at a time."""

    def __init__(
        self, connection: Connection, route: Route, login: str, cache: Cache, log: logging.Logger
    ) -> None:
        self.connection = connection
        self.route = route
        self.login = login
        self.cache = cache
        self.log = log
        self.selected: Selected | None = None
        self.namespaces: Namespaces | None = None  # told once
        self.few_folders = False  # so that all can be counted at once; not known before they were listed
        self.idle_since = 0.0
        self._lent_at = -1

    # Lending

    def lent(self) -> Self:
        """After it was idle; whether the server is still there is to be seen."""
        self._lent_at = self.connection.answered
        return self

    @property
    def proven(self) -> bool:
        """Whether the server has answered since the session was idle."""
        return self.connection.answered > self._lent_at

    def offers(self, *names: str) -> bool:
        return all(self.connection.heard.offers(name) for name in names)

    # Asking

    async def try_(self, command: Command) -> Answer:
        """The answer, whatever it is."""
        if command.name not in HARMLESS and not self.proven:
            await self.connection.execute(noop())  # so that a dead connection is noticed before it matters
        return await self.connection.execute(command)

    async def ask(self, command: Command, otherwise: MailError | None = None) -> Answer:
        """The answer if it is OK; else raises what the refusal means, `otherwise` if that is not told."""
        answer = await self.try_(command)
        if answer.tagged.status != "OK":
            raise refusal(answer.tagged, command.name, otherwise)
        return answer

    # The selected mailbox

    async def select(
        self, folder: str, uidvalidity: int | None = None, *, current: bool = False, write: bool = False
    ) -> Selected:
        """Make this the selected mailbox (RFC 9051, 6.3.2).

        `current`: what others changed is known afterwards; `write`: it must be writable. Raises NotFound if
        it is gone or has another UIDVALIDITY, NotAllowed if it must not be changed.
        """
        here = self.selected
        if here is None or here.name != folder:
            here = await self._open(folder)
        elif current:
            await self.ask(noop())
        if uidvalidity is not None and uidvalidity != here.uidvalidity:
            raise NotFound(FOLDER_RENUMBERED, detail=f"UIDVALIDITY is {here.uidvalidity}, not {uidvalidity}")
        if write and not here.writable:
            raise NotAllowed(READ_ONLY)
        return here

    async def deselect(self) -> None:
        """Before a mailbox is renamed or deleted, which some servers refuse while it is selected."""
        if self.selected is not None and self.offers("UNSELECT"):
            self.selected = None
            await self.ask(unselect())
        self.selected = None  # elsewhere the next SELECT does it; CLOSE would expunge (RFC 9051, 6.4.1)

    async def _open(self, folder: str) -> Selected:
        self.selected = None
        command = select(folder)
        answer = await self.try_(command)
        if answer.tagged.status != "OK":
            error = refusal(answer.tagged, command.name, NotFound(FOLDER_GONE))
            if folder == "INBOX" and isinstance(error, NotFound):
                raise self._no_inbox(error)
            raise error
        self.selected = self._told(folder, answer)
        return self.selected

    def _told(self, folder: str, answer: Answer) -> Selected:
        codes = {it.code.name: it.code for it in answer.all(Condition) if it.code is not None}
        tagged = answer.tagged.code
        return Selected(
            name=folder,
            uidvalidity=_number(codes.get("UIDVALIDITY")) or 1,
            uidnext=_number(codes.get("UIDNEXT")),
            writable=tagged is None or tagged.name != "READ-ONLY",
            changes=self.connection.heard.changes,
        )

    def _no_inbox(self, error: MailError) -> Unavailable:
        self.log.getChild("Account").error(
            "%s says that %s has no INBOX (%s).%s",
            self.route.host,
            self.login,
            error.detail,
            ""
            if self.route.as_user
            else " If it is a Dovecot with the ACL plugin, it judges the administrator instead of the user:"
            " set acl_user = %u (or as your user names are) in its plugin section.",
        )
        return Unavailable(UNAVAILABLE, detail=error.detail)

    @property
    def stamp(self) -> object:
        """Equal stamps: the same messages under the same sequence numbers."""
        here = self.selected
        if here is None:
            return None
        if here.uidnext is not None and here.changes == self.connection.heard.changes:
            return (here.uidnext, self.connection.heard.exists)
        return (here.serial, self.connection.heard.changes, "selection")

    def key(self, here: Selected) -> Key:
        return (self.route.host, self.login, here.name, here.uidvalidity)

    def shelf(self, here: Selected) -> Shelf:
        return self.cache.shelf(self.key(here))


def mailbox_name(name: str) -> str:
    """The name as it is compared. Raises NotFound for what no mailbox can be called."""
    try:
        MailboxName(name)
    except ValueError:
        raise NotFound(FOLDER_GONE) from None
    if len(name) > MAX_NAME:
        raise NotFound(FOLDER_GONE)
    return "INBOX" if name.upper() == "INBOX" else name


def uid_set(uids: Iterable[int]) -> UidSet:
    """Raises BadRequest for none, NotFound for what no UID can be."""
    try:
        found = UidSet.of(uids)
    except ValueError:
        raise NotFound(MESSAGE_GONE) from None
    if not found:
        raise BadRequest
    return found


def merged(answer: Answer) -> dict[int, Fetch]:
    """FETCH replies by sequence number; what a server says of a message in several pieces is one again.

    What is expunged later in the same answer is not among them, and the numbers move up.
    """
    found: dict[int, Fetch] = {}
    for reply in answer.untagged:
        if isinstance(reply, Fetch):
            known = found.get(reply.seq)
            found[reply.seq] = reply if known is None else _joined(known, reply)
        elif isinstance(reply, Expunge) and len(found) <= MAX_FOLLOWED:
            found = {seq - (seq > reply.seq): it for seq, it in found.items() if seq != reply.seq}
    return found


def _joined(one: Fetch, two: Fetch) -> Fetch:
    return Fetch(
        seq=one.seq,
        uid=one.uid if two.uid is None else two.uid,
        flags=one.flags if two.flags is None else two.flags,
        envelope=two.envelope or one.envelope,
        structure=two.structure or one.structure,
        internaldate=two.internaldate or one.internaldate,
        size=one.size if two.size is None else two.size,
        modseq=one.modseq if two.modseq is None else two.modseq,
        sections={**one.sections, **two.sections},
    )


def _number(code: Code | None) -> int | None:
    if code is None or not code.args:
        return None
    value = code.args[0]
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None
