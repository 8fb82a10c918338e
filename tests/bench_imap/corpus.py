"""A mailbox as people have it, 17 kB a message: conversations, languages, attachments; the same each time.

Message `n` depends on nothing but `n`, so any part of the mailbox can be made alone.
"""

from __future__ import annotations

import base64
import quopri
import random
import textwrap
import time
from collections.abc import Callable, Iterator
from email.header import Header

from tests.bench.corpus import PEOPLE, START, SUBJECTS, WORDS
from tests.servers.backend import Mail

APART = 3000  # seconds between two messages
REPLIES = 0.55  # of all messages answer another
WITHIN = 300  # messages that lie at most between the two
SUBJECT_NEEDLE, BODY_NEEDLE = "needle-three", "xyzzyplugh"  # each in one of THINLY messages
THINLY = 1000

# Charset, transfer encoding, a sentence in it; one in five messages is not UTF-8
LANGUAGES = (
    ("utf-8", "quoted-printable", "Die Sitzung fällt heute aus; wir melden uns später."),
    ("utf-8", "8bit", "Élise a reçu la facture hier à Genève."),
    ("us-ascii", "7bit", "Please find the figures below."),
    ("iso-8859-1", "quoted-printable", "Größere Mengen würden günstiger."),
    ("windows-1252", "quoted-printable", "“Ready” – so she said…"),
    ("koi8-r", "base64", "Добрый день, посылаю договор."),
    ("iso-2022-jp", "7bit", "会議の資料をお送りします。"),
    ("gb2312", "base64", "请查收附件。"),
)
LANGUAGE_SHARES = (35, 25, 20, 6, 6, 3, 3, 2)


def mail(number: int) -> Mail:
    """Message `number`, from 0: its content with CR LF, its flags, and when it was received."""
    chance = random.Random(number)
    when = START + number * APART
    kind = chance.choices(list(_KINDS), [share for _, share in _KINDS.values()])[0]
    content = _head(chance, number, when) + _KINDS[kind][0](chance, number)
    flags = {"seen"} if chance.random() < 0.85 else set()
    flags |= {name for name, share in (("flagged", 0.04), ("answered", 0.12)) if chance.random() < share}
    return Mail(content.replace(b"\n", b"\r\n"), frozenset(flags), when)


def _ancestors(number: int) -> list[int]:
    """The messages that this one goes back to, the first of the conversation first."""
    found: list[int] = []
    while (parent := _parent(number)) is not None and len(found) < 30:
        found.append(parent)
        number = parent
    return found[::-1]


def _parent(number: int) -> int | None:
    chance = random.Random(~number)
    earlier = number - chance.randrange(1, WITHIN)
    return earlier if earlier >= 0 and chance.random() < REPLIES else None


def _head(chance: random.Random, number: int, when: int) -> bytes:
    ancestors = _ancestors(number)
    subject = _subject(ancestors[0] if ancestors else number)
    sender, *others = chance.sample(PEOPLE, 4)
    lines = [
        *_received(number, when),
        f"Return-Path: <{_address(sender)}>",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=people.example; s=s1;\n\tb="
        + _signature(chance),
        f"From: {_named(sender)}",
        "To: " + ",\n ".join(map(_named, [*others[:1], "Person"])),
        *(["Cc: " + ",\n ".join(map(_named, others[1:]))] if chance.random() < 0.3 else []),
        f"Subject: {_word('Re: ' * bool(ancestors) + subject)}",
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(when))}",
        f"Message-ID: {_id(number)}",
        *(
            [f"In-Reply-To: {_id(ancestors[-1])}", "References: " + "\n ".join(map(_id, ancestors))]
            if ancestors
            else []
        ),
        "MIME-Version: 1.0",
        f"X-Mailer: Bench {chance.randrange(1, 9)}.{chance.randrange(10)}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _subject(number: int) -> str:
    chance = random.Random(number + 0.5)
    subject = f"{chance.choice(SUBJECTS).title()} {chance.choice(WORDS)} {chance.choice(WORDS)} {number}"
    if number % THINLY == 3:
        subject += f" {SUBJECT_NEEDLE}"
    return f"{subject} – größer, schöner" if chance.random() < 0.15 else subject


def _received(number: int, when: int) -> Iterator[str]:
    for hop in range(1, 5):
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when - hop))
        yield f"Received: from mx{hop}.example (mx{hop}.example [192.0.2.{hop}])\n\tby mail.example with ESMTPS id {number:x}{hop};\n\t{date}"


