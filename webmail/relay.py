"""Hands one message to an MTA by SMTP (RFC 5321), in blocks, so that big ones take no memory and no time.

All or nothing: a message goes to all of its recipients or to none. If the MTA refuses one for
good, nothing is sent and the writer hears whom and why; if it defers one, all of it is for later.
So nobody ever gets a message twice because somebody else did not get it.

TLS, by `Target.tls`: `tls` from the first byte, `starttls` before anything else, both verified;
`none`; and `auto`, which takes STARTTLS where the MTA offers it. `auto` verifies if a `cafile` is
set or if AUTH would show a password to another host; otherwise an unverified channel is better
than none, as between all MTAs (RFC 7435). A password goes to another host encrypted only, unless
`tls` is `none`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosmtplib
from aiosmtplib import SMTPResponse
from aiosmtplib.protocol import SMTPProtocol

from webmail.disk import in_thread
from webmail.i18n import N_
from webmail.log import Secret
from webmail.tls import client_context, unverified_context
from webmail.wire.smtp import Lines, path

# Seconds, RFC 5321 4.5.3.2. Only the greeting is given less than its five minutes: this MTA is a
# neighbour, and who waits for it in vain tries again in a minute.
CONNECT = 60.0
COMMAND = 300.0  # EHLO, AUTH, MAIL, RCPT
DATA_START = 120.0
DATA_BLOCK = 180.0
DATA_END = 600.0

MAX_WORDS = 1000  # characters kept of what an MTA says
_TOO_MANY_RECIPIENTS = 552  # RFC 5321 4.5.3.1.10: at RCPT it means 452
_OURS_TO_MEND = frozenset({530, 534, 535, 538})  # RFC 4954 6: the message is not at fault

_UNREACHABLE = N_("The mail server cannot be reached.")
_SILENT = N_("The mail server did not answer in time.")
_CUT = N_("The mail server broke the connection.")
_MISCONFIGURED = N_(
    "The mail server does not take mail from here. The administrator finds the reason in the log."
)
_NO_UTF8 = N_("The mail server cannot send to addresses with letters other than a to z.")
_NO_8BIT = N_("The mail server cannot send 8-bit text, as in the message that is attached.")
_OVERSIZE = N_("The message is bigger than the mail server takes.")

Blocks = Callable[[], Iterable[bytes]]
Hook = Callable[[], Awaitable[None]]


class RelayError(Exception):
    """The MTA did not take the message; `words` are for its writer, `detail` is for the log."""

    def __init__(
        self,
        words: str,
        *,
        detail: str = "",
        recipients: Mapping[str, str] | None = None,
        answered: bool = False,
    ) -> None:
        super().__init__(words, detail)
        self.words = words
        self.detail = detail
        self.recipients = dict(recipients or {})  # those it did not take, with its words for each
        self.answered = answered  # whether it said so itself


class Deferred(RelayError):
    """Not now: it says so (4xx), does not answer, or does not know us."""


class Refused(RelayError):
    """Never: it does not take this message (5xx)."""


@dataclass(frozen=True, slots=True)
class Target:
    """An MTA, and how it is entered."""

    host: str
    port: int
    tls: str = "auto"  # auto, starttls, tls, none
    cafile: Path | None = None  # certificates of the authorities it is checked against; None: the system's
    user: str = ""  # for AUTH; empty: without
    password: Secret = field(default=Secret(""), repr=False)
    helo: str = "localhost"  # our name in EHLO

    @property
    def is_here(self) -> bool:
        """Whether nobody can be between it and us."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    @property
    def is_verified(self) -> bool:
        return self.tls in {"tls", "starttls"} or bool(self.cafile or (self.user and not self.is_here))


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends what to whom, in the MTA's terms."""

    sender: str
    recipients: tuple[str, ...]
    size: int  # bytes of the message without dot-stuffing (RFC 1870)
    utf8: bool = False  # needs SMTPUTF8 (RFC 6531)
    body8: bool = False  # needs 8BITMIME (RFC 6152)


async def relay(target: Target, envelope: Envelope, blocks: Blocks, before_end: Hook) -> str:
    """Hand the message over for all its recipients; returns the MTA's words once it has it.

    `blocks()` gives the message, lines ended by CR LF; it is read in a thread. `before_end` is
    awaited when all is said but the final dot: if it raises, the MTA does not have the message. Any
    exception after that leaves open whether it has.
    Raises Refused, Deferred; wire.smtp's BadAddress and BadLines for what should not have come here.
    """
    sender = path(envelope.sender, utf8=envelope.utf8)
    recipients = {recipient: path(recipient, utf8=envelope.utf8) for recipient in envelope.recipients}
    async with _session(target) as client:
        with _told(Refused):
            await _address(client, envelope, sender, recipients)
            answer = await client.stream(blocks, before_end)
    return _words(answer)


