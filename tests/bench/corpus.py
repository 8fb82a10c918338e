"""A large mailbox, the same each time: message `n` depends on nothing but `n`."""

from __future__ import annotations

import base64
import random
import textwrap
import time

from tests.servers.backend import Mail

START = 1_600_000_000  # when the first message was received, in seconds since 1970
APART = 3000  # seconds between two messages
KINDS = ("text", "alternative", "attachment", "html", "forwarded")
SHARES = (45, 30, 15, 7, 3)  # of 100, in a mailbox of a person at work

SUBJECTS = [
    "invoice",
    "meeting",
    "report",
    "question",
    "offer",
    "lunch",
    "contract",
    "travel",
    "update",
    "draft",
    "review",
    "minutes",
]
WORDS = [
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "that",
    "it",
    "is",
    "was",
    "for",
    "on",
    "with",
    "as",
    "his",
    "they",
    "at",
    "be",
    "this",
    "have",
    "from",
    "or",
    "one",
    "had",
    "by",
    "but",
    "not",
    "what",
    "all",
    "were",
    "we",
    "when",
    "your",
    "can",
    "said",
    "there",
    "use",
    "an",
    "each",
    "which",
    "she",
    "do",
    "how",
    "their",
    "if",
    "will",
    "up",
    "other",
    "about",
    "out",
    "many",
    "then",
    "them",
    "these",
    "so",
    "some",
    "her",
    "would",
    "make",
    "like",
    "him",
    "into",
    "time",
    "has",
    "look",
    "two",
    "more",
    "write",
    "go",
    "see",
    "number",
    "no",
    "way",
    "could",
    "people",
    "my",
    "than",
    "first",
]
PEOPLE = (
    "Anna Adler",
    "Ben Busch",
    "Zoë Çelik",
    "Dmitri Orlow",
    "Eva Østergaard",
    "Femi Ade",
    "Grace Ó Néill",
    "李 雷",
)


def mail(number: int) -> Mail:
    """Message `number`, from 0: its content with CR LF, its flags, and when it was received."""
    chance = random.Random(number)
    when = START + number * APART
    kind = chance.choices(KINDS, SHARES)[0]
    content = _head(chance, number, when) + _body(chance, kind, f"=_{number:08x}")
    flags = {"seen"} if chance.random() < 0.85 else set()
    flags |= {name for name, share in (("flagged", 0.04), ("answered", 0.12)) if chance.random() < share}
    return Mail(content.replace("\n", "\r\n").encode(), frozenset(flags), when)


def _head(chance: random.Random, number: int, when: int) -> str:
    sender = chance.choice(PEOPLE)
    subject = f"{chance.choice(SUBJECTS).title()} {chance.choice(WORDS)} {chance.choice(WORDS)} {number}"
    if chance.random() < 0.4:
        subject = f"Re: {subject}"
    if chance.random() < 0.15:
        subject = f"{subject} – größer, schöner"
    received = "".join(
        f"Received: from mx{hop}.example (mx{hop}.example [192.0.2.{hop}])\n\tby mail.example with ESMTPS id {number:x}{hop};\n"
        f"\t{_date(when - hop)}\n"
        for hop in range(1, 4)
    )
    return (
        f"{received}From: {_word(sender)} <{_address(sender)}>\nTo: Person <person@example.test>\n"
        f"Subject: {_word(subject)}\nDate: {_date(when)}\nMessage-ID: <{number}@bench.example>\nMIME-Version: 1.0\n"
    )


def _body(chance: random.Random, kind: str, boundary: str) -> str:
    prose = textwrap.fill(" ".join(chance.choices(WORDS, k=chance.randrange(40, 700))), 72)
    text = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße,\n\n{prose}\n"
    page = (
        f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{_page(chance, prose)}\n"
    )
    match kind:
        case "text":
            return text
        case "html":
            return page
        case "alternative":
            return _multipart("alternative", boundary, text, page)
        case "attachment":
            return _multipart("mixed", boundary, text, _file(chance))
    inner = f"Content-Type: message/rfc822\n\n{_head(chance, chance.randrange(9999), START)}{text}"
    return _multipart("mixed", boundary, text, inner)


def _multipart(subtype: str, boundary: str, *parts: str) -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


def _page(chance: random.Random, prose: str) -> str:
    cells = "".join(
        f'<tr><td style="padding:4px;color:#345">{line}</td></tr>\n' for line in prose.splitlines()
    )
    image = f'<img src="https://images.example/{chance.randrange(10**6)}.png" width="1" height="1">'
    return f"<html><head><style>td{{font-size:14px}}</style></head><body><table>{cells}</table>{image}</body></html>"


def _file(chance: random.Random) -> str:
    data = base64.encodebytes(chance.randbytes(chance.randrange(2_000, 40_000))).decode()
    return (
        'Content-Type: application/pdf; name="scan.pdf"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="scan.pdf"\n\n{data}'
    )


def _word(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _address(person: str) -> str:
    return "".join(c for c in person.lower() if c.isascii() and c.isalpha()) + "@people.example"


def _date(when: int) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))