def _signature(chance: random.Random) -> str:
    return "\n\t".join(textwrap.wrap(base64.b64encode(chance.randbytes(192)).decode(), 68))


def _id(number: int) -> str:
    return f"<{number}.{number * 2654435761 % 2**32:08x}@bench.example>"


def _named(person: str) -> str:
    return f"{_word(person)} <{_address(person)}>"


def _address(person: str) -> str:
    return "".join(c for c in person.lower() if c.isascii() and c.isalpha()) + "@people.example"


def _word(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=72).encode()


# Bodies: each begins with its own Content-Type


def _text(chance: random.Random, number: int) -> bytes:
    return _leaf(chance, "plain", _sentences(chance, number))


def _page(chance: random.Random, number: int) -> bytes:
    cells = "".join(
        f'<tr><td style="padding:4px;color:#345;font-family:Arial">{line}</td></tr>\n'
        for line in _sentences(chance, number).splitlines()
    )
    image = f'<img src="https://images.example/{chance.randrange(10**6)}.png" width="1" height="1">'
    return _leaf(chance, "html", f"<html><body><table>\n{cells}</table>{image}</body></html>\n")


def _leaf(chance: random.Random, subtype: str, text: str) -> bytes:
    charset, encoding, greeting = chance.choices(LANGUAGES, LANGUAGE_SHARES)[0]
    octets = f"{greeting}\n{text}".encode(charset, "replace")
    head = (
        f"Content-Type: text/{subtype}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    )
    return head + _ENCODERS[encoding](octets)


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "7bit": bytes,
    "8bit": bytes,
    "quoted-printable": quopri.encodestring,
    "base64": base64.encodebytes,
}


def _sentences(chance: random.Random, number: int) -> str:
    words = chance.choices(WORDS, k=int(chance.lognormvariate(5.6, 0.9)) + 20)
    words += [f"{chance.randrange(10**9):09d}" for _ in range(len(words) // 30)]  # what no other message has
    if number % THINLY == 5:
        words.insert(len(words) // 2, BODY_NEEDLE)
    return textwrap.fill(" ".join(words), 72) + "\n"


def _alternative(chance: random.Random, number: int) -> bytes:
    return _multipart(chance, "alternative", _text(chance, number), _page(chance, number))


def _attached(chance: random.Random, number: int) -> bytes:
    return _multipart(chance, "mixed", _text(chance, number), *_files(chance))


def _rich(chance: random.Random, number: int) -> bytes:
    picture = _file(chance, "image/png", "inline", 3_000)
    related = _multipart(chance, "related", _page(chance, number), picture)
    letter = _multipart(chance, "alternative", _text(chance, number), related)
    return _multipart(chance, "mixed", letter, *_files(chance))


def _forwarded(chance: random.Random, number: int) -> bytes:
    earlier = chance.randrange(number + 1)
    inner = _head(chance, earlier, START + earlier * APART) + _attached(chance, number)
    return _multipart(chance, "mixed", _text(chance, number), b"Content-Type: message/rfc822\n\n" + inner)


_KINDS: dict[str, tuple[Callable[[random.Random, int], bytes], int]] = {
    "text": (_text, 40),
    "alternative": (_alternative, 28),
    "attached": (_attached, 16),
    "html": (_page, 8),
    "rich": (_rich, 5),
    "forwarded": (_forwarded, 3),
}


def _multipart(chance: random.Random, subtype: str, *parts: bytes) -> bytes:
    boundary = f"=_{chance.randrange(16**12):012x}".encode()
    inside = b"".join(b"--%b\n%b\n" % (boundary, part) for part in parts)
    return b'Content-Type: multipart/%b; boundary="%b"\n\n%b--%b--\n' % (
        subtype.encode(),
        boundary,
        inside,
        boundary,
    )


def _files(chance: random.Random) -> list[bytes]:
    return [_file(chance, "application/pdf", "attachment", 18_000) for _ in range(chance.choice((1, 1, 2)))]


def _file(chance: random.Random, kind: str, disposition: str, size: int) -> bytes:
    name = f"scan{chance.randrange(1000)}.{kind[-3:]}"
    data = chance.randbytes(min(int(chance.lognormvariate(0, 0.9) * size), 20 * size))
    head = (
        f'Content-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f'Content-ID: <{name}@bench.example>\nContent-Disposition: {disposition}; filename="{name}"\n\n'
    )
    return head.encode() + base64.encodebytes(data)
