"""What a letter weighs, what more fits in, and how that is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO

from webmail.errors import TooBig
from webmail.http.ceiling import Limits
from webmail.http.pages import formats
from webmail.http.pages.formats import Translate
from webmail.i18n import N_
from webmail.mail.compose import Attached, Outgoing, added, size

MESSAGE = "message/rfc822"
# RFC 2045, 6.8: 57 octets become a line of 76 characters and CR LF.
_LINE_IN, _LINE_OUT = 57, 78

OVER_OURS = N_(
    "“{name}” doesn’t fit: a message can be at most {limit}, and files grow by a third on their way. "
    "It was not attached."
)
OVER_MTA = N_(
    "“{name}” doesn’t fit: the outgoing mail server takes at most {limit}, and files grow by a third "
    "on their way. It was not attached."
)
UPLOAD_OVER = N_("“{name}” is too big: one file can be at most {limit}. It was not attached.")
WHOLE_OVER_OURS = N_(
    "Not sent: this message is {size}, and at most {limit} can be sent. "
    "Files grow by a third on their way. Remove one, or shorten the text."
)
WHOLE_OVER_MTA = N_(
    "Not sent: this message is {size}, and the outgoing mail server takes at most {limit}. "
    "Files grow by a third on their way. Remove one, or shorten the text."
)
EXACTLY = N_("{n} bytes")
HINT = N_("One file can be at most {upload}, the whole message {limit}; files grow by a third on their way.")


def weight(message: Outgoing) -> int:
    """The finished message as it goes to the MTA, in octets, exactly."""
    return size(message, bcc=False)


@dataclass(slots=True)
class Scale:
    """A letter that is weighed once, and to which files are added."""

    message: Outgoing
    octets: int  # its `weight`

    @classmethod
    def of(cls, message: Outgoing) -> Scale:
        return cls(message, weight(message))

    def add(self, file: Attached) -> None:
        self.octets += added(self.message, file)
        self.message = replace(self.message, attachments=(*self.message.attachments, file))

    def room(self, name: str, type_: str, limits: Limits) -> int:
        """The octets that one more file so named and typed may have; negative if not even its name fits."""
        empty = Attached(name, type_, 0, BytesIO)  # weighed, never read
        budget = limits.message - self.octets - added(self.message, empty)
        if budget < 0:
            return -1
        if type_ == MESSAGE:  # goes out as it is
            return min(budget, limits.upload)
        lines, rest = divmod(budget, _LINE_OUT)
        return min(lines * _LINE_IN + max(0, (rest - 2) // 4 * 3), limits.upload)


def words(limits: Limits, _: Translate) -> dict[str, str]:
    """The limits in words: told before an upload starts, and when one is too big."""
    return {
        "hint": _(HINT).format(upload=formats.size(limits.upload, _), limit=formats.size(limits.message, _)),
        "toobig": _(OVER_MTA if limits.whose == "mta" else OVER_OURS),
        "uploadtoobig": _(UPLOAD_OVER),
    }


def compared(octets: int, limit: int, _: Translate) -> dict[str, str]:
    """`size` and `limit` in words that differ: to the octet where they are close."""
    rough = {"size": formats.size(octets, _), "limit": formats.size(limit, _)}
    if rough["size"] != rough["limit"]:
        return rough
    return {"size": _(EXACTLY).format(n=f"{octets:,}"), "limit": _(EXACTLY).format(n=f"{limit:,}")}


def too_heavy(octets: int, limits: Limits, _: Translate) -> str:
    """Why the whole message can't be sent."""
    text = WHOLE_OVER_MTA if limits.whose == "mta" else WHOLE_OVER_OURS
    return _(text).format(**compared(octets, limits.message, _))


def too_big(name: str, fits: int, limits: Limits, _: Translate) -> TooBig:
    """Why this file can't be added where only `fits` octets do."""
    if fits >= limits.upload:
        return TooBig(UPLOAD_OVER, name=name, limit=formats.size(limits.upload, _))
    text = OVER_MTA if limits.whose == "mta" else OVER_OURS
    return TooBig(text, name=name, limit=formats.size(limits.message, _))
