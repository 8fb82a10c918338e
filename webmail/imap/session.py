"""What is known of one client, and the verbs that commands work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from typing import Concatenate, ParamSpec, TypeVar

from webmail import i18n
from webmail.directory import User
from webmail.errors import NotAllowed
from webmail.imap.answers import No
from webmail.imap.context import Context
from webmail.imap.looking import claim_recent, look
from webmail.imap.picture import Watch
from webmail.imap.selected import NONE, Manner, Selected
from webmail.imap.state import State
from webmail.imap.turns import apart
from webmail.server.errors import LineTooLong, StreamError, TooMany
from webmail.server.limits import Probation
from webmail.server.stream import Literal, Stream
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.transaction import Transaction
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire import imap_request as requests
from webmail.wire.imap_arguments import MAX_DEPTH, MAX_DEPTH_BEFORE_LOGIN
from webmail.wire.imap_request import Announced, announced

ENGLISH = "en"  # is spoken until the client asks for another language (RFC 5255, 3.1)
AT_ONCE = 500  # lines that are made before others have their turn: a millisecond

P = ParamSpec("P")
T = TypeVar("T")


class Closing(StreamError):
    default = "closed by us"


@dataclass(frozen=True, slots=True)
class Room:
    """How much a client may say at once, in octets: a line, a literal that is no message, a whole command.

    `skipped`: of a command that is refused, before the session ends rather than read on.
    """

    line: int
    literal: int
    command: int
    skipped: int
    depth: int  # of parentheses


STRANGERS = Room(
    requests.MAX_LINE_BEFORE_LOGIN,
    requests.MAX_LITERAL_BEFORE_LOGIN,
    requests.MAX_COMMAND_BEFORE_LOGIN,
    requests.MAX_COMMAND_BEFORE_LOGIN,
    MAX_DEPTH_BEFORE_LOGIN,
)
PEOPLE = Room(
    requests.MAX_LINE, requests.MAX_LITERAL, requests.MAX_COMMAND, 16 * requests.MAX_COMMAND, MAX_DEPTH
)


class Session:
    """What is known of one client. Commands read and change it; nobody else does."""

    __slots__ = (
        "_counted",
        "account",
        "admin",
        "authenticated",
        "client",
        "context",
        "enabled",
        "errors",
        "language",
        "leaving",
        "probation",
        "selected",
        "stream",
        "tag",
        "user",
        "watch",
    )

    def __init__(self, stream: Stream, context: Context) -> None:
        self.stream = stream
        self.context = context
        self.tag = "*"
        self.user: User | None = None  # in whose name
        self.authenticated: User | None = None  # who signed in: an administrator may act for others
        self.admin = False  # whether who signed in is one of store.admins
        self.account: Account | None = None
        self.selected: Selected | None = None
        self.enabled: frozenset[str] = frozenset()
        self.language = ""
        self.client = ""  # the program, as it calls itself first
        self.leaving = False
        self.watch: Watch | None = None  # NOTIFY
        self.errors = 0  # bad commands in a row
        self.probation = Probation()
        self._counted = ExitStack()

    # What commands work with.

    @property
    def who(self) -> Who:
        """Whose rights count. Only behind sign-in."""
        assert self.user is not None  # noqa: S101  the table lets nobody in before
        return Who(self.user.uid, admin=self.admin and self.user is self.authenticated)

    @property
    def bypasses_quota(self) -> bool:
        """Whether an administrator signed in, who may go over quotas (local.imap.adminbypassquota)."""
        return self.admin and self.context.current().local_imap.adminbypassquota

    @property
    def own(self) -> Account:
        """The client's own account. Only behind sign-in."""
        assert self.account is not None  # noqa: S101  the table lets nobody in before
        return self.account

    @property
    def box(self) -> Selected:
        """The selected mailbox. Only in selected state."""
        assert self.selected is not None  # noqa: S101  the table lets nobody in before
        return self.selected

    @property
    def state(self) -> State:
        if self.user is None:
            return State.STRANGER
        return State.SIGNED_IN if self.selected is None else State.SELECTED

    @property
    def room(self) -> Room:
        return PEOPLE if self.user else STRANGERS

    @property
    def utf8(self) -> bool:
        """Whether names of mailboxes and quoted strings are UTF-8 (RFC 6855, 3; RFC 9051, 4.3)."""
        return "UTF8=ACCEPT" in self.enabled or "IMAP4REV2" in self.enabled

    @property
    def manner(self) -> Manner:
        rev2 = "IMAP4REV2" in self.enabled
        qresync = "QRESYNC" in self.enabled
        condstore = "CONDSTORE" in self.enabled
        return Manner(uid=qresync or rev2, modseq=condstore, vanished=qresync, recent=not rev2)

    def count_as(self, uid: str) -> None:
        """Count this connection as that user's. Raises No if they have too many."""
        counted = ExitStack()
        try:
            counted.enter_context(self.context.limits.as_user(uid, self.stream.peer))
        except TooMany as error:
            raise No(str(error), b"LIMIT") from None
        self._counted.close()
        self._counted = counted

    def reset(self) -> None:
        """Be a stranger again (RFC 8437)."""
        self._counted.close()
        self.stop_watching()
        self.probation = Probation()
        self.user = self.authenticated = self.account = self.selected = None
        self.admin = False
        self.enabled = frozenset()
        self.language = ""
        self.stream.known_as("")

    def close(self) -> None:
        """Let go of what outlives a command."""
        self.stop_watching()
        self._counted.close()

    def stop_watching(self) -> None:
        if self.watch is not None:
            self.watch.close()
            self.watch = None

    def enable(self, *names: str) -> None:
        """From now on; QRESYNC takes CONDSTORE with it (RFC 7162, 3.2.3)."""
        taken = {*names, *(("CONDSTORE",) if "QRESYNC" in names else ())} - self.enabled
        self.enabled |= taken
        if "CONDSTORE" in taken and self.selected is not None:  # as SELECT tells it (RFC 7162, 3.1.2)
            modseq = self.selected.snapshot.modseq
            self.say(said.ok("The newest change.", codes.highestmodseq(modseq)))

    async def read(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.own.read(function, *args, **kwargs)

    async def write(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Raises NotAllowed for who came in as nobody."""
        if not self.who.owns(self.own.uid):
            raise NotAllowed
        return await self.own.write(function, *args, **kwargs)

    def say(self, *lines: bytes) -> None:
        """Send lines, each with its CRLF; `flush` waits until the client takes them."""
        self.stream.writelines(list(lines))

    async def say_each(self, lines: Iterable[bytes]) -> None:
        """Send many lines as the client takes them, and let others have their turn meanwhile."""
        left = iter(lines)
        while batch := list(islice(left, AT_ONCE)):
            self.say(*batch)
            await self.flush()
            if len(batch) == AT_ONCE:
                await asyncio.sleep(0)

    async def flush(self) -> None:
        await self.stream.drain()

    def translate(self, text: str) -> str:
        return i18n.translations(self.language or ENGLISH).gettext(text)

    async def tell(
        self,
        *,
        expunges: bool,
        quiet: Mapping[int, int] = NONE,
        loud: Iterable[int] = (),
        uid: bool = False,
        flags: bool = True,
    ) -> None:
        """Look at the selected mailbox and say what is different from what the client knows.

        `quiet`, `loud`: as of `Selected.move_on`; `uid`: FETCH lines carry UIDs in any case. Without
        `flags` nothing is said while no message came or went.
        """
        selected = self.selected
        if selected is None:
            return
        new = await look(selected, self.who)
        if not flags and new.uids is selected.snapshot.uids:
            return
        manner = self.manner
        await claim_recent(selected, new, manner)
        manner = replace(manner, uid=True) if uid else manner
        lines = await apart(
            len(new.uids), selected.move_on, new, manner, expunges=expunges, quiet=quiet, loud=loud
        )
        await self.say_each(lines)

    def receive(self, literal: Announced) -> Literal:
        """The octets of a message that the client announced; it is told to send them if it waits for that."""
        if literal.synchronising:
            self.say(said.continuation("OK"))
        return self.stream.blocks(literal.size)

    async def next_line(self) -> bytes:
        """The rest of a command behind a literal."""
        return await self.stream.line(self.room.line)

    async def skip(self, literal: Announced | None) -> None:
        """Read past what comes of a command that is refused: its literals, unless the client waits for us."""
        skipped = 0
        while literal is not None and not literal.synchronising:
            skipped += literal.size
            if skipped > self.room.skipped:
                self.say(b"* BYE This is too much.\r\n")
                raise Closing
            await self.stream.discard(literal.size)
            line = await self._end_of_line()
            skipped += len(line)
            literal = announced(line)

    async def _end_of_line(self) -> bytes:
        """The next line, or the end of one that is too long."""
        try:
            return await self.next_line()
        except LineTooLong as error:
            return error.tail
