"""Turns a template and values into a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from webmail.config import Config
from webmail.errors import MailError
from webmail.http.backend.model import Folder
from webmail.http.pages import formats, rail, told
from webmail.http.pages.assets import Assets, share
from webmail.i18n import translations

PRODUCT = "Webmail"
SYSTEM_ZONE = Path("/etc/localtime")
ZONES_KEPT = 700  # there are about 600 zones: each is parsed once
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@lru_cache(maxsize=ZONES_KEPT)
def zone_of(*candidates: str) -> tzinfo:
    """The first of these names that is a time zone; the system’s if none is."""
    for name in (*candidates, os.environ.get("TZ", "")):
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            continue
    try:
        with SYSTEM_ZONE.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


class Renderer:
    """Every page of the gateway; made once, holds the compiled templates and the static files."""

    def __init__(self, config: Config) -> None:
        self.static = Assets(share("static"))
        self.catalogue = translations(config.local.language)
        self._timezone = config.local.timezone
        self._environment = self._make_environment()

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        """The page from this template.

        Besides what is given, templates know `person` (None if nobody is signed in), `token`,
        `folders` (empty if not given), `here`, `zone`, `now` and `toast`.
        """
        session = request.scope.get("state", {}).get("session")
        values = {
            "person": session.user if session else None,
            "token": session.csrf if session else "",
            "folders": (),
            "here": "",
            "zone": self.zone(request),
            "now": datetime.now(UTC),
            "toast": told.sentence(request.query_params, self.catalogue),
            **context,
        }
        return HTMLResponse(self._environment.get_template(template).render(values), status)

    def text(self, template: str, **values: Any) -> str:
        """A document that is no page of ours: a letter in its frame, a clean page to print."""
        return self._environment.get_template(template).render({"now": datetime.now(UTC), **values})

    def zone(self, request: Request) -> tzinfo:
        """The time zone of whoever asks: as they set it, as their browser said, as the site’s."""
        state = request.scope.get("state", {})
        profile, session = state.get("profile"), state.get("session")
        return zone_of(profile.zone if profile else "", session.zone if session else "", self._timezone)

    def translate(self, _request: Request) -> formats.Translate:
        """The function that puts a marked text into the language of whoever asks."""
        return self.catalogue.gettext

    def problem(self, request: Request, status: int, heading: str, text: str) -> Response:
        """The page that tells what went wrong; it needs neither a session nor a backend."""
        return self.page(request, "problem.html", status, heading=self.catalogue.gettext(heading), text=text)

    def signin(
        self,
        request: Request,
        *,
        status: int,
        error: MailError | None,
        wrong: bool,
        user: str,
        goal: str,
        kept: Sequence[tuple[str, str]],
        expired: bool,
        refusal: str,
        told: str,
    ) -> Response:
        """The door; `kept` is what was posted after the session had expired, in hidden fields."""
        _ = self.catalogue.gettext
        words = error.said(_) if error else _(refusal) if refusal else ""
        return self.page(
            request,
            "signin.html",
            status,
            error=words,
            wrong=wrong,
            refused=bool(refusal),
            user=user,
            goal=goal,
            kept=kept,
            expired=expired,
            out=told == "out",
        )

    def welcome_back(
        self, request: Request, *, goal: str, kept: Sequence[tuple[str, str]], token: str
    ) -> Response:
        """Signed in again in the middle of something: one button that goes on with it."""
        return self.page(request, "welcome.html", goal=goal, kept=kept, token=token)

    def _make_environment(self) -> Environment:
        language = self.catalogue.info().get("language", "en").replace("_", "-")
        environment = Environment(
            autoescape=True,
            loader=FileSystemLoader(share("templates")),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(self.catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.policies["ext.i18n.trimmed"] = True
        environment.globals.update(
            product=PRODUCT,
            language=language,
            direction="rtl" if language[:2] in _RIGHT_TO_LEFT else "ltr",
            static=self.static.url,
            letter_style=Markup(self.static.text("letter.css")),  # noqa: S704  our own file
            icons=Markup(self.static.text("icons.svg")),  # noqa: S704  our own file
            icon=_icon,
            rail=self._rail,
            targets=self._targets,
            mail_url=mail_url,
        )
        environment.filters.update(
            when=self._when, fully=self._fully, iso=_iso, size=self._size, initials=formats.initials,
            tone=formats.tone, name=formats.name, names=formats.names,
        )  # fmt: skip
        return environment

    def _rail(self, folders: Sequence[Folder], here: str) -> list[rail.Row]:
        return rail.rows(folders, here, self.catalogue.gettext)

    def _targets(self, folders: Sequence[Folder], here: str) -> rail.Targets:
        return rail.targets(folders, here, self.catalogue.gettext)

    @pass_context
    def _when(self, context: Context, moment: datetime) -> str:
        zone: tzinfo = context["zone"]
        now = formats.local(context["now"], zone)
        return formats.short_when(formats.local(moment, zone), now, self.catalogue.gettext)

    @pass_context
    def _fully(self, context: Context, moment: datetime) -> str:
        return formats.long_when(formats.local(moment, context["zone"]), self.catalogue.gettext)

    def _size(self, octets: int) -> str:
        return formats.size(octets, self.catalogue.gettext)


def mail_url(folder: str, *path: object, **query: object) -> str:
    """The address of a folder’s list, or, with uidvalidity and uid, of a message and what belongs to it."""
    tail = "".join(f"/{step}" for step in path)
    values = {"folder": folder, **{key: value for key, value in query.items() if value not in {"", None}}}
    return f"/mail{tail}?{urlencode(values, quote_via=quote, errors='surrogatepass')}"


def write_url(how: str, folder: str, uidvalidity: int, uid: int) -> str:
    """The address of the composer for something about a message."""
    values = {"how": how, "folder": folder, "uidvalidity": uidvalidity, "uid": uid}
    return f"/write?{urlencode(values, quote_via=quote, errors='surrogatepass')}"


@lru_cache(maxsize=256)
def _icon(name: str, classes: str = "") -> Markup:
    return Markup('<svg class="icon{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(
        f" {classes}" if classes else "", name
    )


@lru_cache(maxsize=256)
def glyph(name: str, words: str, classes: str = "") -> Markup:
    """An icon that means something by itself, with what it means for those who don’t see it."""
    return _icon(name, classes) + Markup('<span class="hush">{} </span>').format(words)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
