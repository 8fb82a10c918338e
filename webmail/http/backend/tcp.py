"""Two options of a connection's socket, for a dialogue of short lines."""

from __future__ import annotations

import asyncio
import socket

QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only


def send_at_once(transport: asyncio.Transport) -> None:
    _set(transport, socket.TCP_NODELAY)


def acknowledge_at_once(transport: asyncio.Transport) -> None:
    """To be set anew before each read; without, a reply in small packets costs 40 ms."""
    if QUICKACK is not None:
        _set(transport, QUICKACK)


def _set(transport: asyncio.Transport, option: int) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.IPPROTO_TCP, option, 1)
