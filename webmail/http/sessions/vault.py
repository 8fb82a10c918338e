"""Keeps a password in the session store under a key that only the browser's cookie holds."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webmail.log import Secret

NONCE_BYTES = 12
KEY_BYTES = 32


def seal(session_id: str, password: str) -> bytes:
    """The password, readable only to who has the session id; the store knows but a hash of that."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(session_id).encrypt(nonce, password.encode("utf-8", "surrogatepass"), None)


def unseal(session_id: str, sealed: bytes) -> Secret | None:
    """The password again; None if it was sealed for another session or damaged."""
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return Secret(_cipher(session_id).decrypt(nonce, text, None).decode("utf-8", "surrogatepass"))
    except InvalidTag:
        return None


def _cipher(session_id: str) -> AESGCM:
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"webmail session password")
    return AESGCM(derived.derive(session_id.encode()))