async def probe_size(target: Target) -> int | None:
    """The MTA's limit for a message in bytes (RFC 1870); None if it has none or cannot be asked."""
    try:
        async with _session(target) as client:
            return client.size_limit or None
    except RelayError:
        return None


class _Client(aiosmtplib.SMTP):
    """aiosmtplib's connection, with DATA in blocks; it leaves the library's own send methods unused."""

    AUTH_METHODS = ("plain", "login")

    @property
    def size_limit(self) -> int:
        """Bytes; 0 if the MTA has no limit or does not say."""
        digits = self.esmtp_extensions.get("size", "").strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0

    async def execute_command(self, *args: bytes, timeout: Any = None) -> SMTPResponse:  # noqa: ASYNC109
        if self.protocol is not None:
            _nothing_unasked(self.protocol)
        return await super().execute_command(*args, timeout=timeout or COMMAND)

    async def stream(self, blocks: Blocks, before_end: Hook) -> SMTPResponse:
        protocol = self.protocol
        if protocol is None or protocol._command_lock is None:  # noqa: SLF001
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        async with protocol._command_lock:  # noqa: SLF001
            await self._start(protocol)
            async with aclosing(_stuffed(blocks)) as pieces:
                async for piece in pieces:
                    await self._write(protocol, piece)
            await before_end()
            await _not_interrupted(protocol)
            protocol.write(b".\r\n")
            return _expect(2, await protocol.read_response(timeout=DATA_END))

    async def _start(self, protocol: SMTPProtocol) -> None:
        protocol._response_pending = True  # noqa: SLF001
        protocol.write(b"DATA\r\n")
        _expect(3, await protocol.read_response(timeout=DATA_START))
        _nothing_unasked(protocol)
        # The MTA may break in at any time: its answer is to find somebody waiting.
        protocol._response_pending = True  # noqa: SLF001

    async def _write(self, protocol: SMTPProtocol, block: bytes) -> None:
        protocol.write(block)
        async with asyncio.timeout(DATA_BLOCK):
            await protocol._drain_helper()  # noqa: SLF001
        await _not_interrupted(protocol)

    def leave(self) -> None:
        """Say QUIT without waiting for the answer, so that what counts is noted the sooner."""
        if self.protocol is not None and self.is_connected:
            self.protocol.write(b"QUIT\r\n")
        self.close()


def _nothing_unasked(protocol: SMTPProtocol) -> None:
    """An answer too many would be taken for the next command's, and at last for the message's."""
    if protocol._buffer:  # noqa: SLF001
        raise aiosmtplib.SMTPResponseException(-1, "answers without a question")


async def _not_interrupted(protocol: SMTPProtocol) -> None:
    """An answer while the message is still on its way: it is not wanted any further."""
    waiter = protocol._response_waiter  # noqa: SLF001
    if waiter is None or waiter.done() or protocol._buffer:  # noqa: SLF001
        answer = await protocol.read_response(timeout=DATA_END)
        code = answer.code if answer.code >= 400 else -1
        raise aiosmtplib.SMTPResponseException(code, answer.message)


@asynccontextmanager
async def _session(target: Target) -> AsyncIterator[_Client]:
    client = _Client(
        hostname=target.host,
        port=target.port,
        local_hostname=target.helo,
        timeout=CONNECT,
        use_tls=target.tls == "tls",
        start_tls=False,
        tls_context=await asyncio.to_thread(_context, target),
    )
    try:
        with _told(Deferred):
            await client.connect()
            await _enter(client, target)
        yield client
        client.leave()
    finally:
        client.close()


def _context(target: Target) -> ssl.SSLContext:
    if not target.is_verified:
        return unverified_context()
    return client_context(target.cafile)


async def _enter(client: _Client, target: Target) -> None:
    await _hello(client)
    if target.tls == "starttls" or (target.tls == "auto" and client.supports_extension("starttls")):
        await client.starttls(timeout=CONNECT)
        await _hello(client)
    if target.user:
        await _authenticate(client, target)


