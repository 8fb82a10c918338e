"""How much an account may hold, and holds (RFC 9208; the manual's store.defaultmailboxquota and its kin)."""

from __future__ import annotations

from dataclasses import dataclass

from webmail.errors import OverQuota
from webmail.store.transaction import UNLIMITED, Transaction

__all__ = ["UNLIMITED", "Usage", "own_limits", "require_room", "set_limits", "usage"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Used and allowed; a limit of -1 is none."""

    bytes: int
    messages: int
    bytes_limit: int
    messages_limit: int

    @property
    def percent(self) -> int:
        """How much of the limit that is nearer is used; 0 without any."""
        pairs = ((self.bytes, self.bytes_limit), (self.messages, self.messages_limit))
        return max((used * 100 // limit if limit else 100 for used, limit in pairs if limit >= 0), default=0)

    @property
    def full(self) -> bool:
        """Whether a limit is reached: nothing more fits."""
        return 0 <= self.bytes_limit <= self.bytes or 0 <= self.messages_limit <= self.messages

    def over(self, *, bytes_more: int, messages_more: int) -> bool:
        """Whether so much more would be too much."""
        too_big = 0 <= self.bytes_limit < self.bytes + bytes_more
        too_many = 0 <= self.messages_limit < self.messages + messages_more
        return too_big or too_many


def usage(transaction: Transaction) -> Usage:
    used, number, own_bytes, own_messages = transaction.one(
        "SELECT bytes, messages, quota_bytes, quota_messages FROM account"
    ) or (0, 0, None, None)
    limits = transaction.limits
    return Usage(
        used,
        number,
        limits.bytes if own_bytes is None else own_bytes,
        limits.messages if own_messages is None else own_messages,
    )


def require_room(transaction: Transaction, messages: int, size: int, *, bypass: bool = False) -> None:
    """Raises OverQuota if that much more is too much for the account; never with `bypass`."""
    if (
        transaction.limits.enforced
        and not bypass
        and usage(transaction).over(bytes_more=size, messages_more=messages)
    ):
        raise OverQuota


def own_limits(transaction: Transaction) -> tuple[int | None, int | None]:
    """Bytes and messages that this account alone may hold, as `set_limits` has them."""
    size, messages = transaction.one("SELECT quota_bytes, quota_messages FROM account") or (None, None)
    return size, messages


def set_limits(transaction: Transaction, *, size: int | None, messages: int | None) -> None:
    """Limits of this account alone; None: those of everybody, -1: none."""
    transaction.do("UPDATE account SET quota_bytes = ?, quota_messages = ?", size, messages)
