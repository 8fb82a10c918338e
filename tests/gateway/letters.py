"""Messages that arrive in these tests, and what is looked for in those that leave."""

from __future__ import annotations

import email
from email.message import EmailMessage, Message
from email.policy import default

FRIEND = "Frida Friend <frida@elsewhere.test>"


def letter(subject: str, text: str = "Hello there!\n", sender: str = FRIEND, **headers: str) -> bytes:
    """A plain message as it comes over the wire; `headers` with _ for -."""
    made = EmailMessage(policy=default.clone(linesep="\r\n"))
    made["From"] = sender
    made["To"] = "you@example.test"
    made["Subject"] = subject
    made["Date"] = "Mon, 05 Jan 2026 10:20:30 +0100"
    made["Message-ID"] = f"<{abs(hash((subject, text)))}@elsewhere.test>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def parsed(content: bytes) -> EmailMessage:
    """A message that our product made, read by somebody else's parser."""
    made = email.message_from_bytes(content, policy=default)
    assert isinstance(made, EmailMessage)
    assert not made.defects
    return made


def text_of(made: EmailMessage) -> str:
    body = made.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def files_of(made: EmailMessage) -> dict[str, bytes]:
    """Attachments by their names."""
    return {part.get_filename() or "": _octets(part) for part in made.iter_attachments()}


def _octets(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found
