"""Coming in and leaving: the greeting, TLS, passwords, certificates, acting for others, LOGOUT."""

from __future__ import annotations

from socket import gethostname

from webmail import __version__
from webmail.auth import anonymous, certificate, password, proxy
from webmail.directory import User
from webmail.directory.names import Rules
from webmail.errors import AuthFailed, NotAllowed
from webmail.i18n import N_
from webmail.imap import selecting
from webmail.imap.answers import No, Ok
from webmail.imap.capabilities import capabilities, certificates_asked, passwords_allowed
from webmail.imap.session import Session
from webmail.wire import ProtocolError, sasl
from webmail.wire import imap_answer_codes as codes
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_session import Authenticate, Login

PRODUCT = "Webmail"
PROTOCOL = "IMAP4"
MAX_RESPONSE = 8192  # octets of a line that answers a challenge

# RFC 5530, 3
PRIVACY = b"PRIVACYREQUIRED"
CONTACT = b"CONTACTADMIN"


# RFC 9051, 7.1.5; the banner is the manual's, 5.1.4
def greet(session: Session) -> None:
    session.say(said.ok(banner(session), codes.capability(capabilities(session))))


def banner(session: Session) -> str:
    config = session.context.current()
    words = {"%h": config.local.hostname or gethostname(), "%p": PROTOCOL, "%P": PRODUCT, "%V": __version__}
    text = config.imap.banner
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


# RFC 9051, 6.1.1
async def capability(session: Session, _asked: None) -> Ok:
    session.say(said.capability(capabilities(session)))
    return Ok("That is all.")


# RFC 9051, 6.1.2
async def noop(_session: Session, _asked: None) -> Ok:
    return Ok("Done.")


# RFC 9051, 6.1.3
async def logout(session: Session, _asked: None) -> Ok:
    session.leaving = True
    session.say(said.bye("Until next time."))
    return Ok("Signed out.")


# RFC 9051, 6.2.1
async def starttls(session: Session, _asked: None) -> Ok:
    context = session.context.tls()
    if context is None or session.stream.tls is not None:
        raise ProtocolError("TLS cannot begin here")
    await session.stream.start_tls(context, said.ok("Begin TLS now.", tag=session.tag))
    return Ok("")  # has been said: what follows is encrypted


# RFC 9051, 6.2.3
async def login(session: Session, asked: Login) -> Ok:
    _require_passwords(session)
    await _sign_in(session, asked.user, asked.password, "")
    return _welcome(session)


# RFC 9051, 6.2.2; SASL-IR is RFC 4959
async def authenticate(session: Session, asked: Authenticate) -> Ok:
    mechanism = _MECHANISMS.get(asked.mechanism)
    if mechanism is None:
        raise No(N_("This mechanism is not known."), b"CANNOT")
    if asked.mechanism == "PLAIN":
        _require_passwords(session)
    message = asked.initial if asked.initial is not None else await _response(session)
    await mechanism(session, message)
    return _welcome(session)


async def _response(session: Session) -> bytes:
    session.say(said.challenge())
    response = sasl.parse_response(await session.stream.line(MAX_RESPONSE))
    if response is None:
        raise ProtocolError("given up")
    return response


# RFC 4616
async def _plain(session: Session, message: bytes) -> None:
    authzid, authcid, secret = sasl.parse_plain(message)
    await _sign_in(session, authcid, secret, authzid)


# RFC 4422, A
async def _external(session: Session, message: bytes) -> None:
    if not certificates_asked(session):
        raise No(N_("There is no certificate to go by."), b"AUTHENTICATIONFAILED")
    context = session.context
    shown = session.stream.peer_certificate or {}
    user = await certificate.sign_in(context.directory, context.log, shown, session.stream.peer)
    await _act_as(session, user, sasl.parse_external(message))


# RFC 4505
async def _anonymous(session: Session, message: bytes) -> None:
    context = session.context
    nobody = anonymous.sign_in(
        context.log,
        message.decode("utf-8", "replace"),
        session.stream.peer,
        allowed=context.current().imap.allowanonymouslogin,
    )
    await _be(session, nobody, nobody)


_MECHANISMS = {"PLAIN": _plain, "EXTERNAL": _external, "ANONYMOUS": _anonymous}


def _require_passwords(session: Session) -> None:
    config = session.context.current()
    if passwords_allowed(session, config):
        return
    if config.imap.plaintextmincipher < 0:
        raise No(N_("Passwords are not taken here."), CONTACT)
    if session.stream.tls is None:
        raise No(N_("Passwords are not taken here without TLS."), PRIVACY)
    raise No(N_("Passwords are not taken here over a cipher that weak."), PRIVACY)


async def _sign_in(session: Session, name: str, secret: str, authzid: str) -> None:
    context = session.context
    login_rules = context.current().login
    if name == anonymous.ANONYMOUS.uid and context.current().imap.allowanonymouslogin and not authzid:
        await _anonymous(session, secret.encode())
        return
    user = await password.sign_in(
        context.directory,
        context.brake,
        context.log,
        name,
        secret,
        session.stream.peer,
        pause=login_rules.plaintextloginpause,
    )
    await _act_as(session, user, authzid)


async def _act_as(session: Session, authenticated: User, authzid: str) -> None:
    context = session.context
    admins = administrators(session)
    user = await proxy.acting_as(
        context.directory, rules(session), admins, context.log, authenticated, authzid, session.stream.peer
    )
    await _be(session, authenticated, user)


def rules(session: Session) -> Rules:
    login_rules = session.context.current().login
    return Rules(login_rules.loginseparator, login_rules.defaultdomain)


def administrators(session: Session) -> frozenset[str]:
    return proxy.administrators(session.context.current().store.admins, rules(session))


async def _be(session: Session, authenticated: User, user: User) -> None:
    account = await session.context.store.account(user.uid)
    session.count_as(user.uid)
    session.authenticated, session.user, session.account = authenticated, user, account
    session.admin = authenticated.uid in administrators(session)
    session.stream.known_as(user.uid)


def _welcome(session: Session) -> Ok:
    return Ok("User logged in", codes.capability(capabilities(session)))


# Not in an RFC: an administrator who is signed in becomes somebody else, as Sun's server has it
async def proxyauth(session: Session, name: str) -> Ok:
    assert session.authenticated is not None  # noqa: S101  the table lets nobody in before
    if not session.admin:
        raise NotAllowed(N_("Only administrators may act for others."))
    try:
        await _act_as(session, session.authenticated, name)
    except AuthFailed:
        raise No(N_("There is nobody of that name."), b"AUTHORIZATIONFAILED") from None
    session.stop_watching()
    selecting.leave(session)
    return Ok("You act for somebody else now.")


# RFC 8437
async def unauthenticate(session: Session, _asked: None) -> Ok:
    """Back to the beginning, for connections that serve one user after another."""
    session.reset()
    return Ok("Signed out; sign in again.")
