"""The folders: made, renamed, emptied, deleted, shown in the rail or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from webmail.errors import AlreadyExists, BadRequest, MailError, NotAllowed, NotFound
from webmail.http.backend.mailbox import Box
from webmail.http.backend.model import Folder
from webmail.http.forms import Form, form
from webmail.http.gateway import gateway, identity
from webmail.http.pages import asked, rail
from webmail.i18n import N_
from webmail.mail.headers import clean

PER_PAGE = 250  # rows of a page; most people have fewer folders
TO_BE_CONFIRMED = frozenset({"delete", "empty"})
NO_NAME = N_("A folder needs a name.")
HAS_DELIMITER = N_("A folder’s name can’t contain “{delimiter}”.")
STAYS = N_("This folder has a use of its own and stays.")


@dataclass(frozen=True, slots=True)
class Row:
    """A folder of the tree as the page lists it."""

    folder: Folder
    label: str
    icon: str
    indent: int
    href: str


async def show(request: Request) -> Response:
    """GET /folders: the tree; `?folder=` one of them, `&confirm=` before it is emptied or deleted."""
    query = request.query_params
    async with gateway(request).pool.lease(identity(request)) as box:
        tree = await box.folders(fresh=True)
        chosen = _find(tree, query["folder"]) if query.get("folder") else None
        quota = None if chosen else await box.quota()
    confirm = query.get("confirm", "") if chosen else ""
    return _page(request, tree, chosen, confirm=confirm if confirm in TO_BE_CONFIRMED else "", quota=quota)


async def change(request: Request) -> Response:
    """POST /folders: fields action, folder, name, parent, confirmed."""
    posted = await form(request)
    action = ACTIONS.get(posted.one("action"))
    if action is None:
        raise BadRequest(detail=f"action {posted.one('action')[:40]!r}")
    if posted.one("action") in TO_BE_CONFIRMED and not posted.one("confirmed"):
        return RedirectResponse(_at(folder=posted.one("folder"), confirm=posted.one("action")), 303)
    async with gateway(request).pool.lease(identity(request)) as box:
        tree = await box.folders()
        try:
            return RedirectResponse(await action(box, tree, posted), 303)
        except (AlreadyExists, BadRequest, NotAllowed) as error:
            chosen = _find(tree, posted.one("folder")) if posted.one("folder") else None
            return _page(request, tree, chosen, error=error, typed=posted.one("name"))


async def _create(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    parent = _find(tree, posted.one("parent")) if posted.one("parent") else None
    delimiter = parent.delimiter if parent else tree[0].delimiter
    label = _label(posted, delimiter)
    made = await box.create_folder(f"{parent.name}{delimiter}{label}" if parent else label)
    return _at(folder=made, told="created")


async def _rename(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    folder = _own(tree, posted)
    above = folder.name.removesuffix(folder.label)
    renamed = await box.rename_folder(folder.name, above + _label(posted, folder.delimiter))
    return _at(folder=renamed, told="renamed")


async def _delete(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    await box.delete_folder(_own(tree, posted).name)
    return _at(told="removed")


async def _empty(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    folder = _find(tree, posted.one("folder"))
    await box.empty_folder(folder.name)
    return _at(folder=folder.name, told="emptied")


async def _subscribe(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    folder = _find(tree, posted.one("folder"))
    await box.subscribe(folder.name)
    return _at(folder=folder.name, told="shown")


async def _unsubscribe(box: Box, tree: tuple[Folder, ...], posted: Form) -> str:
    folder = _find(tree, posted.one("folder"))
    await box.unsubscribe(folder.name)
    return _at(folder=folder.name, told="hidden")


ACTIONS: dict[str, Callable[[Box, tuple[Folder, ...], Form], Awaitable[str]]] = {
    "create": _create,
    "rename": _rename,
    "delete": _delete,
    "empty": _empty,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}


def _find(tree: tuple[Folder, ...], name: str) -> Folder:
    found = next((folder for folder in tree if folder.name == name), None)
    if found is None:
        raise NotFound(asked.NO_FOLDER)
    return found


def _own(tree: tuple[Folder, ...], posted: Form) -> Folder:
    """A folder that its owner may rename and delete: none that has a use."""
    folder = _find(tree, posted.one("folder"))
    if folder.special:
        raise NotAllowed(STAYS)
    return folder


def _label(posted: Form, delimiter: str) -> str:
    label = clean(posted.one("name"))
    if not label:
        raise BadRequest(NO_NAME)
    if delimiter and delimiter in label:
        raise BadRequest(HAS_DELIMITER, delimiter=delimiter)
    return label


def _at(**query: str) -> str:
    return f"/folders?{urlencode(query, errors='surrogatepass')}" if query else "/folders"


def _page(
    request: Request,
    tree: tuple[Folder, ...],
    chosen: Folder | None,
    *,
    confirm: str = "",
    quota: tuple[int, int] | None = None,
    error: MailError | None = None,
    typed: str = "",
) -> Response:
    render = gateway(request).render
    _ = render.translate(request)
    pages = -(-len(tree) // PER_PAGE)
    number = min(asked.page_number(request.query_params.get("page", "")), pages)
    rows = [_row(folder, _) for folder in tree[(number - 1) * PER_PAGE : number * PER_PAGE]]
    return render.page(
        request,
        "folders.html",
        400 if error else 200,
        rows=rows,
        number=number,
        pages=pages,
        chosen=chosen,
        title=rail.label(chosen, _) if chosen else "",
        confirm=confirm,
        quota=quota,
        making="new" in request.query_params,
        why=error.said(_) if error else "",
        typed=typed,
        folders=tree,
        here="/folders",
    )


def _row(folder: Folder, _: Callable[[str], str]) -> Row:
    indent = 0 if folder.special else min(folder.depth, rail.DEEPEST)
    return Row(folder, rail.label(folder, _), rail.icon(folder), indent, _at(folder=folder.name))
