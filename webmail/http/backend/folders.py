"""The folders of a person: listed in as few round trips as the server allows; made, renamed, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from webmail.errors import AlreadyExists, BadRequest, NotAllowed, NotFound
from webmail.http.backend.model import Folder
from webmail.http.backend.refusals import FOLDER_GONE, TAKEN
from webmail.http.backend.session import Session, mailbox_name
from webmail.http.backend.tree import NONE, Listed, personal, plant
from webmail.i18n import N_
from webmail.wire import imap_commands as commands
from webmail.wire.imap_replies import MailboxList, Namespace, Namespaces, Status
from webmail.wire.imap_values import MailboxName

COUNTS = ("MESSAGES", "UNSEEN")
MAX_COUNTED = 100  # folders asked one by one where they can't be counted at once
MAX_COUNTED_AT_ONCE = 500  # a server that never counted thousands of folders takes 20 s for it
MAX_FOLDERS = 20_000  # that are shown; who has more has a problem that no page solves
MAX_SPACES = 10  # namespaces that are looked into
MAX_LABEL = 255  # octets of a folder's name without its parents: what file systems take
USUAL = {"drafts": "Drafts", "sent": "Sent", "archive": "Archive", "junk": "Junk", "trash": "Trash"}
BAD_NAME = N_("A folder can’t be called that. Please choose another name.")
INBOX_STAYS = N_("The inbox can’t be renamed or deleted.")


async def listed(session: Session) -> tuple[Folder, ...]:
    """The tree (see tree.plant), with counts."""
    namespaces = await spaces(session)
    at_once = session.offers("LIST-STATUS", "LIST-EXTENDED")
    if not (at_once and session.few_folders):
        found = await _everything(session, namespaces)
        session.few_folders = len(found) <= MAX_COUNTED_AT_ONCE
        if not (at_once and session.few_folders):
            return await _counted(session, plant(found.values(), namespaces))
    found = await _everything(session, namespaces, COUNTS)
    session.few_folders = len(found) <= MAX_COUNTED_AT_ONCE
    return plant(found.values(), namespaces)


async def spaces(session: Session) -> Namespaces:
    """NAMESPACE (RFC 9051, 6.3.10), or what `LIST "" ""` tells where that is missing."""
    if session.namespaces is None:
        session.namespaces = await _told_spaces(session)
    return session.namespaces


async def _told_spaces(session: Session) -> Namespaces:
    if session.offers("NAMESPACE"):
        told = (await session.try_(commands.namespace())).all(Namespaces)
        if told and told[0].personal:
            return told[0]
    answer = await session.try_(commands.list_("", ""))
    delimiter = next((it.delimiter for it in answer.all(MailboxList)), None)
    return Namespaces((Namespace("", delimiter),), (), ()) if delimiter else NONE


async def _everything(
    session: Session, namespaces: Namespaces, counts: tuple[str, ...] = ()
) -> dict[str, Listed]:
    found = await _below(session, "", counts)
    prefixes = [
        it.prefix for it in (*namespaces.personal, *namespaces.others, *namespaces.shared) if it.prefix
    ]
    for prefix in prefixes[:MAX_SPACES]:
        if not any(name.startswith(prefix) for name in found):  # LIST need not look into all namespaces
            found = await _below(session, prefix, counts) | found
    if "INBOX" not in found:
        found["INBOX"] = Listed("INBOX", personal(namespaces).delimiter or "", frozenset())
    return found


async def _below(session: Session, prefix: str, counts: tuple[str, ...]) -> dict[str, Listed]:
    if session.offers("LIST-EXTENDED"):
        words = ("SUBSCRIBED", "SPECIAL-USE") if session.offers("SPECIAL-USE") else ("SUBSCRIBED",)
        answer = await session.try_(commands.list_("", prefix + "*", return_=words, status=counts))
        if answer.tagged.status == "OK":
            told = {it.name: it.values for it in answer.all(Status)}
            return _found(answer.all(MailboxList), None, told)
    answer = await session.ask(commands.list_("", prefix + "*"))
    wanted = await session.try_(commands.lsub("", prefix + "*"))
    subscribed = {_canonical(it.name) for it in wanted.all(MailboxList)}
    return _found(answer.all(MailboxList), subscribed, {})


def _found(
    replies: Iterable[MailboxList], subscribed: set[str] | None, told: Mapping[str, Mapping[str, int]]
) -> dict[str, Listed]:
    counts = {_canonical(name): values for name, values in told.items()}
    found: dict[str, Listed] = {}
    for reply in islice(replies, MAX_FOLDERS):
        name = _canonical(reply.name)
        values = counts.get(name, {})
        found[name] = Listed(
            name=name,
            delimiter=reply.delimiter or "",
            flags=reply.flags,
            subscribed=name in subscribed if subscribed is not None else "\\subscribed" in reply.flags,
            messages=values.get("MESSAGES"),
            unseen=values.get("UNSEEN"),
        )
    return found


def _canonical(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name


async def _counted(session: Session, tree: tuple[Folder, ...]) -> tuple[Folder, ...]:
    """STATUS one by one, of those that matter most: the tree's order, subscribed ones first."""
    relevant = sorted((it for it in tree if it.selectable), key=lambda it: not (it.special or it.subscribed))
    counts: dict[str, Mapping[str, int]] = {}
    for folder in relevant[:MAX_COUNTED]:
        answer = await session.try_(commands.status(folder.name, COUNTS))
        counts.update((folder.name, it.values) for it in answer.all(Status))
    return tuple(
        replace(it, messages=counts[it.name].get("MESSAGES"), unseen=counts[it.name].get("UNSEEN"))
        if it.name in counts
        else it
        for it in tree
    )


