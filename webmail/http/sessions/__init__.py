"""Signed-in browsers: who they are, and whether they still are."""

from __future__ import annotations

from webmail.http.sessions.cookie import secret_key
from webmail.http.sessions.local import Sessions, Terms
from webmail.http.sessions.session import Session

__all__ = ["Session", "Sessions", "Terms", "secret_key"]
