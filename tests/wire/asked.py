"""Cuts a command as a server does, into lines and the literals that they announce, and reads it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from webmail.wire.imap_arguments import Arguments
from webmail.wire.imap_ask_fetch import parse_fetch
from webmail.wire.imap_ask_list import parse_list, parse_lsub
from webmail.wire.imap_ask_mailbox import (
    parse_create,
    parse_mailbox,
    parse_rename,
    parse_select,
    parse_status,
)
from webmail.wire.imap_ask_messages import (
    parse_append_item,
    parse_append_mailbox,
    parse_copy,
    parse_replace_target,
    parse_store,
    parse_uid_expunge,
)
from webmail.wire.imap_ask_notify import parse_notify
from webmail.wire.imap_ask_rights import (
    parse_acl,
    parse_getmetadata,
    parse_getquota,
    parse_setacl,
    parse_setmetadata,
    parse_setquota,
)
from webmail.wire.imap_ask_search import parse_search, parse_sort, parse_thread
from webmail.wire.imap_ask_session import (
    parse_authenticate,
    parse_enable,
    parse_id,
    parse_language,
    parse_login,
    parse_nothing,
    parse_proxyauth,
    parse_xserverinfo,
)
from webmail.wire.imap_request import announced, opening


def parse_append(args: Arguments) -> tuple[object, ...]:
    return parse_append_mailbox(args), parse_append_item(args)


def parse_replace(args: Arguments) -> tuple[object, ...]:
    return parse_replace_target(args), parse_append_item(args)


NOTHING = (
    "CAPABILITY NOOP LOGOUT STARTTLS NAMESPACE IDLE CHECK CLOSE UNSELECT EXPUNGE UNAUTHENTICATE"
)  # fmt: skip
PARSERS: Mapping[str, Callable[[Arguments], Any]] = {
    **dict.fromkeys(NOTHING.split(), parse_nothing),
    "LOGIN": parse_login,
    "AUTHENTICATE": parse_authenticate,
    "ID": parse_id,
    "ENABLE": parse_enable,
    "LANGUAGE": parse_language,
    "PROXYAUTH": parse_proxyauth,
    "XSERVERINFO": parse_xserverinfo,
    **dict.fromkeys(("SELECT", "EXAMINE"), parse_select),
    "CREATE": parse_create,
    **dict.fromkeys(
        ("DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "GETACL", "MYRIGHTS", "GETQUOTAROOT"), parse_mailbox
    ),
    "RENAME": parse_rename,
    "STATUS": parse_status,
    "LIST": parse_list,
    "LSUB": parse_lsub,
    "APPEND": parse_append,
    **dict.fromkeys(("REPLACE", "UID REPLACE"), parse_replace),
    **dict.fromkeys(("COPY", "UID COPY", "MOVE", "UID MOVE"), parse_copy),
    "UID EXPUNGE": parse_uid_expunge,
    **dict.fromkeys(("STORE", "UID STORE"), parse_store),
    **dict.fromkeys(("FETCH", "UID FETCH"), parse_fetch),
    **dict.fromkeys(("SEARCH", "UID SEARCH"), parse_search),
    **dict.fromkeys(("SORT", "UID SORT"), parse_sort),
    **dict.fromkeys(("THREAD", "UID THREAD"), parse_thread),
    **dict.fromkeys(("DELETEACL", "LISTRIGHTS"), parse_acl),
    "SETACL": parse_setacl,
    "GETQUOTA": parse_getquota,
    "SETQUOTA": parse_setquota,
    "GETMETADATA": parse_getmetadata,
    "SETMETADATA": parse_setmetadata,
    "NOTIFY": parse_notify,
}

# Quoted strings, but for those that must be quoted: dates
_STRING = re.compile(rb'"(?! ?\d\d?-)((?:[^"\\]|\\.)*)"')


def pieces(raw: bytes) -> list[bytes]:
    """Lines without CRLF and literals by turns, of a command with its CRLF. The last literal may lack."""
    found: list[bytes] = []
    while True:
        line, _, raw = raw.partition(b"\r\n")
        found.append(line)
        literal = announced(line)
        if literal is None or not raw:
            return found
        found.append(raw[: literal.size])
        raw = raw[literal.size :]


def ask(said: bytes, *, utf8: bool = False) -> Any:
    """What the command says, without tag and CRLF, such as `LOGIN ann secret`."""
    line, *others = pieces(b"A1 " + said + b"\r\n")
    begun = opening(line)
    assert begun.tag == "A1"
    return PARSERS[begun.name](Arguments([begun.rest, *others], utf8=utf8))


def literal_forms(said: bytes) -> Iterator[bytes]:
    """The command with any of its quoted strings as literals, of either kind."""
    strings = list(_STRING.finditer(said))
    for forms in itertools.product((b'"', b"", b"+"), repeat=len(strings)):
        form, end = b"", 0
        for match, sign in zip(strings, forms, strict=True):
            octets = re.sub(rb"\\(.)", rb"\1", match[1])
            shown = match[0] if sign == b'"' else b"{%d%s}\r\n%s" % (len(octets), sign, octets)
            form, end = form + said[end : match.start()] + shown, match.end()
        yield form + said[end:]
