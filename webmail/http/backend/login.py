"""Signing in at a backend: as the administrator in somebody's name, or as that person."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from webmail.directory import User
from webmail.errors import AuthFailed, Busy, MailError, Unavailable
from webmail.http.backend.connection import Connection
from webmail.http.backend.exchange import MAX_LOGGED, Answer
from webmail.http.backend.route import UNAVAILABLE, Route
from webmail.wire import sasl
from webmail.wire.imap_commands import authenticate, capability, login, proxyauth
from webmail.wire.imap_replies import Capability, Tagged

# Who announces one of these knows PROXYAUTH and may not know an authorization id.
PROXYAUTH = ("PROXYAUTH", "XPROXYAUTH", "X-PROXYAUTH", "X-NETSCAPE", "X-SUN-IMAP")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks; the password only where each person signs in at the backend with the own one."""

    user: User
    password: str | None = None


async def sign_in(connection: Connection, route: Route, who: Identity, log: logging.Logger) -> None:
    """Make the connection this person's.

    Raises AuthFailed if it is the own password that is refused, Unavailable otherwise; the log says why.
    """
    account = log.getChild("Account")
    if route.as_user:
        answer = await _as_themselves(connection, route, who, account)
    else:
        answer = await _as_administrator(connection, route, who, account)
    told = answer.tagged.code is not None and answer.tagged.code.name == "CAPABILITY"
    if not told and not answer.all(Capability):
        await connection.execute(capability())  # others than before may hold now (RFC 9051, 6.2.2)


async def _as_themselves(connection: Connection, route: Route, who: Identity, log: logging.Logger) -> Answer:
    if who.password is None:
        raise AuthFailed(detail=f"no password of {who.user.login} for {route.host}")
    if connection.heard.offers("AUTH=PLAIN"):
        answer = await _plain(connection, "", who.user.login, who.password)
    else:
        answer = await _login(connection, route, who.user.login, who.password, log)
    if answer.tagged.status == "OK":
        return answer
    raise _temporary(answer.tagged) or AuthFailed(detail=_words(answer.tagged))


async def _as_administrator(
    connection: Connection, route: Route, who: Identity, log: logging.Logger
) -> Answer:
    by_proxyauth = any(connection.heard.offers(name) for name in PROXYAUTH)
    if connection.heard.offers("AUTH=PLAIN"):
        answer = await _plain(connection, who.user.login, route.admin, route.adminpass)
        if answer.tagged.status == "OK" or not by_proxyauth:
            return _admitted(answer, route, who, log)
    answer = await _login(connection, route, route.admin, route.adminpass, log)
    _admitted(answer, route, who, log)
    return _admitted(await connection.execute(proxyauth(who.user.login)), route, who, log)


def _admitted(answer: Answer, route: Route, who: Identity, log: logging.Logger) -> Answer:
    if answer.tagged.status == "OK":
        return answer
    passing = _temporary(answer.tagged)
    if passing is not None:
        raise passing
    log.error(
        "%s:%d does not let the administrator %s in as %s: %s",
        route.host,
        route.port,
        route.admin,
        who.user.login,
        _words(answer.tagged),
    )
    raise Unavailable(UNAVAILABLE, detail=_words(answer.tagged))


async def _plain(connection: Connection, authzid: str, authcid: str, password: str) -> Answer:
    """RFC 4616; the first response goes along where the server takes it (SASL-IR, RFC 4959)."""
    message = sasl.plain(authzid, authcid, password)
    if connection.heard.offers("SASL-IR"):
        return await connection.execute(authenticate("PLAIN", message))
    return await connection.execute(authenticate("PLAIN"), iter((message,)))


async def _login(
    connection: Connection, route: Route, name: str, password: str, log: logging.Logger
) -> Answer:
    if connection.heard.offers("LOGINDISABLED"):
        log.error(
            "%s:%d refuses passwords on this connection (LOGINDISABLED): set local.service.proxy.imapssl.%s "
            "and the port that speaks TLS, or let the backend allow plain passwords from here",
            route.host,
            route.port,
            route.host,
        )
        raise Unavailable(UNAVAILABLE, detail=f"LOGINDISABLED at {route.host}:{route.port}")
    return await connection.execute(login(name, password))


def _temporary(tagged: Tagged) -> MailError | None:
    """An error that says nothing about name or password (RFC 5530, 3), if the refusal is one."""
    code = tagged.code.name if tagged.code else ""
    if code in {"INUSE", "LIMIT"}:
        return Busy(detail=_words(tagged))
    if tagged.status == "BAD" or code in {"UNAVAILABLE", "SERVERBUG", "CONTACTADMIN", "PRIVACYREQUIRED"}:
        return Unavailable(detail=_words(tagged))
    return None


def _words(tagged: Tagged) -> str:
    code = f"[{tagged.code.name}] " if tagged.code else ""
    return f"{tagged.status} {code}{tagged.text}"[:MAX_LOGGED]
