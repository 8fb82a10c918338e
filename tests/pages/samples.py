"""Mailboxes and messages as the backend tells of them, for pages that are rendered without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from webmail.directory import User
from webmail.http.backend.model import Folder, Page, Summary
from webmail.mail.headers import Person

EVIL = "\"><script>alert(1)</script>&amp;' {{ 7919*7919 }} %(n)s {n} \u202e\ud7ff😀"
LENA = Person("Lena Ørsted", "lena@harbour.example")
MIRA = Person("Mira", "mira@harbour.example")
FOLDERS = (
    Folder("INBOX", "INBOX", "/", "inbox", messages=128, unseen=12),
    Folder("Drafts", "Drafts", "/", "drafts", messages=3, unseen=0),
    Folder("Gesendet", "Gesendet", "/", "sent", messages=40, unseen=0),
    Folder("Projects", "Projects", "/", selectable=False),
    Folder("Projects/Ä & ö", "Ä & ö", "/", depth=1, unseen=1),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """As much of a session as a page needs."""

    user: User = field(default_factory=lambda: User("mira", "mira", "store", "mira@harbour.example", "Mira"))
    csrf: str = "the-token"
    zone: str = "Europe/Berlin"


def summary(uid: int = 1, **changes: object) -> Summary:
    now = datetime.now(UTC) - timedelta(hours=uid)
    values: dict[str, object] = {
        "uid": uid,
        "flags": frozenset(),
        "sender": (LENA,),
        "recipients": (MIRA,),
        "subject": f"Subject {uid}",
        "date": now,
        "received": now,
        "size": 38_000,
        "attachments": False,
        "message_id": f"<{uid}@x.example>",
    }
    return Summary(**(values | changes))  # type: ignore[arg-type]


def page_of(*rows: Summary, folder: str = "INBOX", number: int = 1, pages: int = 1) -> Page:
    return Page(folder, 77, len(rows), number, pages, rows)


def request(query: str = "", *, signed_in: bool = True) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/mail",
            "query_string": query.encode(),
            "headers": [],
            "state": {"session": SignedIn()} if signed_in else {},
        }
    )
