"""A backend's NO and BAD, in our words: by response code (RFC 9051, 7.1; RFC 5530), then by what it says.

The server's own words go to the log, never onto a page.
"""

from __future__ import annotations

import re

from webmail.errors import (
    AlreadyExists,
    BadRequest,
    Busy,
    MailError,
    NotAllowed,
    NotFound,
    OverQuota,
    TooBig,
    Unavailable,
)
from webmail.http.backend.exchange import MAX_LOGGED
from webmail.i18n import N_
from webmail.wire.imap_replies import Tagged

FOLDER_GONE = N_("This folder is no longer here.")
FOLDER_RENUMBERED = N_("This folder was rebuilt on the mail server. Please open it again.")
MESSAGE_GONE = N_("This message is no longer here.")
READ_ONLY = N_("You may read this folder, but not change it.")
REFUSED = N_("The mail server refused this. Nothing was changed.")
CANNOT = N_("The mail server can’t do this. Nothing was changed.")
TAKEN = N_("There is already a folder of that name.")
MESSAGE_TOO_BIG = N_("The mail server doesn’t take a message this big.")


class UnknownEncoding(BadRequest):
    """RFC 3516, 4.3: the server can’t take this transfer encoding off; we can."""


class TryCreate(NotFound):
    """The target is not there, and could be created (RFC 9051, 7.1)."""


_CODES: dict[str, tuple[type[MailError], str]] = {
    "ALREADYEXISTS": (AlreadyExists, TAKEN),
    "AUTHORIZATIONFAILED": (NotAllowed, ""),
    "CANNOT": (BadRequest, CANNOT),
    "CLIENTBUG": (BadRequest, CANNOT),
    "CONTACTADMIN": (Unavailable, ""),
    "CORRUPTION": (Unavailable, ""),
    "EXPIRED": (Unavailable, ""),
    "EXPUNGEISSUED": (NotFound, MESSAGE_GONE),
    "HASCHILDREN": (NotAllowed, N_("There are folders within this one. Delete them first.")),
    "INUSE": (Busy, ""),
    "LIMIT": (NotAllowed, N_("The mail server’s limit is reached. Nothing was changed.")),
    "NONEXISTENT": (NotFound, FOLDER_GONE),
    "NOPERM": (NotAllowed, ""),
    "OVERQUOTA": (OverQuota, ""),
    "PARSE": (BadRequest, CANNOT),
    "READ-ONLY": (NotAllowed, READ_ONLY),
    "SERVERBUG": (Unavailable, ""),
    "TOOBIG": (TooBig, MESSAGE_TOO_BIG),
    "TRYCREATE": (TryCreate, FOLDER_GONE),
    "UNAVAILABLE": (Unavailable, ""),
    "UNKNOWN-CTE": (UnknownEncoding, ""),
}
# For servers without codes, which say it in English only; the first that is found counts.
_WORDS: tuple[tuple[re.Pattern[str], type[MailError], str], ...] = (
    (re.compile(r"quota", re.IGNORECASE), OverQuota, ""),
    (re.compile(r"already exists|mailbox exists", re.IGNORECASE), AlreadyExists, TAKEN),
    (re.compile(r"permission|access denied|not permitted|read-only", re.IGNORECASE), NotAllowed, ""),
    (re.compile(r"too (big|large)", re.IGNORECASE), TooBig, MESSAGE_TOO_BIG),
    (
        re.compile(r"(doesn't|does not|not) exist|no such mailbox|unknown mailbox", re.IGNORECASE),
        NotFound,
        FOLDER_GONE,
    ),
)


def refusal(tagged: Tagged, command: str, otherwise: MailError | None = None) -> MailError:
    """The error that a NO or BAD to this command is; `otherwise` where the server does not say which."""
    code = tagged.code.name if tagged.code else ""
    detail = f"{command}: {tagged.status} {f'[{code}] ' if code else ''}{tagged.text}"[:MAX_LOGGED]
    if tagged.status == "BAD":
        return Unavailable(detail=detail)
    if code in _CODES:
        kind, text = _CODES[code]
        return kind(text, detail=detail)
    for pattern, kind, text in _WORDS:
        if pattern.search(tagged.text):
            return kind(text, detail=detail)
    if otherwise is not None:
        return type(otherwise)(otherwise.text, detail=detail)
    return NotAllowed(REFUSED, detail=detail)