async def create(session: Session, name: str) -> str:
    """The whole name of the new folder: under the personal namespace, subscribed."""
    namespaces = await spaces(session)
    name = _placed(name, namespaces)
    _check_new(name, personal(namespaces).delimiter or "")
    await session.ask(commands.create(name), BadRequest(BAD_NAME))
    await session.try_(commands.subscribe(name))
    return name


async def create_special(session: Session, kind: str) -> str:
    """The folder for this use, made under its usual name; it may be there already."""
    name = personal(await spaces(session)).prefix + USUAL[kind]
    with suppress(AlreadyExists):
        await session.ask(commands.create(name))
    await session.try_(commands.subscribe(name))
    return name


async def rename(session: Session, name: str, new: str, tree: Iterable[Folder]) -> str:
    """The whole new name; subscriptions of the folder and of those below follow."""
    name = mailbox_name(name)
    if name == "INBOX":
        raise NotAllowed(INBOX_STAYS)
    namespaces = await spaces(session)
    new = _placed(new, namespaces)
    _check_new(new, personal(namespaces).delimiter or "")
    await session.deselect()
    await session.ask(commands.rename(name, new), NotFound(FOLDER_GONE))
    for folder in islice((it for it in tree if it.subscribed and it.selectable), MAX_FOLDERS):
        if folder.name == name or (folder.delimiter and folder.name.startswith(name + folder.delimiter)):
            await session.try_(commands.unsubscribe(folder.name))
            await session.try_(commands.subscribe(new + folder.name.removeprefix(name)))
    return new


async def delete(session: Session, name: str) -> None:
    name = mailbox_name(name)
    if name == "INBOX":
        raise NotAllowed(INBOX_STAYS)
    await session.deselect()
    await session.ask(commands.delete(name), NotFound(FOLDER_GONE))
    await session.try_(commands.unsubscribe(name))


async def subscribe(session: Session, name: str) -> None:
    await session.ask(commands.subscribe(mailbox_name(name)), NotFound(FOLDER_GONE))


async def unsubscribe(session: Session, name: str) -> None:
    await session.ask(commands.unsubscribe(mailbox_name(name)), NotFound(FOLDER_GONE))


def _placed(name: str, namespaces: Namespaces) -> str:
    """Under the prefix of the personal namespace, unless the name says another one."""
    known = [it.prefix for it in (*namespaces.personal, *namespaces.others, *namespaces.shared) if it.prefix]
    prefix = personal(namespaces).prefix
    return name if any(name.startswith(it) for it in known) else prefix + name


def _check_new(name: str, delimiter: str) -> None:
    """Raises BadRequest for a name that would be trouble later, AlreadyExists for INBOX."""
    if name.upper() == "INBOX":
        raise AlreadyExists(TAKEN)
    try:
        MailboxName(name)
    except ValueError:
        raise BadRequest(BAD_NAME) from None
    labels = name.split(delimiter) if delimiter else [name]
    unfit = any(not label.strip() or len(label.encode()) > MAX_LABEL for label in labels)
    if unfit or set(name) & set("*%"):
        raise BadRequest(BAD_NAME)
