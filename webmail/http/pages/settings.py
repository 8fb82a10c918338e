"""What a person sets for themselves: the name on their letters and the time zone of their pages."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from webmail.errors import Busy, Unavailable
from webmail.http.backend.model import Folder
from webmail.http.forms import form
from webmail.http.gateway import gateway, identity, session
from webmail.http.profile import Profile
from webmail.i18n import N_
from webmail.mail.headers import clean
from webmail.wire import ProtocolError

MAX_NAME = 200  # characters
LONG_NAME = N_("That name is too long.")
NO_ZONE = N_("There is no such time zone.")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names of all time zones that people know by a place."""
    places = (name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*sorted(places), "UTC")


async def show(request: Request) -> Response:
    """GET /settings"""
    profile = await gateway(request).profiles.find(session(request).user.uid)
    return await _page(request, profile)


async def change(request: Request) -> Response:
    """POST /settings: fields name, zone (empty: as the browser says)."""
    posted = await form(request)
    profile = Profile(clean(posted.one("name")), posted.one("zone"))
    if len(profile.name) > MAX_NAME:
        return await _page(request, profile, name=LONG_NAME)
    if profile.zone and profile.zone not in zones():
        return await _page(request, profile, zone=NO_ZONE)
    await gateway(request).profiles.keep(session(request).user.uid, profile)
    return RedirectResponse("/settings?told=settings", 303)


async def _page(request: Request, profile: Profile, **complaints: str) -> Response:
    here, current = gateway(request), session(request)
    _ = here.render.translate(request)
    return here.render.page(
        request,
        "settings.html",
        400 if complaints else 200,
        profile=profile,
        usual_name=current.user.name,
        browser_zone=current.zone,
        zones=zones(),
        why={field: _(text) for field, text in complaints.items()},
        folders=await _folders(request),
        here="/settings",
    )


async def _folders(request: Request) -> tuple[Folder, ...]:
    """For the rail; settings can be changed while the mail server is away."""
    try:
        async with gateway(request).pool.lease(identity(request)) as box:
            return await box.folders()
    except (Busy, Unavailable, ProtocolError):
        return ()
