"""The states of a session: which commands may come."""

from __future__ import annotations

from enum import Flag, auto


class State(Flag):
    """RFC 9051, 3."""

    STRANGER = auto()
    SIGNED_IN = auto()
    SELECTED = auto()


ANY = State.STRANGER | State.SIGNED_IN | State.SELECTED
BEHIND = State.SIGNED_IN | State.SELECTED
