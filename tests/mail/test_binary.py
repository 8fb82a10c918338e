"""Binary parts in base64: the same octets once they are decoded, and no NUL before."""

from __future__ import annotations

from webmail.mail import binary, sections
from webmail.mail.binary import BLOCK
from webmail.mail.entities import scan
from webmail.mail.transfer import decode

DATA = bytes(range(256)) * (BLOCK // 200)
HEAD = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding:\r\n binary\r\nX: y\r\n\r\n"
MIXED = (
    b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n"
)


def again(message: bytes) -> bytes:
    return b"".join(binary.encoded(message, binary.with_nul(message)))


def part(message: bytes, number: str) -> bytes:
    (found,) = (each for each in sections.number(scan(message)) if each.number == number)
    return decode(message[found.body : found.end], found.encoding)


def test_a_message_is_encoded_and_decodes_to_what_it_was() -> None:
    told = again(HEAD + DATA)
    assert b"\0" not in told
    assert told.startswith(HEAD.replace(b":\r\n binary", b": base64"))
    assert part(told, "1") == DATA


def test_only_parts_that_hold_nul_are_encoded() -> None:
    text = b"--b\r\nContent-Transfer-Encoding: binary\r\n\r\nText\r\n"
    message = (
        MIXED + text + b"--b\r\n" + HEAD + DATA + b"\r\n" + text + b"--b\r\n" + HEAD + b"\0\r\n--b--\r\n"
    )
    told = again(message)
    assert b"\0" not in told
    assert [part(told, number) for number in "1234"] == [b"Text", DATA, b"Text", b"\0"]
    assert told.count(b"base64") == 2


def test_what_does_not_say_that_it_is_binary_stays_as_it_is() -> None:
    for message in (
        b"",
        b"X: y\r\n\r\n\0",
        HEAD.replace(b"binary", b"8bit") + b"\0",
        HEAD + b"no NUL",
        b"\0",
    ):
        assert binary.with_nul(message) == []
        assert again(message) == message
