"""The one spelling of a login name: case, login separator and default domain settled."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_NAME = 255  # octets: what backends and their protocols still take
MAX_DOMAIN = 253  # RFC 1035 2.3.4, without the final dot
# Beyond letters and digits. Kept out on purpose: "*" (Dovecot's separator of master users), "%" (its
# variables), "/" and leading dots (paths), quotes, blanks and anything that a log line could trip over.
_MARKS = frozenset(".-_+=~")
# Whom lists of rights name by these words (RFC 4314, 3) can be no single person.
_RESERVED = frozenset({"anyone", "anonymous"})
_LABEL = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?(?<!-)")


class BadName(ValueError):
    """Nobody is called so here."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How this site writes names: service.loginseparator and service.defaultdomain."""

    separators: str = "@"  # a set: each of these characters may stand between name and domain
    defaultdomain: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as everybody here spells it; `domain` is empty for people of the default domain."""

    user: str
    domain: str = ""

    @property
    def uid(self) -> str:
        return f"{self.user}@{self.domain}" if self.domain else self.user

    def full(self, defaultdomain: str) -> str:
        """The name with its domain, the default domain included; bare where there is none at all."""
        domain = self.domain or defaultdomain
        return f"{self.user}@{domain}" if domain else self.user


def canonical(login: str, rules: Rules) -> Name:
    """The name behind what a person typed; people of the default domain are the same with and without it.

    The last separator in the login counts. Raises BadName for anything but letters, digits and
    `. - _ + = ~` in the name or for a malformed domain, and for names that mean others than a person.
    """
    if len(login) > MAX_NAME:
        raise BadName  # before it is normalised, which takes a time that grows with the square
    typed = unicodedata.normalize("NFKC", login.strip(" ")).casefold()
    if not typed or len(typed.encode("utf-8", "surrogatepass")) > MAX_NAME:
        raise BadName
    cut = max((typed.rfind(separator) for separator in rules.separators), default=-1)
    user, domain = (typed[:cut], typed[cut + 1 :]) if cut >= 0 else (typed, "")
    _check_user(user)
    if cut >= 0:
        _check_domain(domain)
    name = Name(user, "" if domain == rules.defaultdomain.casefold() else domain)
    if name.uid in _RESERVED:
        raise BadName
    return name


def _check_user(user: str) -> None:
    if not user or user[0] in ".-~" or ".." in user or not all(map(_allowed, user)):
        raise BadName


def _allowed(character: str) -> bool:
    return character in _MARKS or unicodedata.category(character)[0] in "LNM"


def _check_domain(domain: str) -> None:
    if len(domain) > MAX_DOMAIN or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise BadName
