"""What client and server say about themselves: ID, ENABLE, LANGUAGE, XSERVERINFO."""

from __future__ import annotations

from webmail import __version__, i18n
from webmail.auth.password import printable
from webmail.i18n import N_
from webmail.imap.answers import No, Ok
from webmail.imap.capabilities import ENABLED
from webmail.imap.entering import PRODUCT
from webmail.imap.session import ENGLISH, Session
from webmail.wire import imap_answers as said
from webmail.wire.imap_ask_session import ClientId

DEFAULT_LANGUAGE = "i-default"  # what everybody can read until they ask for another: RFC 5255, 3.1


# RFC 2971, 3.1
async def id_(session: Session, asked: ClientId) -> Ok:
    fields = dict(asked.fields)
    name, version = fields.get("name") or "", fields.get("version") or ""
    if name and not session.client:  # told once, or it would fill the log
        session.client = printable(name)
        session.context.log.info("[%s] uses %s %s", session.stream.peer, printable(name), printable(version))
    session.say(said.id_({"name": PRODUCT, "version": __version__}))
    return Ok("That is all.")


# RFC 5161, 3.1; RFC 9051, 6.3.1
async def enable(session: Session, asked: tuple[str, ...]) -> Ok:
    taken = [name for name in asked if name in ENABLED and name not in session.enabled]
    session.enable(*taken)
    session.say(said.enabled(["IMAP4rev2" if name == "IMAP4REV2" else name for name in taken]))
    return Ok("Enabled.")


# RFC 5255, 3.2
async def language(session: Session, asked: tuple[str, ...]) -> Ok:
    """The texts for people, in the first of these languages that there is."""
    known = {each.lower(): each for each in (*i18n.languages(), DEFAULT_LANGUAGE)}
    if not asked:
        session.say(said.language(known.values()))
        return Ok("These there are.")
    ours = known.get(session.context.current().local.language.lower(), ENGLISH)
    known |= dict.fromkeys(("default", "*"), ours)
    found = next((known[wanted.lower()] for wanted in asked if wanted.lower() in known), "")
    if not found:
        raise No(N_("None of these languages is known here."), b"CANNOT")
    session.language = ENGLISH if found == DEFAULT_LANGUAGE else found
    session.say(said.language([found]))
    return Ok("So it will be.")


# Not in an RFC: addresses of pages, as Sun's server tells them
async def xserverinfo(session: Session, asked: tuple[str, ...]) -> Ok:
    local = session.context.current().local_imap
    known = {
        "MANAGEACCOUNTURL": local.manageaccounturl,
        "MANAGELISTSURL": local.managelistsurl,
        "MANAGEFILTERSURL": local.managefiltersurl,
    }
    session.say(said.xserverinfo({name: known.get(name) or None for name in asked}))
    return Ok("Completed")
