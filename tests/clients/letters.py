"""Messages for mail programs: each different, with structure, and replies among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def letter(number: int, *, reply_to: int | None = None, attachment: bytes = b"") -> bytes:
    """Message `number`, an hour later than the one before."""
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Ännchen {number % 7} <ann{number % 7}@elsewhere.test>"
    made["To"] = "me@example.test"
    made["Subject"] = f"{'' if reply_to is None else 'Re: '}Number {number if reply_to is None else reply_to}"
    made["Date"] = format_datetime(START + timedelta(hours=number))
    made["Message-ID"] = f"<{number}@elsewhere.test>"
    if reply_to is not None:
        made["In-Reply-To"] = made["References"] = f"<{reply_to}@elsewhere.test>"
    made.set_content(f"This is letter number {number}.\nGrüße\n" + "And so on.\n" * (number % 50))
    if attachment:
        made.add_attachment(attachment, "application", "octet-stream", filename="file.bin")
        made.set_boundary(f"=-{number}")
    return made.as_bytes()
