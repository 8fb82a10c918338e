"""Messages that cost a careless parser minutes or gigabytes; each is small to send."""

from __future__ import annotations

from collections.abc import Callable

M = 1_048_576


def _nested(depth: int, body: bytes = b"x\r\n") -> bytes:
    levels = [
        b"Content-Type: multipart/mixed; boundary=b%03d\r\n\r\n--b%03d\r\n" % (n, n) for n in range(depth)
    ]
    return b"".join(levels) + b"\r\n" + body


def _text(kind: bytes, body: bytes) -> bytes:
    return b"Content-Type: text/" + kind + b"; charset=utf-8\r\n\r\n" + body


def _flat(count: int, part: bytes) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + (b"--a\r\n" + part) * count


def _header(name: bytes, value: bytes) -> bytes:
    return name + b": " + value + b"\r\n\r\nx\r\n"


def _marks(count: int) -> bytes:
    return "\u0301\u0316".encode() * (count // 2)


BOMBS: dict[str, Callable[[], bytes]] = {
    "1,000 multiparts inside each other": lambda: _nested(1_000),
    "99 multiparts inside each other around 32 MiB without a boundary": lambda: _nested(99, b"x" * (32 * M)),
    "99 multiparts around 32 MiB of empty lines": lambda: _nested(99, b"\n" * (32 * M)),
    "99 multiparts whose boundaries begin alike": lambda: b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (b"a" * n, b"a" * n)
        for n in range(1, 100)
    )
    + b"--aaa\r\n" * M,
    "3,000 messages inside each other": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 3_000,
    "99 messages inside each other with 3,000 recipients each": lambda: b"".join(
        b"Content-Type: message/rfc822\r\nTo: %b\r\n\r\n" % b",".join([b"a%d@example.org" % n] * 3_000)
        for n in range(99)
    ),
    "100,000 parts": lambda: _flat(100_000, b"\r\nx\r\n"),
    "100,000 parts without anything": lambda: _flat(100_000, b""),
    "100,000 messages in a digest": lambda: _flat(100_000, b"\r\nFrom: a@b\r\n\r\n").replace(
        b"mixed", b"digest"
    ),
    "9,000 multiparts with boundaries of their own beside each other in 32 MiB": lambda: _flat(
        9_000, b"Content-Type: multipart/mixed; boundary=none\r\n\r\n" + b"x" * 3_700 + b"\r\n"
    ),
    "32 MiB of what looks like boundaries": lambda: _flat(1, b"\r\n" + b"\n--" * (10 * M)),
    "a boundary of 100,000 octets": lambda: (
        b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n" % (b"a" * 100_000)
        + b"--" + b"a" * 100_000 + b"\r\n\r\nx\r\n"
    ),
    "a header of 32 MiB that never ends": lambda: b"Subject: x\r\n" * (2 * M + M // 2),
    "fields without names": lambda: b":\n" * (8 * M),
    "a field folded 4 million times": lambda: b"Subject: x\n" + b" x\n" * (4 * M),
    "a field of 16 MiB of blanks": lambda: _header(b"Subject", b" " * (16 * M) + b"x"),
    "200,000 segments of RFC 2231 (CVE-2026-27859)": lambda: _header(
        b"Content-Type", b"text/plain" + b"".join(b'; name*%d*="a"' % n for n in range(200_000))
    ),
    "parameters that never end": lambda: _header(b"Content-Type", b"text/plain" + b';a="\\' * 60_000),
    "100,000 recipients (CVE-2026-27852)": lambda: _header(
        b"Cc", b",\r\n ".join(b"p%d@example.org" % n for n in range(100_000))
    ),
    "100,000 recipients in 4,000 fields": lambda: b"".join(
        b"To: " + b",".join(b"p%d@example.org" % n for n in range(25)) + b"\r\n" for _ in range(4_000)
    ),
    "100,000 groups": lambda: _header(b"To", b"a:;" * 80_000),
    "brackets that never close": lambda: _header(b"To", b"<" * 100_000 + b"(" * 100_000),
    "comments inside each other": lambda: _header(b"To", b"(" * 100_000 + b")" * 100_000 + b"a@b"),
    "comments beside each other that never end": lambda: _header(b"From", b"()(" * 80_000),
    "a local part of 100,000 dots": lambda: _header(b"From", b"a. " * 80_000 + b"@b"),
    "quotes that never end": lambda: _header(b"From", b'"\\' * 120_000),
    "routes that never end": lambda: _header(b"From", b"<@a," * 60_000),
    "100,000 references (CVE-2026-40014, CVE-2026-40017)": lambda: _header(
        b"References", b"\r\n ".join(b"<%d@example.org>" % n for n in range(100_000))
    ),
    "Message-IDs that never end": lambda: _header(b"References", b'<"' * 120_000),
    "100,000 words of RFC 2047": lambda: _header(b"Subject", b"\r\n ".join([b"=?utf-8?q?a?="] * 100_000)),
    "heads of RFC 2047 without ends": lambda: _header(b"Subject", b"=?utf-8?q?" * 26_000),
    "300,000 words of RFC 2047 in 1,000 fields": lambda: b"".join(
        b"X-A: " + b" ".join([b"=?utf-8?q?a?="] * 300) + b"\r\n" for _ in range(1_000)
    ),
    "an answer to an answer, 80,000 times": lambda: _header(b"Subject", b"Re: " * 60_000),
    "80,000 tags of mailing lists": lambda: _header(b"Subject", b"[a]" * 80_000),
    "a million combining marks": lambda: _text(b"plain", _marks(M)),
    "a subject of combining marks": lambda: _header(b"Subject", _marks(120_000)),
    "a million <": lambda: _text(b"html", b"<" * M),
    "a million tags that never end": lambda: _text(b"html", b"<a" * M),
    "comments of HTML that never end": lambda: _text(b"html", b"<!--" * (M // 2)),
    "styles that never end": lambda: _text(b"html", b"<style>" * (M // 4)),
    "ends of styles that never end": lambda: _text(b"html", b"<style></style" * (M // 8)),
    "character references": lambda: _text(b"html", b"&a" * M),
    "blanks in tags": lambda: _text(b"html", b"<b" + b" " * M),
    "32 MiB of text": lambda: _text(b"plain", b"word " * (6 * M)),
    "32 MiB of text as base64": lambda: _text(b"plain", b"YWJj" * (8 * M)).replace(
        b"charset=utf-8", b"charset=utf-8\r\nContent-Transfer-Encoding: base64"
    ),
    "8 MiB of soft line breaks": lambda: _text(b"plain", b"= \r\n" * (2 * M)).replace(
        b"charset=utf-8", b"charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    ),
    "text in a charset that turns out to be another": lambda: _text(b"plain", b"\xe9\x1b$B" * M).replace(
        b"utf-8", b"iso-2022-jp"
    ),
    "16 MiB of NUL": lambda: b"\0" * (16 * M),
    "16 MiB of CR": lambda: b"From:\r" * (2 * M),
}  # fmt: skip
