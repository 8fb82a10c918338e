"""What a request asks for: the folder and message of its address, checked once."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from webmail.errors import BadRequest, NotFound
from webmail.i18n import N_

INBOX = "INBOX"
MAX_NAME = 1000  # characters of a mailbox name; servers allow about 255 octets a level
MAX_NUMBER = 2**32 - 1  # RFC 9051: nz-number of UID and UIDVALIDITY
NO_FOLDER = N_("There is no folder of that name.")


def folder(request: Request) -> str:
    """The mailbox of `?folder=`, INBOX without one. Raises NotFound for what no mailbox can be called."""
    return folder_name(request.query_params.get("folder", "") or INBOX)


def folder_name(name: str) -> str:
    """The name, if a mailbox can have it. Raises NotFound."""
    if not name or len(name) > MAX_NAME or "\0" in name or any("\ud800" <= sign <= "\udfff" for sign in name):
        raise NotFound(NO_FOLDER)
    return name


def page_number(text: str) -> int:
    """A page of the list; the first for anything that is not a number."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def message(request: Request) -> tuple[str, int, int]:
    """Folder, UIDVALIDITY and UID of the address. Raises NotFound."""
    try:
        uidvalidity, uid = (number(request.path_params[name]) for name in ("uidvalidity", "uid"))
    except BadRequest:
        raise NotFound from None
    return folder(request), uidvalidity, uid


def number(text: str) -> int:
    """A UID or UIDVALIDITY of a form. Raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= MAX_NUMBER):
        raise BadRequest(detail=f"number {text[:40]!r}")
    return int(text)


def numbers(texts: Iterable[str]) -> tuple[int, ...]:
    """UIDs of a form, each once, in order. Raises BadRequest."""
    return tuple(sorted({number(text) for text in texts}))
