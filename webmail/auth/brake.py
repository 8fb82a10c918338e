"""Slows down whoever guesses passwords, by name and by network, in bounded memory."""

from __future__ import annotations

import asyncio
import ipaddress
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from webmail.errors import Busy

FIRST = 2.0  # seconds after one failure, doubled with each
LONGEST = 15.0  # nobody waits longer, so nobody can be locked out by somebody else's guessing
FORGIVEN = 60.0  # seconds in which one failure is forgotten
MAX_FAILURES = 10  # counted at most: ten minutes after the last one all is forgotten
MAX_KEYS = 20_000  # names, as many networks, and both together, the longest unseen leave: a few MB
MAX_WAITING = 200  # sign-ins that are being delayed at once, in this process
MAX_WAITING_PER_NETWORK = 20  # so that one network cannot take all of those places
AT_ONCE = 5  # attempts of one network under way; each more counts as if one had failed already
IPV4_PREFIX = 24
IPV6_PREFIX = 56


class Brake:
    """Counts failures per user and per network (/24, /56) and delays what comes after them.

    A right password is delayed like a wrong one, never refused. A name guessed at from elsewhere
    is not delayed in the network where its owner signed in before: who is at home there is judged by what
    failed under that name there, not by what others do, who may share an address. `shared` are networks
    (separated by blanks) of gateways, which many people come through and which slow down guessing
    themselves: from there failures count by name only. Each process counts for itself.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        shared: str = "",
    ) -> None:
        self._shared = tuple(map(ipaddress.ip_network, shared.split()))
        self._clock = clock
        self._sleep = sleep
        self._users = _Failures(clock)
        self._networks = _Failures(clock)
        self._at_home = _Failures(clock)
        self._homes: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, int] = {}
        self._trying: dict[str, int] = {}

    @contextmanager
    def trying(self, address: str) -> Iterator[None]:
        """While an attempt is under way: many at once are not all made before the first has failed."""
        network = _network(address)
        self._trying[network] = self._trying.get(network, 0) + 1
        try:
            yield
        finally:
            _less(self._trying, network)

    def delay(self, user: str, address: str) -> float:
        """Seconds for which the next attempt is to wait."""
        network = _network(address)
        if (home := _home(user, address)) in self._homes:
            return _seconds(self._at_home.count(home))
        counts = [self._users.count(_key(user))]
        if not self._is_shared(address):
            counts.append(self._networks.count(network) + max(0, self._trying.get(network, 0) - AT_ONCE))
        return _seconds(max(counts))

    async def pause(self, user: str, address: str) -> None:
        """Wait as long as `delay` says. Raises Busy if too many are waiting already."""
        seconds = self.delay(user, address)
        if not seconds:
            return
        network = _network(address)
        here = self._waiting.get(network, 0)
        if here >= MAX_WAITING_PER_NETWORK or sum(self._waiting.values()) >= MAX_WAITING:
            raise Busy(detail=f"sign-ins being delayed: {here} from {network}")
        self._waiting[network] = here + 1
        try:
            await self._sleep(seconds)
        finally:
            _less(self._waiting, network)

    def failed(self, user: str, address: str) -> None:
        self._users.add(_key(user))
        if not self._is_shared(address):
            self._networks.add(_network(address))
        self._at_home.add(_home(user, address))

    def passed(self, user: str, address: str) -> None:
        """Clears the user's count, not the network's: a guesser may own one good account there."""
        self._users.clear(_key(user))
        home = _home(user, address)
        self._at_home.clear(home)
        self._homes[home] = None
        self._homes.move_to_end(home)
        if len(self._homes) > MAX_KEYS:
            self._homes.popitem(last=False)

    def _is_shared(self, address: str) -> bool:
        ip = _ip(address)
        return ip is not None and any(ip in network for network in self._shared)


class _Failures:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()  # key → count, when

    def count(self, key: str) -> int:
        count, when = self._seen.get(key, (0, 0.0))
        return max(0, count - int((self._clock() - when) / FORGIVEN))

    def add(self, key: str) -> None:
        self._seen[key] = (min(self.count(key) + 1, MAX_FAILURES), self._clock())
        self._seen.move_to_end(key)
        if len(self._seen) > MAX_KEYS:
            self._seen.popitem(last=False)

    def clear(self, key: str) -> None:
        self._seen.pop(key, None)


def _seconds(failures: int) -> float:
    return min(FIRST * 2.0 ** (failures - 1), LONGEST) if failures else 0.0


def _less(counts: dict[str, int], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


def _key(user: str) -> str:
    """One for all spellings that the directory takes for the same name."""
    return unicodedata.normalize("NFKC", user.strip()[:255]).casefold()[:255]


def _home(user: str, address: str) -> str:
    return f"{_network(address)} {_key(user)}"


def _network(address: str) -> str:
    ip = _ip(address)
    if ip is None:
        return address[:64]
    prefix = IPV4_PREFIX if ip.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((ip, prefix), strict=False))


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
