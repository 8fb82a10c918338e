"""What an IMAP client asks about itself and its session: who it is, what it wants enabled."""

from __future__ import annotations

from dataclasses import dataclass, field

from webmail.wire import ProtocolError
from webmail.wire.imap_arguments import Arguments

MAX_ID_FIELDS = 30  # RFC 2971, 3.3, as the next two
MAX_ID_FIELD = 30  # octets
MAX_ID_VALUE = 1024  # octets


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticate:
    mechanism: str  # upper case
    initial: bytes | None = field(default=None, repr=False)  # decoded; None if none came with the command


@dataclass(frozen=True, slots=True)
class ClientId:
    fields: tuple[tuple[str, str | None], ...]  # names in lower case, each once


# CAPABILITY, NOOP, LOGOUT, STARTTLS, NAMESPACE, IDLE, CHECK, CLOSE, UNSELECT, EXPUNGE, UNAUTHENTICATE
def parse_nothing(args: Arguments) -> None:
    args.end()


# RFC 9051, 6.2.3
def parse_login(args: Arguments) -> Login:
    args.space("the user")
    user = args.text("the user")
    args.space("the password")
    password = args.text("the password")
    args.end()
    return Login(user, password)


# RFC 9051, 6.2.2; the initial response is RFC 4959
def parse_authenticate(args: Arguments) -> Authenticate:
    args.space("the mechanism")
    mechanism = args.word("the mechanism")
    initial = args.base64("the initial response") if args.take(b" ") else None
    args.end()
    return Authenticate(mechanism, initial)


# RFC 2971, 3.1
def parse_id(args: Arguments) -> ClientId:
    args.space("the fields")
    fields: dict[str, str | None] = {}
    if not args.take_word("NIL"):
        args.open("the fields")
        while not args.at(b")"):
            if fields:
                args.space("the next field")
            if len(fields) == MAX_ID_FIELDS:
                raise ProtocolError(f"more than {MAX_ID_FIELDS} fields")
            name, value = _id_field(args)
            if fields.setdefault(name, value) != value:
                raise ProtocolError("a field that comes twice")
        args.close("the fields")
    args.end()
    return ClientId(tuple(fields.items()))


def _id_field(args: Arguments) -> tuple[str, str | None]:
    name = args.string("a field")
    args.space("a value")
    value = args.nstring("a value")
    if len(name) > MAX_ID_FIELD or len(value or b"") > MAX_ID_VALUE:
        raise ProtocolError("a field or value that is too long")
    return name.decode("utf-8", "replace").lower(), None if value is None else value.decode(
        "utf-8", "replace"
    )


# RFC 9051, 6.3.1
def parse_enable(args: Arguments) -> tuple[str, ...]:
    """Names of capabilities in upper case."""
    return _words(args, "a capability")


# RFC 5255, 3.2
def parse_language(args: Arguments) -> tuple[str, ...]:
    """Ranges of RFC 4647, the best first; without any the client asks which languages there are."""
    ranges: list[str] = []
    while args.take(b" "):
        ranges.append(args.text("a language"))
    args.end()
    return tuple(ranges)


# Not in an RFC: an administrator becomes the user, as Sun's server and its descendants know it
def parse_proxyauth(args: Arguments) -> str:
    args.space("the user")
    user = args.text("the user")
    args.end()
    return user


# Not in an RFC: addresses of pages, as Sun's server tells them
def parse_xserverinfo(args: Arguments) -> tuple[str, ...]:
    """Names in upper case."""
    return _words(args, "a name")


def _words(args: Arguments, what: str) -> tuple[str, ...]:
    args.space(what)
    words = [args.word(what)]
    while args.take(b" "):
        words.append(args.word(what))
    args.end()
    return tuple(dict.fromkeys(words))
