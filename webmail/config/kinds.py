"""Kinds of values: how each is read from text and written as text."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from webmail.config.errors import BadValue
from webmail.log import Secret

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ConnLimits = tuple[tuple[Network, int], ...]  # the first network that an address belongs to counts

TRUE = frozenset({"yes", "1", "on", "true"})
FALSE = frozenset({"no", "0", "off", "false"})
MAX_VALUE = 8192  # characters; the longest value that makes sense is a list of filters
MAX_HOST = 253  # RFC 1035 2.3.4, without the final dot
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,7}", re.ASCII)
_QUOTA = re.compile(r"([+-]?[0-9]{1,18})([KMGT]?)", re.ASCII | re.IGNORECASE)
_SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*", re.ASCII)
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, halves of characters, line and paragraph ends


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value. `read` raises BadValue; `exact` keeps blanks at both ends.

    Where `empty` is False an empty text stands for the default, as in `configutil -o NAME -v ""`.
    """

    word: str
    read: Callable[[str], T]
    write: Callable[[T], str] = str
    unit: str = ""
    empty: bool = False
    exact: bool = False


def refuse_unprintable(text: str) -> None:
    """Raise BadValue if this cannot be one line of a text file."""
    if len(text) > MAX_VALUE:
        raise BadValue(f"must not be longer than {MAX_VALUE} characters")
    if any(unicodedata.category(character) in _REFUSED for character in text):
        raise BadValue("must not contain control characters or line breaks")


def printable(text: str) -> str:
    """The text for a terminal: what cannot be in a value is shown by its code."""
    shown = (c.encode("unicode_escape").decode() if unicodedata.category(c) in _REFUSED else c for c in text)
    return "".join(shown)


def _bool(text: str) -> bool:
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise BadValue("must be yes or no (also 1 or 0, on or off, true or false)")


def _int(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise BadValue("must be a whole number")
    return int(text)


def is_host(text: str) -> bool:
    """Whether this is a host's name in ASCII or an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        name = text.removesuffix(".").lower()
        return len(name) <= MAX_HOST and all(_LABEL.fullmatch(label) for label in name.split("."))
    return True


def _host(text: str) -> str:
    if text and not is_host(text):
        raise BadValue("must be a host name or an IP address")
    return text


def _domain(text: str) -> str:
    if text and not is_host(text):
        raise BadValue("must be a domain name")
    return text.lower()


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise BadValue("must be an IP address") from None


def _networks(text: str) -> str:
    try:
        return " ".join(
            str(ipaddress.ip_network(word, strict=False)) for word in text.replace(",", " ").split()
        )
    except ValueError:
        raise BadValue("must be IP addresses or networks such as 192.0.2.0/24, separated by blanks") from None


def _path(text: str) -> str:
    if text and not text.startswith("/"):
        raise BadValue("must be an absolute path (it begins with /)")
    return text


def _separators(text: str) -> str:
    if any(not "!" <= character <= "~" or character.isalnum() for character in text):
        raise BadValue("must be one or more of the characters that no name contains, such as @ or @+")
    return text


def _timezone(text: str) -> str:
    try:
        return zoneinfo.ZoneInfo(text).key if text else ""
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue("must be a time zone such as Europe/Berlin") from None


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise BadValue("must be a language such as en or pt-BR")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        fine = False
    if text and (not fine or parts.query or parts.fragment or parts.username is not None or " " in text):
        raise BadValue("must be an address such as https://mail.example.com")
    return text.rstrip("/")


def _link(text: str) -> str:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        fine = False
    if text and not (fine and text.isascii() and " " not in text):
        raise BadValue("must be a web address such as https://mail.example.com/account?page=1")
    return text


def _quota(text: str) -> int:
    match = _QUOTA.fullmatch(text)
    if not match:
        raise BadValue("must be a number of bytes such as 2097152, 2M or 2G, or -1 for no limit")
    return int(match[1]) * _SUFFIXES[match[2].upper()]


def _connlimits(text: str) -> ConnLimits:
    return tuple(_connlimit(word.strip()) for word in text.split(",") if word.strip())


def _connlimit(word: str) -> tuple[Network, int]:
    """`address|mask:number`; the number stands behind the last colon, since IPv6 has some too."""
    realm, _, number = word.rpartition(":")
    address, bar, mask = realm.partition("|")
    if not bar or not _COUNT.fullmatch(number):
        raise BadValue("must be address|mask:number, separated by commas, such as 0.0.0.0|0.0.0.0:20")
    if int(number) < 1:
        raise BadValue("must allow at least 1 connection per address")
    return _masked(address, mask), int(number)


def _masked(address: str, mask: str) -> Network:
    try:
        ip, ones = ipaddress.ip_address(address), ipaddress.ip_address(mask)
        length = f"{int(ones):0{ones.max_prefixlen}b}".rstrip("0")
        if ip.version != ones.version or "0" in length:
            raise ValueError  # noqa: TRY301  one sentence for all that can be wrong
        return ipaddress.ip_network((ip, len(length)), strict=False)
    except ValueError:
        raise BadValue("must name addresses with their masks, such as 192.0.2.0|255.255.255.0") from None


def _written_connlimits(limits: ConnLimits) -> str:
    return ",".join(f"{net.network_address}|{net.netmask}:{most}" for net, most in limits)


def choice(*words: str) -> Kind[str]:
    """One of some words, in any case; the value is spelled as here."""
    spelled = {word.lower(): word for word in words}

    def read(text: str) -> str:
        if text.lower() not in spelled:
            raise BadValue(f"must be one of {', '.join(words)}")
        return spelled[text.lower()]

    return Kind("one of " + ", ".join(words), read)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


BOOL = Kind("yes or no", _bool, _yes_no)
INT = Kind("whole number", _int)
SECONDS = Kind("whole number", _int, unit="seconds")
MINUTES = Kind("whole number", _int, unit="minutes")
BYTES = Kind("whole number", _int, unit="bytes")
TEXT = Kind("text", str, empty=True, exact=True)
WORDS = Kind("words, separated by blanks", str, empty=True)
FILTERS = Kind("access filters", str, empty=True)
SECRET = Kind("secret", Secret, Secret.reveal, empty=True, exact=True)
HOST = Kind("host name or IP address", _host, empty=True)
DOMAIN = Kind("domain name", _domain, empty=True)
ADDRESS = Kind("IP address", _address, empty=True)
NETWORKS = Kind("IP addresses and networks, separated by blanks", _networks, empty=True)
PATH = Kind("absolute path", _path, empty=True, exact=True)
GIVEN_PATH = replace(PATH, empty=False)
SEPARATORS = Kind("characters", _separators)
TIMEZONE = Kind("time zone", _timezone, empty=True)
LANGUAGE = Kind("language", _language)
URL = Kind("web address", _url, empty=True)
LINK = Kind("web address", _link, empty=True)
QUOTA = Kind("bytes, also with K, M, G or T behind the number", _quota)
CONNLIMITS = Kind("limits of connections", _connlimits, _written_connlimits, empty=True)
NAME = Kind("name", str.lower)


def kind_of(default: object) -> Kind[object]:
    """The kind that a default speaks of, for parameters that name none."""
    kinds: dict[type, Kind[object]] = {bool: BOOL, int: INT, str: TEXT, Secret: SECRET}  # type: ignore[dict-item]
    return kinds[type(default)]
