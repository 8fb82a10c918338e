"""A conversation: commands read, run by the table and answered, until one side has enough."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from webmail.disk import in_thread
from webmail.errors import MailError
from webmail.i18n import N_
from webmail.imap import answers, notifying
from webmail.imap.answers import No, Ok
from webmail.imap.command import Command
from webmail.imap.session import Closing, Session
from webmail.imap.waiting import client_speaks
from webmail.server.errors import Ending, LineTooLong, Silent, StreamError
from webmail.server.limits import foreign
from webmail.wire import ProtocolError
from webmail.wire import imap_answers as said
from webmail.wire import imap_request as requests
from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_request import Opening, announced, opening

PARSED_AT_ONCE = 8 * 1024  # octets of a command that are parsed in the loop: some milliseconds
MAX_ERRORS = 20  # bad commands in a row of somebody signed in; then it is a broken program

Commands = Mapping[str, Command]


async def converse(session: Session, commands: Commands) -> None:
    """Raises what ends a connection without a word (StreamError)."""
    while not session.leaving:
        await session.flush()
        try:
            await _command_in_time(session, commands)
        except Ending:
            session.say(said.bye("The server goes down; please connect again."))
            return
        except Silent:
            session.say(said.bye("Nothing came for too long."))
            return
    await session.flush()


async def _command_in_time(session: Session, commands: Commands) -> None:
    """A stranger has a moment for all commands together, however busy. Raises Silent."""
    left = None if session.user else max(session.probation.until - time.monotonic(), 0.0)
    try:
        async with asyncio.timeout(left):
            await _command(session, commands)
    except TimeoutError:
        raise Silent from None


async def _command(session: Session, commands: Commands) -> None:
    try:
        line = await _first_line(session)
        began = opening(line)
    except LineTooLong as error:
        await session.skip(announced(error.tail))
        _refuse(session, _tag_of(error.head), "the line is too long")
    except requests.BadRequest as error:
        if session.user is None and foreign(line):
            raise Closing("another protocol") from None
        await session.skip(announced(line))
        _refuse(session, error.tag, str(error))
    else:
        await _answer(session, commands, began, line)


async def _first_line(session: Session) -> bytes:
    """The next command begins; who asked for it (NOTIFY) is told what happens meanwhile."""
    stream, patience = session.stream, _patience(session)
    until = time.monotonic() + patience
    if session.watch is not None:
        await notifying.follow_selected(session, session.watch)
        await session.flush()
    while session.watch is not None:
        if await client_speaks(stream, until):
            return await stream.line(session.room.line)
        await notifying.tell(session, session.watch)
        await session.flush()
    return await stream.line(session.room.line, patience)


def _patience(session: Session) -> float:
    """Seconds to wait for a command."""
    return session.context.current().imap.idletimeout * 60.0 if session.user else session.probation.idle()


def _refuse(session: Session, tag: str, text: str) -> None:
    """BAD; too many of them and the session ends."""
    session.say(said.bad(text, tag=tag))
    session.errors += 1
    if session.errors >= MAX_ERRORS if session.user else session.probation.offend():
        session.say(said.bye("Too many commands that are none."))
        session.leaving = True


async def _answer(session: Session, commands: Commands, began: Opening, line: bytes) -> None:
    command = commands.get(began.name)
    session.tag = began.tag
    if command is None or session.state not in command.states:
        await session.skip(announced(line))
        unknown = "this command is not known" if command is None else "not in this state"
        _refuse(session, began.tag, unknown)
        return
    try:
        ending = await _ending(session, command, began)
    except ProtocolError as error:
        _refuse(session, began.tag, str(error))
        return
    except LineTooLong as error:  # one behind a literal, or one that answers us
        await session.skip(announced(error.tail))
        _refuse(session, began.tag, "the line is too long")
        return
    session.errors = 0
    if ending:
        session.say(ending)


async def _ending(session: Session, command: Command, began: Opening) -> bytes:
    """The line that says OK, or NO and why. Raises ProtocolError for BAD, StreamError."""
    user, tag = session.stream.user or "nobody", began.tag
    try:
        ok = await _run(session, command, began)
    except ProtocolError as error:
        if (code := answers.UNABLE.get(type(error))) is None:
            raise
        return said.no(str(error), code, tag)
    except No as error:
        return said.no(session.translate(error.text), error.code, tag)
    except MailError as error:
        if error.detail:
            session.context.log.warning("%s of %s: %s", began.name, user, error)
        return said.no(error.said(session.translate), answers.code_of(error), tag)
    except StreamError:
        raise
    except Exception:
        session.context.log.exception("%s of %s failed", began.name, user)
        return said.no(session.translate(answers.BUG), answers.SERVERBUG, tag)
    return said.ok(ok.text, ok.code, tag) if ok.text else b""


async def _run(session: Session, command: Command, began: Opening) -> Ok:
    asked: object = began
    if not command.streams:
        pieces = await _pieces(session, began)
        asked = await _parsed(session, command, pieces)
    if command.sync.before:  # RFC 9051, 6.4.9: UIDs in all that a UID command tells
        await session.tell(expunges=not command.sync.numbered, uid=began.name.startswith("UID "))
    ok: Ok = await command.run(session, asked)
    if command.sync.after and not session.leaving:
        await session.tell(expunges=not command.sync.numbered)
    return ok


async def _parsed(session: Session, command: Command, pieces: list[bytes]) -> object:
    """The arguments; those of a long command are read in a thread, while others have their turn."""
    arguments = Arguments(pieces, utf8=session.utf8, depth=session.room.depth)
    if sum(map(len, pieces)) <= PARSED_AT_ONCE:
        return command.parse(arguments)
    return await in_thread(command.parse, arguments)


async def _pieces(session: Session, began: Opening) -> list[bytes]:
    """The lines of a command and the literals between them. Raises No for one that is too large."""
    pieces, size, room = [began.rest], len(began.rest), session.room
    while (literal := announced(pieces[-1])) is not None:
        size += literal.size
        if literal.size > room.literal or size > room.command:
            await session.skip(literal)
            raise No(N_("This is too long for a literal here."), b"TOOBIG")
        if len(pieces) > 2 * requests.MAX_LITERALS:
            await session.skip(literal)
            raise ProtocolError("too many literals")
        octets = b"".join([block async for block in session.receive(literal)])
        line = await session.next_line()
        pieces += [octets, line]
        size += len(line)
    return pieces


def _tag_of(head: bytes) -> str:
    try:
        return opening(head).tag
    except requests.BadRequest as error:
        return error.tag
