"""What a client says in SASL, before base64; the same for IMAP, POP and SMTP."""

from __future__ import annotations


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
