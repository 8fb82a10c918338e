"""What is said in SASL, by a client and to a server; the same for IMAP, POP and SMTP."""

from __future__ import annotations

import re
from binascii import a2b_base64

from webmail.wire import ProtocolError

MAX_BASE64 = 4096  # octets of one response; PLAIN with three names of MAX_NAME octets fits in
MAX_NAME = 1000  # octets of an identity or a password; RFC 4616, 2 wants room for 255

# binascii's strict mode lets padding pass that nothing needs
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?+")


# RFC 4616, 2
def plain(authzid: str, authcid: str, password: str) -> bytes:
    """The one message of PLAIN; an empty authzid means the authcid itself. ValueError if one holds NUL."""
    return b"\0".join(_text(part) for part in (authzid, authcid, password))


# Not in an RFC: draft-murchison-sasl-login
def login(user: str, password: str) -> tuple[bytes, bytes]:
    """The two answers of LOGIN, in their order. ValueError if one holds NUL."""
    return _text(user), _text(password)


# Not in an RFC: Google's and Microsoft's; OAUTHBEARER is the standard
def xoauth2(user: str, token: str) -> bytes:
    """ValueError if one holds a control character, of which ^A is the separator."""
    _plainly(user, token)
    return b"user=%s\x01auth=Bearer %s\x01\x01" % (user.encode(), token.encode())


# RFC 7628, 3.1
def oauthbearer(user: str, token: str, host: str = "", port: int = 0) -> bytes:
    """ValueError if one holds a control character, of which ^A is the separator."""
    _plainly(user, token, host)
    name = user.replace("=", "=3D").replace(",", "=2C")  # saslname of RFC 5801, 4
    pairs = [f"n,a={name},", *([f"host={host}"] if host else []), *([f"port={port:d}"] if port else [])]
    return "\x01".join([*pairs, f"auth=Bearer {token}", "", ""]).encode()


# RFC 7628, 3.2.3: how a client acknowledges the reason of a failure, which then comes as NO
OAUTHBEARER_ABORT = b"\x01"


def _text(part: str) -> bytes:
    if "\0" in part:
        raise ValueError("NUL cannot be said in SASL")
    return part.encode("utf-8")


def _plainly(*parts: str) -> None:
    if not all(part.isprintable() for part in parts):
        raise ValueError("a control character cannot be said in SASL")


# Read by a server


# RFC 4648, 4
def decode_base64(line: bytes, limit: int = MAX_BASE64) -> bytes:
    """Strictly: no octet outside of the alphabet, padding exactly where it belongs. ProtocolError else."""
    if len(line) > limit:
        raise ProtocolError(f"base64 of more than {limit} octets")
    if not _BASE64.fullmatch(line):
        raise ProtocolError("that is no base64")
    return a2b_base64(line)


# RFC 9051, 6.2.2
def parse_response(line: bytes) -> bytes | None:
    """What a client's line after a challenge says; None if it gives up with `*`."""
    return None if line == b"*" else decode_base64(line)


# RFC 4616, 2
def parse_plain(message: bytes) -> tuple[str, str, str]:
    """authzid, authcid and password; the authzid is empty where the client wants to be the authcid."""
    parts = message.split(b"\0")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise ProtocolError("PLAIN is an identity or nothing, NUL, a user, NUL, a password")
    authzid, authcid, password = map(_read, parts)
    return authzid, authcid, password


# RFC 4422, Appendix A
def parse_external(message: bytes) -> str:
    """The authzid; empty where the client wants to be whom its certificate names."""
    if b"\0" in message:
        raise ProtocolError("NUL in an identity")
    return _read(message)


def _read(octets: bytes) -> str:
    if len(octets) > MAX_NAME:
        raise ProtocolError(f"a name or password of more than {MAX_NAME} octets")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError("a name or password that is not in UTF-8") from error
