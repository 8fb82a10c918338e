"""Sending hints to the other processes of this host: one datagram to each, never waiting for any."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from webmail.notify.hint import Hint, encoded, latest

MAX_IN_DATAGRAM = 64  # hints; with names of ordinary length some kilobytes
MAX_DATAGRAM = 1 << 16  # octets; what would be longer only names the users
MAX_OWED = 128  # users whose hints a full queue did not take; more: everybody looks again
MAX_PEERS = 256  # processes of this host that are told; a service has some, not hundreds
PEERS_SECONDS = 1.0  # the directory is listed at least so often, and whenever it has changed
OWED_SECONDS = 0.02  # between two tries at a queue that was full
FAREWELL_SECONDS = 1.0  # a publisher that goes waits so long for full queues
PRIVATE = 0o700
EVERYBODY = ""  # stands for all users where one is told to look everywhere
_SUFFIX = ".sock"
_FULL = {errno.EAGAIN, errno.ENOBUFS}
_CLOSED = -1


class Publisher:
    """Sends hints from any thread; `publisher` lends one."""

    def __init__(self, directory: Path, but: str = "") -> None:
        """Sends to all sockets in the directory but the one named `but`, which is one's own."""
        self._lock = threading.Lock()
        self._directory = _directory(directory)
        self._but = but
        self._peers: dict[str, _Peer] = {}
        self._listed = (0.0, 0)  # when, and the directory's time of change then

    def publish(self, hints: Iterable[Hint]) -> bool:
        """Whether all that listen have been told; if not, `pay` is to be called later."""
        told = latest(hints)
        with self._lock:
            if told and self._directory != _CLOSED:
                with contextlib.suppress(OSError):  # no more descriptors: who is known is told
                    self._look_round()
                for start in range(0, len(told), MAX_IN_DATAGRAM):
                    self._send(told[start : start + MAX_IN_DATAGRAM])
            return self._paid()

    def pay(self) -> bool:
        """Tell those whose queues were full which users to look at again; whether all took it."""
        with self._lock:
            for peer in [peer for peer in self._peers.values() if peer.owed]:
                if self._taken(peer, encoded((), peer.owed)):
                    peer.owed = set()
            return self._paid()

    def _paid(self) -> bool:
        return not any(peer.owed for peer in self._peers.values())

    def _send(self, hints: Sequence[Hint]) -> None:
        users = {hint.user for hint in hints}
        data = encoded(hints)
        if len(data) > MAX_DATAGRAM:
            data = encoded((), users)
        for peer in list(self._peers.values()):
            if not self._taken(peer, data):
                peer.owe(users)

    def _taken(self, peer: _Peer, data: bytes) -> bool:
        try:
            peer.socket.send(data)
        except OSError as error:
            if error.errno in _FULL:
                return False
            self._forget(peer, dead=isinstance(error, ConnectionRefusedError))
        return True

    def _look_round(self) -> None:
        """Know who is there: once a second, and when somebody came or went."""
        changed = os.stat(self._directory).st_mtime_ns  # noqa: PTH116  of an open directory
        now = time.monotonic()
        then, known = self._listed
        if changed == known and now - then < PEERS_SECONDS:
            return
        self._listed = (now, changed)
        names = set(filter(_is_peer, os.listdir(self._directory))) - {self._but}  # noqa: PTH208  the same
        for gone in [peer for name, peer in self._peers.items() if name not in names]:
            self._forget(gone, dead=False)
        for name in sorted(names - self._peers.keys())[: MAX_PEERS - len(self._peers)]:
            self._meet(name)

    def _meet(self, name: str) -> None:
        # One socket for each: in a shared one the unread datagrams of one peer would take up the room.
        met = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        met.setblocking(False)
        try:
            met.connect(_address(self._directory, name))
        except OSError as error:
            met.close()
            if isinstance(error, ConnectionRefusedError):
                _remove(self._directory, name)
        else:
            self._peers[name] = _Peer(name, met)

    def _forget(self, peer: _Peer, *, dead: bool) -> None:
        peer.socket.close()
        del self._peers[peer.name]
        if dead:
            _remove(self._directory, peer.name)

    def close(self) -> None:
        with self._lock:
            for peer in self._peers.values():
                peer.socket.close()
            self._peers.clear()
            os.close(self._directory)
            self._directory = _CLOSED


class _Peer:
    __slots__ = ("name", "owed", "socket")

    def __init__(self, name: str, connected: socket.socket) -> None:
        self.name = name
        self.socket = connected
        self.owed: set[str] = set()

    def owe(self, users: set[str]) -> None:
        self.owed = self.owed | users
        if len(self.owed) > MAX_OWED or EVERYBODY in self.owed:
            self.owed = {EVERYBODY}


@contextmanager
def publisher(directory: Path) -> Iterator[Publisher]:
    """A publisher for a command that has no event loop; at the end it waits a moment for full queues."""
    lent = Publisher(directory)
    try:
        yield lent
        until = time.monotonic() + FAREWELL_SECONDS
        while not lent.pay() and time.monotonic() < until:
            time.sleep(OWED_SECONDS)
    finally:
        lent.close()


def bound(path: Path) -> tuple[socket.socket, str]:
    """A socket of one's own in the directory, made (0700) if it is missing; and the socket's name."""
    directory = _directory(path)
    name = f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
    inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    inbox.setblocking(False)
    try:
        # It gets its name once it can be reached: before, it would look like that of a dead process.
        inbox.bind(_address(directory, f".{name}"))
        os.rename(f".{name}", name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        inbox.close()
        raise
    finally:
        os.close(directory)
    return inbox, name


def _directory(path: Path) -> int:
    path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _address(directory: int, name: str) -> str:
    # The address of a Unix socket has 107 octets (unix(7)); the path of a data directory may have more.
    return f"/proc/self/fd/{directory}/{name}"


def _is_peer(name: str) -> bool:
    return name.endswith(_SUFFIX) and not name.startswith(".")


def _remove(directory: int, name: str) -> None:
    with contextlib.suppress(OSError):  # gone already, or none of ours
        os.unlink(name, dir_fd=directory)
