"""The value of the session cookie: a random id, signed; and the key that signs it."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, Signer

from webmail.database import PRIVATE_DIRECTORY, PRIVATE_FILE

ID_BYTES = 32  # 256 bits
KEY_BYTES = 32
MAX_VALUE = 200  # characters of a cookie that we look at; ours has 87
KEY_FILE = "secret.key"


class Cookies:
    """Signs session ids; a value made for TLS is worth nothing in plain HTTP, and the other way round."""

    def __init__(self, secret_key: bytes) -> None:
        self._signers = {
            secure: Signer(secret_key, salt=salt, digest_method=hashlib.sha256)
            for secure, salt in (
                (True, b"webmail session over TLS"),
                (False, b"webmail session in the clear"),
            )
        }

    def new(self, *, secure: bool) -> tuple[str, str]:
        """A fresh session id and the cookie's value for it."""
        session_id = secrets.token_urlsafe(ID_BYTES)
        return session_id, self._signers[secure].sign(session_id).decode()

    def read(self, value: str, *, secure: bool) -> str | None:
        """The session id in a value that we signed for this kind of connection, else None."""
        if len(value) > MAX_VALUE:
            return None
        try:
            return self._signers[secure].unsign(value).decode()
        except (BadSignature, UnicodeError):
            return None


def secret_key(datadir: Path) -> bytes:
    """The key that signs cookies: made once, the same in all processes of this host."""
    path = datadir / KEY_FILE
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise ValueError(f"{path} is too short for a key; remove it and everybody signs in again")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link refuses where a rename would replace: of several processes the first one's key stays.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
