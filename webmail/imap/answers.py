"""How a command ends: OK by what it returns, NO or BAD by what it raises; one table from errors to codes."""

from __future__ import annotations

from dataclasses import dataclass

from webmail import errors
from webmail.errors import MailError
from webmail.i18n import N_
from webmail.wire import ProtocolError
from webmail.wire import imap_answer_codes as codes
from webmail.wire.imap_ask_keys import BadCharset
from webmail.wire.imap_ask_notify import EVENTS, BadEvent

# RFC 9051, 7.1; RFC 5530; RFC 9208, 4.3.1; RFC 7889, 4
CODES: dict[type[MailError], bytes] = {
    errors.AuthFailed: b"AUTHENTICATIONFAILED",
    errors.NotAllowed: b"NOPERM",
    errors.NotFound: b"NONEXISTENT",
    errors.AlreadyExists: b"ALREADYEXISTS",
    errors.OverQuota: b"OVERQUOTA",
    errors.TooBig: b"TOOBIG",
    errors.Busy: b"INUSE",
    errors.Unavailable: b"UNAVAILABLE",
    errors.BadRequest: b"CANNOT",
}
# Well-formed, but about what is not known here: NO instead of BAD (RFC 9051, 7.1; RFC 5465, 5)
UNABLE: dict[type[ProtocolError], bytes] = {
    BadCharset: codes.badcharset(),
    BadEvent: codes.badevent(EVENTS),
}
SERVERBUG = b"SERVERBUG"
BUG = N_("Something went wrong here; the administrator finds it in the log.")


@dataclass(frozen=True, slots=True)
class Ok:
    """A command that did what it was asked; `code` is what stands in brackets, if anything.

    Without a text it has answered itself.
    """

    text: str
    code: bytes = b""


ISSUED = Ok("Some of these messages are gone.", b"EXPUNGEISSUED")  # RFC 5530, 3


class No(Exception):
    """A refusal with a response code that no MailError stands for, such as [TRYCREATE]."""

    def __init__(self, text: str, code: bytes = b"") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def code_of(error: MailError) -> bytes:
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
