"""Links that carry their own permission: signed, short-lived, for what is fetched without a cookie."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeTimedSerializer

MAX_AGE = 3600  # seconds: a page left open longer reloads its letter


class Links:
    """Signs the words that a link is about; the link works for these words only."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="link")

    def sign(self, *words: str) -> str:
        return str(self._serializer.dumps(list(words)))

    def check(self, token: str, *words: str, max_age: int = MAX_AGE) -> bool:
        """Whether this token was signed for just these words, not too long ago."""
        try:
            return bool(self._serializer.loads(token, max_age=max_age) == list(words))
        except BadData:
            return False

    def read(self, token: str, *, max_age: int = MAX_AGE) -> list[str] | None:
        """The words of a token that we signed, or None."""
        try:
            words = self._serializer.loads(token, max_age=max_age)
        except BadData:
            return None
        return words if isinstance(words, list) else None
