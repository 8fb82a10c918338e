"""Listening sockets: bound by the master, accepted from by its processes."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from webmail.config.http import Http
from webmail.config.imap import Imap
from webmail.config.pop import Pop

BACKLOG = 1024  # connections that the kernel holds while we are busy

Section = Http | Imap | Pop


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and whether TLS is spoken on it."""

    socket: socket.socket
    tls: bool

    def __str__(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"{host} port {port}{' (TLS)' if self.tls else ''}"


def listen(address: str, section: Section) -> list[Listener]:
    """Bind the ports of a service; `address` "" is all. Raises OSError with the address in it."""
    ports = [(section.port, False)] if section.port else []
    if section.enablesslport and section.sslusessl:
        ports.append((section.sslport, True))
    return [Listener(_bind(address, port), secure) for port, secure in ports]


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"{address or '*'}:{port}: {error.strerror}") from error
    bound.setblocking(False)
    return bound
