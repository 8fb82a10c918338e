"""What can go wrong, in words for the person who meets it.

    MailError
    ├─ AuthFailed      the name or the password is not right
    ├─ NotAllowed      known, but not theirs to do
    ├─ NotFound        a folder, message or part that is not (or no longer) there
    ├─ AlreadyExists   a folder of that name
    ├─ OverQuota       no room at the backend or in the spool
    ├─ TooBig          over a limit that has a name
    ├─ Busy            too many at once; again in a moment
    ├─ Unavailable     the backend or the MTA does not answer, or not in its protocol
    └─ BadRequest      what was sent makes no sense

Each edge (page, JSON, later IMAP, POP, LMTP) maps these classes in one table. `text` is a gettext
msgid with str.format fields filled from `values`; `detail` is for the log only.
"""

from __future__ import annotations

from collections.abc import Callable

from webmail.i18n import N_


class MailError(Exception):
    """The root: `str(error)` is for the log, `text` and `values` are for the person."""

    default = N_("Something went wrong. Nothing was changed.")

    def __init__(self, text: str = "", /, *, detail: str = "", **values: object) -> None:
        self.text = text or self.default
        self.values = values
        self.detail = detail
        super().__init__(self.text, detail)

    def said(self, translate: Callable[[str], str] = str) -> str:
        """The sentence for the person, in the language of `translate`."""
        return translate(self.text).format_map(_Blanks(self.values))

    def __str__(self) -> str:
        sentence = self.said()
        return f"{sentence} ({self.detail})" if self.detail else sentence


class _Blanks(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


class AuthFailed(MailError):
    default = N_("That name and password don’t match. Please try again.")


class NotAllowed(MailError):
    default = N_("You may not do this here.")


class NotFound(MailError):
    default = N_("This is no longer here.")


class AlreadyExists(MailError):
    default = N_("There is already one of that name.")


class OverQuota(MailError):
    default = N_("Your mailbox is full. Delete something and try again.")


class TooBig(MailError):
    default = N_("This is too big.")


class Busy(MailError):
    default = N_("Too much at once just now. Please try again in a moment.")


class Unavailable(MailError):
    default = N_("The mail server does not answer. Please try again in a moment.")


class BadRequest(MailError):
    default = N_("This request makes no sense here. Nothing was changed.")
