"""Listening sockets: bound by the master, accepted from by its processes."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from webmail.config.http import Http
from webmail.config.imap import Imap
from webmail.config.pop import Pop

BACKLOG = 1024  # connections that the kernel holds while we are busy
UNPRIVILEGED = 1024  # the first port that anybody may have
_NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}  # a kernel without it, and one that has it switched off

Section = Http | Imap | Pop


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and whether TLS is spoken on it."""

    socket: socket.socket
    tls: bool

    def __str__(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"{_written(host, port)}{' (TLS)' if self.tls else ''}"


def listen(address: str, section: Section) -> list[Listener]:
    """Bind the ports of a service; `address` "" is all, of IPv4 and IPv6.

    Raises OSError with the address in it.
    """
    ports = [(section.port, False)] if section.port else []
    if section.enablesslport and section.sslusessl:
        ports.append((section.sslport, True))
    return [Listener(bound, secure) for port, secure in ports for bound in _bind_at(address, port)]


def _bind_at(address: str, port: int) -> Iterator[socket.socket]:
    yield _bind(address or "0.0.0.0", port)
    if address:
        return
    try:
        yield _bind("::", port)
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # or clients of IPv4 come here too, as ::ffff:192.0.2.1
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"{_written(address, port)}: {_reason(error, port)}") from error
    bound.setblocking(False)
    return bound


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: OSError, port: int) -> str:
    if error.errno == errno.EACCES and port < UNPRIVILEGED:
        return f"{error.strerror}: a port below {UNPRIVILEGED} needs the capability CAP_NET_BIND_SERVICE"
    return str(error.strerror)