async def _hello(client: _Client) -> None:
    try:
        await client.ehlo(timeout=COMMAND)
    except aiosmtplib.SMTPHeloError as error:
        if error.code < 500:
            raise
        await client.helo(timeout=COMMAND)


async def _authenticate(client: _Client, target: Target) -> None:
    encrypted = client.get_transport_info("sslcontext") is not None
    if not encrypted and target.tls != "none" and not target.is_here:
        raise Deferred(
            _MISCONFIGURED, detail=f"{target.host} offers no TLS; no password goes there in the clear"
        )
    await client.login(target.user, target.password.reveal(), timeout=COMMAND)


async def _address(
    client: _Client, envelope: Envelope, sender: bytes, recipients: Mapping[str, bytes]
) -> None:
    options = _options(client, envelope)
    _expect(2, await client.execute_command(b"MAIL", b"FROM:" + sender, *options))
    refused: dict[str, str] = {}
    deferred: dict[str, str] = {}
    for recipient, to in recipients.items():
        answer = await client.execute_command(b"RCPT", b"TO:" + to)
        if answer.code >= 500 and answer.code != _TOO_MANY_RECIPIENTS:
            refused[recipient] = _words(answer)
        elif answer.code // 100 != 2:
            deferred[recipient] = _words(answer)
        if answer.code == 421:
            break
    if refused or deferred:
        client.leave()
    if refused:
        raise Refused(_each(refused), recipients=refused, answered=True)
    if deferred:
        raise Deferred(_each(deferred), recipients=deferred, answered=True)


def _options(client: _Client, envelope: Envelope) -> list[bytes]:
    """The parameters of MAIL. Raises Refused if the message needs what the MTA does not have."""
    if envelope.utf8 and not client.supports_extension("smtputf8"):
        raise Refused(_NO_UTF8)
    if envelope.body8 and not client.supports_extension("8bitmime"):
        raise Refused(_NO_8BIT)
    if client.size_limit and envelope.size > client.size_limit:
        raise Refused(_OVERSIZE, detail=f"SIZE {client.size_limit}")
    options = [b"SIZE=%d" % envelope.size] if client.supports_extension("size") else []
    if client.supports_extension("8bitmime") and (envelope.body8 or envelope.utf8):
        options.append(b"BODY=8BITMIME")
    return [*options, b"SMTPUTF8"] if envelope.utf8 else options


async def _stuffed(blocks: Blocks) -> AsyncGenerator[bytes]:
    lines = Lines()
    source = iter(blocks())

    def following() -> bytes | None:
        block = next(source, None)
        return None if block is None else lines.feed(block)

    while (stuffed := await in_thread(following)) is not None:
        yield stuffed
    yield lines.finish()


@contextmanager
def _told(permanent: type[RelayError]) -> Iterator[None]:
    """Whatever goes wrong with the MTA in our words; a 5xx is of the class `permanent`."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        answer = SMTPResponse(error.code, error.message)
        if not 400 <= error.code < 600:
            raise Deferred(_CUT, detail=f"not SMTP: {_words(answer)}") from error
        if error.code in _OURS_TO_MEND or (error.code >= 500 and permanent is Deferred):
            raise Deferred(_MISCONFIGURED, detail=_words(answer), answered=True) from error
        raise (Deferred if error.code < 500 else permanent)(_words(answer), answered=True) from error
    except aiosmtplib.SMTPConnectError as error:
        raise Deferred(_UNREACHABLE, detail=str(error)) from error
    except TimeoutError as error:
        raise Deferred(_SILENT, detail=str(error)) from error
    except ssl.SSLError as error:
        raise Deferred(_MISCONFIGURED, detail=f"TLS: {error}") from error
    except ConnectionError as error:
        raise Deferred(_CUT, detail=str(error)) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Deferred(_MISCONFIGURED, detail=str(error)) from error


def _expect(kind: int, answer: SMTPResponse) -> SMTPResponse:
    # RFC 5321 4.3.2: the first digit tells what to do.
    if answer.code // 100 != kind:
        raise aiosmtplib.SMTPResponseException(answer.code, answer.message)
    return answer


def _words(answer: SMTPResponse) -> str:
    """An MTA's answer as one line that can be shown: its code and its text."""
    text = answer.message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    line = " ".join(f"{answer.code} {text}".split())
    return "".join(c for c in line[:MAX_WORDS] if c.isprintable())


def _each(answers: Mapping[str, str]) -> str:
    return "; ".join(f"{recipient}: {words}" for recipient, words in answers.items())[:MAX_WORDS]
