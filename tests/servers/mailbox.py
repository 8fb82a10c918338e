"""Look into a person's mailbox, and fill it, past the product."""

from __future__ import annotations

import base64
import imaplib
import itertools
import smtplib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.servers.backend import Backend, Mail


def fill(backend: Backend, name: str, mails: Iterable[Mail | bytes], folder: str = "INBOX") -> int:
    """Put messages there past the product, in the order given, for mailboxes that are not open; how many."""
    each = (mail if isinstance(mail, Mail) else Mail(mail) for mail in mails)
    return backend.fill(name, each, encoded(folder))


def deliver(backend: Backend, name: str, content: bytes, sender: str = "friend@elsewhere.test") -> None:
    """One message by LMTP, as an MTA would: the way to fill a mailbox that is open."""
    with smtplib.LMTP(backend.host, backend.lmtp) as lmtp:
        lmtp.sendmail(sender, [f"{name}@example.test"], content)


@contextmanager
def imap(backend: Backend, name: str) -> Iterator[imaplib.IMAP4]:
    """A connection signed in as this person; `imaplib` speaks modified UTF-7: see `encoded`."""
    person = next(each for each in backend.people if each.name == name)
    with imaplib.IMAP4(backend.host, backend.imap, timeout=20) as connection:
        connection.login(person.name, person.password)
        yield connection


def messages(backend: Backend, name: str, folder: str = "INBOX") -> list[bytes]:
    """All messages of a folder, as they lie there, in order."""
    with imap(backend, name) as connection:
        status, _ = connection.select(f'"{encoded(folder)}"', readonly=True)
        if status != "OK":
            return []
        _, found = connection.search(None, "ALL")
        numbers = found[0].split()
        return [_source(connection, number.decode()) for number in numbers]


def wait_for(
    backend: Backend, name: str, folder: str = "INBOX", *, count: int = 1, seconds: float = 15
) -> list[bytes]:
    """The folder's messages as soon as there are this many; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while len(found := messages(backend, name, folder)) < count:
        assert time.monotonic() < end, f"{len(found)} of {count} messages in {folder} of {name}"
        time.sleep(0.1)
    return found


def encoded(folder: str) -> str:
    """The modified UTF-7 of a mailbox name (RFC 3501 5.1.3)."""
    out = ""
    for plain, run in itertools.groupby(folder, lambda c: " " <= c <= "~"):
        piece = "".join(run)
        if plain:
            out += piece.replace("&", "&-")
        else:
            sixtyfour = base64.b64encode(piece.encode("utf-16-be")).decode().rstrip("=")
            out += f"&{sixtyfour.replace('/', ',')}-"
    return out


def _source(connection: imaplib.IMAP4, number: str) -> bytes:
    _, answer = connection.fetch(number, "(BODY.PEEK[])")
    first = answer[0]
    assert isinstance(first, tuple)
    return bytes(first[1])
