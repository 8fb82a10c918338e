"""One connection of an IMAP client: reads a command, runs it by the table, tells what became different."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from webmail import i18n
from webmail.directory import User
from webmail.errors import MailError, NotAllowed
from webmail.imap import answers
from webmail.imap.answers import No, Ok
from webmail.imap.context import Context
from webmail.imap.looking import claim_recent, look
from webmail.imap.selected import NONE, Manner, Selected
from webmail.imap.state import Command, State
from webmail.server.errors import Ending, LineTooLong, Silent, StreamError, TooMany
from webmail.server.limits import Probation, foreign
from webmail.server.stream import Literal, Stream
from webmail.store.account import Account
from webmail.store.acl import Who
from webmail.store.transaction import Transaction
from webmail.wire import ProtocolError
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire import imap_request as requests
from webmail.wire.imap_arguments import MAX_DEPTH, MAX_DEPTH_BEFORE_LOGIN, Arguments
from webmail.wire.imap_request import Announced, Opening, announced, opening

if TYPE_CHECKING:
    from webmail.imap.notifying import Watch

ENGLISH = "en"  # is spoken until the client asks for another language (RFC 5255, 3.1)
AT_ONCE = 500  # lines that are made before others have their turn: a millisecond
MAX_ERRORS = 20  # bad commands in a row of somebody signed in; then it is a broken one
MAX_SKIPPED = 16 * 1024 * 1024  # octets of a command that are thrown away so that a session can go on

P = ParamSpec("P")
T = TypeVar("T")


class Closing(StreamError):
    default = "closed by us"


class Session:
    """What is known of one client. Commands read and change it; nobody else does."""

    __slots__ = (
        "_commands",
        "_counted",
        "_errors",
        "_probation",
        "account",
        "admin",
        "authenticated",
        "context",
        "enabled",
        "language",
        "leaving",
        "selected",
        "stream",
        "tag",
        "user",
        "watch",
    )

    def __init__(self, stream: Stream, context: Context, commands: Mapping[str, Command]) -> None:
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
        self.leaving = False
        self.watch: Watch | None = None  # NOTIFY
        self._commands = commands
        self._errors = 0
        self._probation = Probation()
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
        self._probation = Probation()
        self.user = self.authenticated = self.account = self.selected = None
        self.admin = False
        self.enabled = frozenset()
        self.language = ""
        self.stream.known_as("")

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
        await self.say_each(selected.move_on(new, manner, expunges=expunges, quiet=quiet, loud=loud))

    def receive(self, literal: Announced) -> Literal:
        """The octets of a message that the client announced; it is told to send them if it waits for that."""
        if literal.synchronising:
            self.say(b"+ OK\r\n")
        return self.stream.blocks(literal.size)

    async def next_line(self) -> bytes:
        """The rest of a command behind a literal."""
        return await self.stream.line(self._max_line)

    async def skip(self, literal: Announced | None) -> None:
        """Read past what comes of a command that is refused: its literals, unless the client waits for us."""
        skipped = 0
        while literal is not None and not literal.synchronising:
            skipped += literal.size
            if skipped > (MAX_SKIPPED if self.user else requests.MAX_COMMAND_BEFORE_LOGIN):
                self.say(b"* BYE This is too much.\r\n")
                raise Closing
            await self.stream.discard(literal.size)
            line = await self.next_line()
            skipped += len(line)
            literal = announced(line)

    # What the skeleton calls.

    async def run(self) -> None:
        """Commands until one side has enough. Raises what ends a connection (StreamError)."""
        try:
            await self._converse()
        finally:
            self.stop_watching()
            self._counted.close()

    async def _converse(self) -> None:
        while not self.leaving:
            await self.flush()
            try:
                await self._command_in_time()
            except Ending:
                self.say(b"* BYE The server goes down; please connect again.\r\n")
                return
            except Silent:
                self.say(b"* BYE Nothing came for too long.\r\n")
                return
        await self.flush()

    async def _command_in_time(self) -> None:
        """A stranger has a moment for all commands together, however busy. Raises Silent."""
        left = None if self.user else max(self._probation.until - time.monotonic(), 0.0)
        try:
            async with asyncio.timeout(left):
                await self._command()
        except TimeoutError:
            raise Silent from None

    async def _command(self) -> None:
        try:
            line = await self._next_command()
            began = opening(line)
        except LineTooLong as error:
            await self.skip(announced(error.tail))
            self._refuse(_tag_of(error.head), "the line is too long")
        except requests.BadRequest as error:
            if self.user is None and foreign(line):
                raise Closing("another protocol") from None
            await self.skip(announced(line))
            self._refuse(error.tag, str(error))
        else:
            await self._answer(began, line)

    async def _next_command(self) -> bytes:
        """The first line of a command; who asked for it (NOTIFY) is told what happens meanwhile."""
        until = time.monotonic() + self._patience
        while self.watch is not None:
            if await self.watch.input(self.stream, until):
                return await self.stream.line(self._max_line)
            await self.watch.tell(self)
            await self.flush()
        return await self.stream.line(self._max_line, self._patience)

    @property
    def _max_line(self) -> int:
        return requests.MAX_LINE if self.user else requests.MAX_LINE_BEFORE_LOGIN

    @property
    def _max_literal(self) -> int:
        return requests.MAX_LITERAL if self.user else requests.MAX_LITERAL_BEFORE_LOGIN

    @property
    def _max_command(self) -> int:
        return requests.MAX_COMMAND if self.user else requests.MAX_COMMAND_BEFORE_LOGIN

    @property
    def _patience(self) -> float:
        return self.context.current().imap.idletimeout * 60.0 if self.user else self._probation.idle()

    def _refuse(self, tag: str, text: str) -> None:
        """BAD; too many of them and the session ends."""
        self.say(tag.encode() + b" BAD " + answers.coded(b"", text) + b"\r\n")
        self._errors += 1
        if self._errors >= MAX_ERRORS if self.user else self._probation.offend():
            self.say(b"* BYE Too many commands that are none.\r\n")
            self.leaving = True

    async def _answer(self, began: Opening, line: bytes) -> None:
        command = self._commands.get(began.name)
        self.tag = began.tag
        if command is None or self.state not in command.states:
            await self.skip(announced(line))
            unknown = "this command is not known" if command is None else "not in this state"
            self._refuse(began.tag, unknown)
            return
        try:
            ending = await self._run(command, began)
        except ProtocolError as error:
            if (code := answers.UNABLE.get(type(error))) is None:
                self._refuse(began.tag, str(error))
                return
            ending = b"NO " + answers.coded(code, str(error))
        except No as error:
            ending = error.line
        except MailError as error:
            ending = self._refused(error, began.name)
        except StreamError:
            raise
        except Exception:
            self.context.log.exception("%s of %s failed", began.name, self.stream.user or "nobody")
            ending = answers.SERVERBUG
        self._errors = 0
        if ending:
            self.say(began.tag.encode() + b" " + ending + b"\r\n")

    def _refused(self, error: MailError, name: str) -> bytes:
        if error.detail:
            self.context.log.warning("%s of %s: %s", name, self.stream.user or "nobody", error)
        return answers.refusal(error, error.said(self.translate))

    async def _run(self, command: Command, began: Opening) -> bytes:
        if command.streams:
            asked: object = began
        else:
            depth = MAX_DEPTH if self.user else MAX_DEPTH_BEFORE_LOGIN
            asked = command.parse(Arguments(await self._pieces(began), utf8=self.utf8, depth=depth))
        if command.sync.before:  # RFC 9051, 6.4.9: UIDs in all that a UID command tells
            await self.tell(expunges=not command.sync.numbered, uid=began.name.startswith("UID "))
        ok: Ok = await command.run(self, asked)
        if command.sync.after and not self.leaving:
            await self.tell(expunges=not command.sync.numbered)
        return ok.line if ok.text else b""  # nothing: the command has answered itself

    async def _pieces(self, began: Opening) -> list[bytes]:
        """The lines of a command and the literals between them. Raises No for one that is too large."""
        pieces, size = [began.rest], len(began.rest)
        while (literal := announced(pieces[-1])) is not None:
            size += literal.size
            if literal.size > self._max_literal or size > self._max_command:
                await self.skip(literal)
                raise No("a literal that is too large here", b"TOOBIG")
            if len(pieces) > 2 * requests.MAX_LITERALS:
                await self.skip(literal)
                raise ProtocolError("too many literals")
            octets = b"".join([block async for block in self.receive(literal)])
            line = await self.next_line()
            pieces += [octets, line]
            size += len(line)
        return pieces

    @property
    def state(self) -> State:
        if self.user is None:
            return State.STRANGER
        return State.SIGNED_IN if self.selected is None else State.SELECTED


def _tag_of(head: bytes) -> str:
    try:
        return opening(head).tag
    except requests.BadRequest as error:
        return error.tag
